import type { Tensor } from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../checkpoint/config.ts';
import type { LayerWeights } from './forward.ts';

/** One tensor on the device: a vector as stored, or a kernel, the transpose of one stored matrix or of several stacked. */
export interface Part {
  /** Where it goes: `input_layernorm`, `qkv_proj.kernel`. */
  readonly place: string;
  readonly kind: 'kernel' | 'vector';
  /** Names in the checkpoint; layers that read the same input become one, their rows under each other. */
  readonly names: readonly string[];
}

/** What a decoder layer consists of, in the order in which checkpoints tend to store it. */
export function layerParts(config: ModelConfig, index: number): Part[] {
  const { bias } = config;
  const layer = `model.layers.${index}`;
  const vector = (place: string, name = place): Part => ({
    place,
    kind: 'vector',
    names: [`${layer}.${name}.weight`],
  });
  const linear = (place: string, names: readonly string[], biased: boolean): Part[] => {
    const part = (kind: Part['kind'], end: string): Part => ({
      place: `${place}.${kind === 'kernel' ? 'kernel' : 'bias'}`,
      kind,
      names: names.map((name) => `${layer}.${name}.${end}`),
    });
    return [part('kernel', 'weight'), ...(biased ? [part('vector', 'bias')] : [])];
  };
  return [
    vector('input_layernorm'),
    ...linear(
      'qkv_proj',
      ['q_proj', 'k_proj', 'v_proj'].map((name) => `self_attn.${name}`),
      bias.qkv,
    ),
    ...(config.qk_norm ? [vector('q_norm', 'self_attn.q_norm'), vector('k_norm', 'self_attn.k_norm')] : []),
    ...linear('o_proj', ['self_attn.o_proj'], bias.o),
    vector('post_attention_layernorm'),
    ...linear('gate_proj', ['mlp.gate_proj'], bias.mlp),
    ...linear('up_proj', ['mlp.up_proj'], bias.mlp),
    ...linear('down_proj', ['mlp.down_proj'], bias.mlp),
  ];
}

/** The last norm, and lm_head or, where they are tied, the embedding. */
export function headParts(config: ModelConfig): Part[] {
  const head = config.tie_word_embeddings ? 'model.embed_tokens' : 'lm_head';
  return [
    { place: 'lm_head', kind: 'kernel', names: [`${head}.weight`] },
    { place: 'norm', kind: 'vector', names: ['model.norm.weight'] },
  ];
}

/** Puts the tensors of `layerParts` where `forward` looks for them. */
export function layerOf(tensors: ReadonlyMap<string, Tensor>): LayerWeights {
  const layer: Record<string, unknown> = {};
  for (const [place, tensor] of tensors) {
    const [name = '', inner] = place.split('.');
    layer[name] = inner === undefined ? tensor : { ...(layer[name] as object | undefined), [inner]: tensor };
  }
  return layer as unknown as LayerWeights;
}
