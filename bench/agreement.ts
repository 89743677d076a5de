/**
 * Whether the same texts get the same numbers wherever a generated checkpoint runs: natively with weights resident and streamed, and
 * on wasm. Needs a build.
 *
 *   node dist/bench/agreement.js [--tinyllama] [--texts N]
 *
 * Prints, against the first, the greatest difference of a log-probability in nats, and at how many places another token is on top.
 */
import { parseArgs } from 'node:util';
import { openModel, type Reading } from '../src/model/index.ts';
import { generatedCheckpoint } from './model/generated-checkpoint.ts';
import { workload } from './model/workload.ts';

const { values: options } = parseArgs({
  options: { tinyllama: { type: 'boolean', default: false }, texts: { type: 'string', default: '12' } },
});
const { folder, config } = await generatedCheckpoint(options.tinyllama ? 'tinyllama' : 'small');
const requests = workload('seed', 1, config.vocab_size).slice(0, Number(options.texts));

const ways = [
  { backend: 'tensorflow', weights: 'resident' },
  { backend: 'tensorflow', weights: 'streamed' },
  { backend: 'wasm', weights: 'streamed' },
] as const;
let reference: readonly Reading[] | undefined;
for (const way of ways) {
  const model = await openModel(folder, {
    ...way,
    identified: { identity: { digest: 'generated', files: {} } },
  });
  const { readings } = await model.read(requests);
  await model.dispose();
  reference ??= readings;
  const differences = readings.flatMap(({ logProbs }, text) =>
    logProbs.map((logProb, i) => Math.abs(logProb - (reference?.[text]?.logProbs[i] as number))),
  );
  const otherTops = readings.filter(
    ({ distribution }, text) => distribution?.top[0]?.id !== reference?.[text]?.distribution?.top[0]?.id,
  );
  console.log(
    `${way.backend} ${way.weights}: ${differences.length} log-probabilities, greatest difference ` +
      `${Math.max(...differences).toExponential(1)} nats; another token on top at ${otherTops.length} of ${readings.length} places`,
  );
}
