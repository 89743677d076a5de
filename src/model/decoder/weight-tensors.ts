import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { InternalError, must } from '../../system/internal-error.ts';
import type { ModelConfig } from './config.ts';
import type { HeadWeights, LayerWeights, Linear } from './forward.ts';

/** One tensor as a checkpoint of the Llama family stores it: matrices as [out, in]. */
export interface StoredShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** One tensor on the device: a vector as stored, or a kernel, the transpose of one stored matrix or of several stacked. */
export interface WeightTensor {
  /** Where `forward` looks for it: `input_layernorm`, `qkv_proj.kernel`. */
  readonly field: string;
  readonly kind: 'kernel' | 'vector';
  /** In the checkpoint. Layers that read the same input become one, their outputs under each other. */
  readonly stored: readonly StoredShape[];
}

/** embed_tokens, which is looked up and so never goes onto the device. */
export function embeddingTensor({ vocab_size: V, hidden_size: D }: ModelConfig): StoredShape {
  return { name: 'model.embed_tokens.weight', shape: [V, D] };
}

/** What a decoder layer consists of, in the order in which checkpoints tend to store it. */
export function layerTensors(config: ModelConfig, index: number): WeightTensor[] {
  const { hidden_size: D, intermediate_size: F, head_dim: d, bias } = config;
  const [Q, KV] = [config.num_attention_heads * d, config.num_key_value_heads * d];
  const layer = `model.layers.${index}`;
  const vector = (field: string, size: number, name = field): WeightTensor => ({
    field,
    kind: 'vector',
    stored: [{ name: `${layer}.${name}.weight`, shape: [size] }],
  });
  const linear = (
    field: string,
    inputs: number,
    outputs: Readonly<Record<string, number>>,
    biased: boolean,
  ): WeightTensor[] => {
    const tensor = (kind: WeightTensor['kind'], end: string, shape: (size: number) => number[]) => ({
      field: `${field}.${kind === 'kernel' ? 'kernel' : 'bias'}`,
      kind,
      stored: Object.entries(outputs).map(([name, size]) => ({
        name: `${layer}.${name}.${end}`,
        shape: shape(size),
      })),
    });
    return [
      tensor('kernel', 'weight', (size) => [size, inputs]),
      ...(biased ? [tensor('vector', 'bias', (size) => [size])] : []),
    ];
  };
  return [
    vector('input_layernorm', D),
    ...linear(
      'qkv_proj',
      D,
      { 'self_attn.q_proj': Q, 'self_attn.k_proj': KV, 'self_attn.v_proj': KV },
      bias.qkv,
    ),
    ...(config.qk_norm
      ? [vector('q_norm', d, 'self_attn.q_norm'), vector('k_norm', d, 'self_attn.k_norm')]
      : []),
    ...linear('o_proj', Q, { 'self_attn.o_proj': D }, bias.o),
    vector('post_attention_layernorm', D),
    ...linear('gate_proj', D, { 'mlp.gate_proj': F }, bias.mlp),
    ...linear('up_proj', D, { 'mlp.up_proj': F }, bias.mlp),
    ...linear('down_proj', F, { 'mlp.down_proj': D }, bias.mlp),
  ];
}

/** lm_head (where they are tied, the embedding once more) and the last norm. */
export function headTensors(config: ModelConfig): WeightTensor[] {
  const embedding = embeddingTensor(config);
  const head = config.tie_word_embeddings ? embedding : { ...embedding, name: 'lm_head.weight' };
  return [
    { field: 'lm_head', kind: 'kernel', stored: [head] },
    { field: 'norm', kind: 'vector', stored: [{ name: 'model.norm.weight', shape: [config.hidden_size] }] },
  ];
}

/** Every tensor that a checkpoint of this config stores, by name, with its shape. */
export function expectedTensors(config: ModelConfig): Map<string, readonly number[]> {
  const layers = Array.from({ length: config.num_hidden_layers }, (_, index) => layerTensors(config, index));
  const stored = [...layers.flat(), ...headTensors(config)].flatMap((tensor) => tensor.stored);
  return new Map([embeddingTensor(config), ...stored].map(({ name, shape }) => [name, shape]));
}

/** What `layerTensors` names, by its field, as `forward` takes it. */
export function layerWeights(tensors: ReadonlyMap<string, Tensor>): LayerWeights {
  const [q_norm, k_norm] = [tensors.get('q_norm'), tensors.get('k_norm')];
  return {
    input_layernorm: vectorAt(tensors, 'input_layernorm'),
    qkv_proj: linearAt(tensors, 'qkv_proj'),
    ...(q_norm !== undefined && { q_norm: asVector(q_norm) }),
    ...(k_norm !== undefined && { k_norm: asVector(k_norm) }),
    o_proj: linearAt(tensors, 'o_proj'),
    post_attention_layernorm: vectorAt(tensors, 'post_attention_layernorm'),
    gate_proj: linearAt(tensors, 'gate_proj'),
    up_proj: linearAt(tensors, 'up_proj'),
    down_proj: linearAt(tensors, 'down_proj'),
  };
}

/** What `headTensors` names, by its field. */
export function headWeights(tensors: ReadonlyMap<string, Tensor>): HeadWeights {
  return { norm: vectorAt(tensors, 'norm'), lm_head: matrixAt(tensors, 'lm_head') };
}

function linearAt(tensors: ReadonlyMap<string, Tensor>, field: string): Linear {
  const kernel = matrixAt(tensors, `${field}.kernel`);
  const bias = tensors.get(`${field}.bias`);
  return bias === undefined ? { kernel } : { kernel, bias: asVector(bias) };
}

function matrixAt(tensors: ReadonlyMap<string, Tensor>, field: string): Tensor2D {
  const tensor = must(tensors.get(field), `a weight tensor ${field}`);
  if (isMatrix(tensor)) return tensor;
  throw new InternalError(`expected a matrix ${field}, was of rank ${tensor.rank}`);
}

function vectorAt(tensors: ReadonlyMap<string, Tensor>, field: string): Tensor1D {
  return asVector(must(tensors.get(field), `a weight tensor ${field}`));
}

function asVector(tensor: Tensor): Tensor1D {
  if (isVector(tensor)) return tensor;
  throw new InternalError(`expected a vector, was of rank ${tensor.rank}`);
}

function isMatrix(tensor: Tensor): tensor is Tensor2D {
  return tensor.rank === 2;
}

function isVector(tensor: Tensor): tensor is Tensor1D {
  return tensor.rank === 1;
}
