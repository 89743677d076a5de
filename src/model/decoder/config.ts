import type { Rope } from './rope.ts';

/**
 * What a decoder of the Llama family is made of, normalised from either form of config.json. Names are config.json's own; what
 * follows from the family instead (Qwen 2 has biases that no field mentions) is spelled out.
 */
export interface ModelConfig {
  readonly model_type: FamilyName;
  /** Tokens of the embedding; may exceed the tokenizer's size, and all of them are in the softmax. */
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

export type FamilyName = 'llama' | 'mistral' | 'qwen2' | 'qwen3';
