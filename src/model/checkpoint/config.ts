import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../../system/errno.ts';
import { Failure } from '../../system/failure.ts';
import { FieldReader } from './config-fields.ts';
import { readRope, type Rope } from '../decoder/rope.ts';

/**
 * A Llama-family architecture, normalised from either form of config.json. Names are config.json's own; what follows
 * from the family instead (Qwen 2 has biases that no field mentions) is spelled out.
 */
export interface ModelConfig {
  readonly model_type: Family;
  /** Rows of the embedding; may exceed the tokenizer's size, and all of them are in the softmax. */
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  /** Divides `num_attention_heads`. */
  readonly num_key_value_heads: number;
  /** Even. Need not be hidden_size / num_attention_heads. */
  readonly head_dim: number;
  readonly rms_norm_eps: number;
  readonly tie_word_embeddings: boolean;
  readonly rope: Rope;
  /** Longest sequence that the model can be asked about, in tokens. */
  readonly context_length: number;
  /** Which products add a bias. */
  readonly bias: { readonly qkv: boolean; readonly o: boolean; readonly mlp: boolean };
  /** RMS norm of each head's query and key before RoPE (Qwen 3). */
  readonly qk_norm: boolean;
  /** Per layer: how many positions back, itself included, a token sees; undefined: all. */
  readonly windows: readonly (number | undefined)[];
  readonly bos_token_id: number | undefined;
}

export type Family = 'llama' | 'mistral' | 'qwen2' | 'qwen3';

interface FamilyRules {
  readonly architecture: string;
  /** What transformers assumes where the field is absent. */
  readonly max_position_embeddings: number;
  /** Undefined: as many as attention heads. */
  readonly num_key_value_heads?: number;
  readonly head_dim?: number;
  readonly qk_norm: boolean;
  bias(fields: FieldReader): ModelConfig['bias'];
}

/** transformers: configuration_*.py and modeling_*.py of each family, 5.18. */
const families: Readonly<Record<Family, FamilyRules>> = {
  llama: {
    architecture: 'LlamaForCausalLM',
    max_position_embeddings: 2048,
    qk_norm: false,
    bias(fields) {
      const attention = fields.flag('attention_bias', false);
      return { qkv: attention, o: attention, mlp: fields.flag('mlp_bias', false) };
    },
  },
  mistral: {
    architecture: 'MistralForCausalLM',
    max_position_embeddings: 131_072,
    num_key_value_heads: 8,
    qk_norm: false,
    bias: () => ({ qkv: false, o: false, mlp: false }),
  },
  qwen2: {
    architecture: 'Qwen2ForCausalLM',
    max_position_embeddings: 32_768,
    num_key_value_heads: 32,
    qk_norm: false,
    bias: () => ({ qkv: true, o: false, mlp: false }),
  },
  qwen3: {
    architecture: 'Qwen3ForCausalLM',
    max_position_embeddings: 32_768,
    num_key_value_heads: 32,
    head_dim: 128,
    qk_norm: true,
    bias(fields) {
      const attention = fields.flag('attention_bias', false);
      return { qkv: attention, o: attention, mlp: false };
    },
  },
};

