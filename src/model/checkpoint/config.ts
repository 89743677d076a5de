import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../../system/errno.ts';
import { Failure } from '../../system/failure.ts';
import { FieldReader } from './config-fields.ts';
import type { ModelConfig } from '../decoder/config.ts';
import type { Family } from '../decoder/families/family.ts';
import { families } from '../decoder/families/index.ts';
import { readRope, type Rope } from '../decoder/rope.ts';

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
 * All other sizes are compared with those of the tensors before anything is as large as they say; of each layer something
 * is made beforehand. Published models have up to some hundred.
 */
const mostLayers = 10_000;

/**
 * Normalises a parsed config.json. What the forward pass does not implement is refused by field name and value.
 * @throws Failure `config-field` (missing or impossible) or `config-unsupported`
 */
export function parseConfig(json: unknown, file = 'config.json'): ModelConfig {
  const fields = new FieldReader(json, file);
  const family = familyOf(fields);
  refuseVariants(fields);

  const hidden_size = fields.count('hidden_size');
  const num_attention_heads = fields.count('num_attention_heads');
  const num_hidden_layers = fields.count('num_hidden_layers');
  if (num_hidden_layers > mostLayers) throw fields.impossible('num_hidden_layers', `at most ${mostLayers}`);
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
    model_type: family.model_type,
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
    windows: family.windows(fields, num_hidden_layers),
    bos_token_id: fields.has('bos_token_id') ? fields.natural('bos_token_id') : undefined,
  };
}

/** By `model_type`, else by `architectures`; where both are there they must agree. */
function familyOf(fields: FieldReader): Family {
  const [architecture] = fields.texts('architectures');
  const model_type = fields.text('model_type');
  const family = families.find((known) =>
    model_type === undefined ? known.architecture === architecture : known.model_type === model_type,
  );
  if (family === undefined) {
    throw fields.unsupported('model_type', families.map((known) => known.model_type).join(', '), model_type);
  }
  if (architecture !== undefined && architecture !== family.architecture) {
    throw fields.unsupported('architectures', family.architecture, architecture);
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

/** Scaled RoPE reaches beyond the trained positions; yarn's and llama3's factor is about `original`, if that is given. */
function contextLength(rope: Rope, max_position_embeddings: number): number {
  if (rope.rope_type === 'dynamic') return Math.floor(max_position_embeddings * rope.factor);
  if (rope.rope_type === 'yarn') {
    return Math.max(max_position_embeddings, Math.floor(rope.original_max_position_embeddings * rope.factor));
  }
  return max_position_embeddings;
}
