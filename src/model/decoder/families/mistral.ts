import { everyLayer, slidingWindow, type Family } from './family.ts';

export const mistral: Family = {
  model_type: 'mistral',
  architecture: 'MistralForCausalLM',
  max_position_embeddings: 131_072,
  num_key_value_heads: 8,
  qk_norm: false,
  bias: () => ({ qkv: false, o: false, mlp: false }),
  windows: (fields, layers) => everyLayer(layers, slidingWindow(fields)),
};
