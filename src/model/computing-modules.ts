/** Modules are TypeScript in a checkout and JavaScript in `dist`. */
const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

function moduleHere(path: string): string {
  return new URL(`${path}${ending}`, import.meta.url).href;
}

/**
 * What makes readings of token ids and weights, on every backend: file URLs of modules that, with all they import, are the code that
 * can change a reading. What finds, fetches, opens, places or starts is not among them and not imported by them, for it changes no
 * number: the hub, the set-up of native TensorFlow, locks, the pool of workers, memory budgets.
 */
export const decodingModules: readonly string[] = [
  // config.json to the shape and the rules of the decoder
  './checkpoint/config',
  // requests to prefix trees, spans, chunks and back, on machines of these sizes
  './machine/forest-reader',
  './machine/limits',
  // safetensors to tensors, and the decoder over them: all that a worker runs, and what the main thread runs for native
  './machine/worker',
  // full float32 on a GPU
  './native/precision',
].map(moduleHere);

/** The same, and what turns texts into token ids and readings into scores. */
export const computingModules: readonly string[] = [
  ...decodingModules,
  ...['./text/tokenizer', './text/score', './text/choices', './text/surprisal', './text/token-readings'].map(
    moduleHere,
  ),
];

/** What says whether a model folder can be opened. */
export const checkingModule: string = moduleHere('./checkpoint/check-model');