/** Reads and checks `config.json` of a model folder. */
export function readConfig(folder: string): ModelConfig {
  const file = join(folder, 'config.json');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Failure({
      code: 'config-missing',
      blame: 'user',
      message: 'the model folder has no config.json that can be read',
      where: file,
      expected: 'a Hugging Face model folder: config.json, tokenizer.json, *.safetensors',
      found: codeOf(error) ?? String(error),
      next: 'check the path of the model',
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Failure({
      code: 'config-json',
      blame: 'user',
      message: 'config.json is not JSON',
      where: file,
      expected: 'a JSON object (JSON has no NaN or Infinity)',
      found: error instanceof Error ? error.message : String(error),
      next: 'fetch the file again, or mend it',
    });
  }
  return parseConfig(json, file);
}

/**
 * Normalises a parsed config.json. What the forward pass does not implement is refused by field name and value.
 * @throws Failure `config-field` (missing or impossible) or `config-unsupported`
 */
export function parseConfig(json: unknown, file = 'config.json'): ModelConfig {
  const fields = new FieldReader(json, file);
  const model_type = familyOf(fields);
  const family = families[model_type];
  refuseVariants(fields);

  const hidden_size = fields.count('hidden_size');
  const num_attention_heads = fields.count('num_attention_heads');
  const num_hidden_layers = fields.count('num_hidden_layers');
  const num_key_value_heads = fields.has('num_key_value_heads')
    ? fields.count('num_key_value_heads')
    : fields.isNull('num_key_value_heads')
      ? num_attention_heads
      : (family.num_key_value_heads ?? num_attention_heads);
  if (num_attention_heads % num_key_value_heads !== 0) {
    throw fields.impossible(
      'num_key_value_heads',
      `a divisor of num_attention_heads, ${num_attention_heads}`,
    );
  }
  const head_dim = fields.count('head_dim', family.head_dim ?? Math.floor(hidden_size / num_attention_heads));
  if (head_dim % 2 !== 0) throw fields.impossible('head_dim', 'an even number (RoPE turns pairs)', head_dim);
  if (!fields.has('head_dim') && family.head_dim === undefined && hidden_size % num_attention_heads !== 0) {
    throw fields.impossible('hidden_size', `a multiple of num_attention_heads, ${num_attention_heads}`);
  }
  const max_position_embeddings = fields.count('max_position_embeddings', family.max_position_embeddings);
  const rope = readRope(fields, max_position_embeddings);

  return {
    model_type,
    vocab_size: fields.count('vocab_size'),
    hidden_size,
    intermediate_size: fields.count('intermediate_size'),
    num_hidden_layers,
    num_attention_heads,
    num_key_value_heads,
    head_dim,
    rms_norm_eps: fields.positive('rms_norm_eps', 1e-6),
    tie_word_embeddings: fields.flag('tie_word_embeddings', false),
    rope,
    context_length: contextLength(rope, max_position_embeddings),
    bias: family.bias(fields),
    qk_norm: family.qk_norm,
    windows: windowsOf(model_type, fields, num_hidden_layers),
    bos_token_id: fields.has('bos_token_id') ? fields.natural('bos_token_id') : undefined,
  };
}

function familyOf(fields: FieldReader): Family {
  const known = Object.keys(families) as Family[];
  const [architecture] = fields.texts('architectures');
  const model_type =
    fields.text('model_type') ?? known.find((family) => families[family].architecture === architecture);
  if (model_type === undefined || !(model_type in families)) {
    throw fields.unsupported('model_type', known.join(', '), model_type);
  }
  const family = model_type as Family;
  if (architecture !== undefined && architecture !== families[family].architecture) {
    throw fields.unsupported('architectures', families[family].architecture, architecture);
  }
  return family;
}

/** Fields that, set so, change what the model computes, and that the forward pass does not know. */
function refuseVariants(fields: FieldReader): void {
  const act = fields.text('hidden_act') ?? 'silu';
  if (act !== 'silu' && act !== 'swish') throw fields.unsupported('hidden_act', 'silu', act);
  if (fields.has('quantization_config')) {
    throw fields.unsupported('quantization_config', 'none: float weights', fields.raw('quantization_config'));
  }
  const rotary = fields.raw('partial_rotary_factor');
  if (rotary !== undefined && rotary !== null && rotary !== 1) {
    throw fields.unsupported('partial_rotary_factor', '1', rotary);
  }
  for (const name of ['rope_interleaved', 'use_mrope', 'is_encoder_decoder', 'add_cross_attention']) {
    if (fields.flag(name, false)) throw fields.unsupported(name, 'false', true);
  }
}

function windowsOf(family: Family, fields: FieldReader, layers: number): (number | undefined)[] {
  const size = fields.has('sliding_window')
    ? fields.count('sliding_window')
    : !fields.isNull('sliding_window') && (family === 'mistral' || family.startsWith('qwen'))
      ? 4096
      : undefined;
  if (family === 'llama') return Array.from({ length: layers }, () => undefined);
  if (family === 'mistral') return Array.from({ length: layers }, () => size);

  const window = fields.flag('use_sliding_window', false) ? size : undefined;
  const types = fields.texts('layer_types');
  if (types.length === 0) {
    const firstSliding = fields.natural('max_window_layers', 28);
    return Array.from({ length: layers }, (_, layer) => (layer >= firstSliding ? window : undefined));
  }
  if (types.length !== layers) throw fields.impossible('layer_types', `${layers} entries`, types.length);
  return types.map((type) => {
    if (type === 'full_attention') return undefined;
    if (type !== 'sliding_attention') {
      throw fields.unsupported('layer_types', 'full_attention or sliding_attention', type);
    }
    if (window === undefined)
      throw fields.impossible('sliding_window', 'a number, for sliding_attention', null);
    return window;
  });
}

/** Scaled RoPE reaches beyond the trained positions; yarn's and llama3's factor is about `original`, if that is given. */
function contextLength(rope: Rope, max_position_embeddings: number): number {
  if (rope.rope_type === 'dynamic') return Math.floor(max_position_embeddings * rope.factor);
  if (rope.rope_type === 'yarn') {
    return Math.max(max_position_embeddings, Math.floor(rope.original_max_position_embeddings * rope.factor));
  }
  return max_position_embeddings;
}
