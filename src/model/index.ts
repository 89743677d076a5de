/** The model room's public face. Cheap to import: TensorFlow and the tokenizer load when a model is opened. */
export * from './language-model.ts';
export { backendVersion, chooseBackend } from './machine/backends.ts';
export {
  encodePair,
  type BosPolicy,
  type BoundaryPolicy,
  type EncodedPair,
  type EncodeOptions,
} from './text/encode-pair.ts';
export { identifyModel } from './checkpoint/identity.ts';
export { numericsOf } from './machine/numerics.ts';
export { openModel, type OpenOptions } from './open-model.ts';
export {
  perplexity,
  planPerplexity,
  planScore,
  readPlanned,
  score,
  type PerplexityOptions,
  type PerplexityResult,
  type Planned,
  type Planner,
  type Score,
  type ScoredToken,
  type ScoreItem,
  type ScoreOptions,
} from './text/score.ts';
