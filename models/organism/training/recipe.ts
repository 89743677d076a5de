/** Every number that decides what comes out of training, besides the corpus. */
export const recipe = {
  seed: 7,
  vocabularySize: 768,
  /** Tokens; the longest text of the pipeline has about 60. */
  contextLength: 256,
  epochs: 6,
  /** A round is 20 documents: each format as often as its share says. */
  roundsPerStep: 2,
  /** Rows of an attention block, into which documents are packed; the longest document has 37 tokens. */
  blockRows: 64,
  learningRate: 1e-3,
  warmupSteps: 20,
  adamw: { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 },
} as const;

/** The content of config.json. */
export const configJson = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: recipe.vocabularySize,
  hidden_size: 128,
  intermediate_size: 352,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 32,
  hidden_act: 'silu',
  max_position_embeddings: recipe.contextLength,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  rope_scaling: null,
  attention_bias: false,
  attention_dropout: 0,
  mlp_bias: false,
  tie_word_embeddings: true,
  initializer_range: 0.088,
  bos_token_id: 1,
  eos_token_id: 2,
  pad_token_id: null,
  torch_dtype: 'bfloat16',
  use_cache: true,
} as const;
