/**
 * npm run train:organism [-- --seed N] [--out FOLDER] [--backend tensorflow|wasm]
 *
 * Makes the organism from nothing: corpus, tokenizer, weights, and the records that its card shows.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../../src/system/package-root.ts';
import { readConfig } from '../../../src/model/checkpoint/config.ts';
import { writeSafetensors } from '../../../src/model/checkpoint/safetensors-writer.ts';
import { openTokenizer } from '../../../src/model/text/tokenizer.ts';
import { openBackend } from './backend.ts';
import { corpus, mixture } from './corpus.ts';
import { writeLossFigure } from './figure.ts';
import { checkpointTensors } from './parameters.ts';
import { configJson, recipe } from './recipe.ts';
import { beginId, endId, tokenizerConfig, tokenizerJson, trainTokenizer } from './tokenizer.ts';
import { train, type Step } from './training.ts';

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: String(recipe.seed) },
    out: { type: 'string', default: join(packageRoot, 'models/organism') },
    backend: { type: 'string' },
  },
});
const { out } = options;
const seed = Number(options.seed);
if (!Number.isInteger(seed))
  throw new RangeError(`Expected --seed to be a whole number, got "${options.seed}".`);

const writeJson = (name: string, content: unknown): void => {
  writeFileSync(join(out, name), `${JSON.stringify(content, null, 2)}\n`);
};

mkdirSync(out, { recursive: true });
const pieces = trainTokenizer(
  corpus.map(({ prompt, target }) => prompt + target),
  recipe.vocabularySize,
);
writeJson('tokenizer.json', tokenizerJson(pieces));
writeJson('tokenizer_config.json', tokenizerConfig(recipe.contextLength));
writeJson('config.json', configJson);

const tokenizer = await openTokenizer(out);
const documents = corpus.map(({ format, prompt, target }) => ({
  format,
  ids: [beginId, ...tokenizer.encode(prompt + target), endId],
}));
writeJson('mixture.json', mixture());

const config = readConfig(out);
const { tf, backend } = await openBackend(options.backend);
console.log(
  `${corpus.length} documents, ${documents.flatMap(({ ids }) => ids).length} tokens, backend ${backend}, seed ${seed}`,
);
const log: Step[] = [];
const started = performance.now();
const parameters = train(tf, config, documents, seed, (step) => {
  log.push(step);
  if (step.step % 20 === 0 || step.step === step.steps) {
    const seconds = (performance.now() - started) / 1000;
    console.log(
      `step ${step.step} of ${step.steps}: loss ${step.loss.toFixed(4)}, ` +
        `gradient norm ${step.gradientNorm.toFixed(2)}, ${seconds.toFixed(0)} s, ${tf.memory().numTensors} tensors`,
    );
  }
});
writeSafetensors(join(out, 'model.safetensors'), await checkpointTensors(tf, config, parameters));
writeJson('losses.json', {
  seed,
  backend,
  unit: 'nats per token',
  losses: log.map(({ loss }) => Number(loss.toFixed(4))),
});
await writeLossFigure(join(out, 'losses.png'), log);
tf.dispose([...parameters.variables]);
