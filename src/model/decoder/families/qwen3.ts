import type { Family } from './family.ts';
import { qwenWindows } from './qwen2.ts';

export const qwen3: Family = {
  model_type: 'qwen3',
  architecture: 'Qwen3ForCausalLM',
  max_position_embeddings: 32_768,
  num_key_value_heads: 32,
  head_dim: 128,
  qk_norm: true,
  bias(fields) {
    const attention = fields.flag('attention_bias', false);
    return { qkv: attention, o: attention, mlp: false };
  },
  windows: qwenWindows,
};
