import type { FieldReader } from '../../checkpoint/config-fields.ts';
import type { FamilyName, ModelConfig } from '../config.ts';

/**
 * What tells one family of decoders from another: how transformers (5.18, configuration_*.py and modeling_*.py of the family) reads
 * its config.json, and what it assumes where a field is absent. All families of today run through one `forward`, and their
 * checkpoints name tensors alike (`weight-tensors.ts`).
 */
export interface Family {
  readonly model_type: FamilyName;
  /** The entry of `architectures` in config.json. */
  readonly architecture: string;
  /** Where the field is absent. */
  readonly max_position_embeddings: number;
  /** Where the field is absent. Default: as many as attention heads. */
  readonly num_key_value_heads?: number;
  /** Where the field is absent. Default: hidden_size / num_attention_heads. */
  readonly head_dim?: number;
  readonly qk_norm: boolean;
  readonly bias: (fields: FieldReader) => ModelConfig['bias'];
  /** The window of each of so many layers. */
  readonly windows: (fields: FieldReader, layers: number) => ModelConfig['windows'];
}

/** The same window in each of so many layers. */
export function everyLayer(layers: number, window: number | undefined): ModelConfig['windows'] {
  return Array.from({ length: layers }, () => window);
}

/** `sliding_window`: 4096 where it is absent, undefined where it is null. */
export function slidingWindow(fields: FieldReader): number | undefined {
  return fields.isNull('sliding_window') ? undefined : fields.count('sliding_window', 4096);
}
