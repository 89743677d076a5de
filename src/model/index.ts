/**
 * What specs, benchmarks and the training of the organism take of this room. The hosting imports module by module, so that what has to
 * be quick does not load what opens a model. Importing this loads neither TensorFlow nor the tokenizer.
 */
export * from './language-model.ts';
export { identifyModel } from './checkpoint/identity.ts';
export { backendLibrary, chooseBackend } from './machine/backends.ts';
export { openModel, type OpenOptions } from './open-model.ts';
export { perplexity, score } from './text/score.ts';
