import { everyLayer, type Family } from './family.ts';

/** Llama 1 to 3, TinyLlama, SmolLM. */
export const llama: Family = {
  model_type: 'llama',
  architecture: 'LlamaForCausalLM',
  max_position_embeddings: 2048,
  qk_norm: false,
  bias(fields) {
    const attention = fields.flag('attention_bias', false);
    return { qkv: attention, o: attention, mlp: fields.flag('mlp_bias', false) };
  },
  windows: (_fields, layers) => everyLayer(layers, undefined),
};
