import type { FieldReader } from '../../checkpoint/config-fields.ts';
import type { ModelConfig } from '../config.ts';
import { slidingWindow, type Family } from './family.ts';

/** Qwen 2 and 2.5. */
export const qwen2: Family = {
  model_type: 'qwen2',
  architecture: 'Qwen2ForCausalLM',
  max_position_embeddings: 32_768,
  num_key_value_heads: 32,
  qk_norm: false,
  bias: () => ({ qkv: true, o: false, mlp: false }),
  windows: qwenWindows,
};

/** `layer_types` says which layers slide; where it is absent, those from `max_window_layers` on. */
export function qwenWindows(fields: FieldReader, layers: number): ModelConfig['windows'] {
  const size = slidingWindow(fields);
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
    if (window === undefined) {
      throw fields.impossible('sliding_window', 'a number, for sliding_attention', null);
    }
    return window;
  });
}
