import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openModel } from '../../src/model/index.ts';
import { onEachBackend } from '../support/models/backends.ts';
import { expectClose, goldenSequences, logSoftmax } from '../support/models/golden.ts';
import { checkpoints, copyModel, goldenCases, temporaryFolder } from '../support/models/tiny-model.ts';

/** Absolute or relative. transformers computes in float32 as we do, in another order. */
const tolerance = 2e-4;

/** Nats: twice the difference that a log-probability of the least exact checkpoint has. */
const tieWithin = 3e-5;

const summary = JSON.parse(readFileSync(join(checkpoints, 'index.json'), 'utf8')) as {
  cases: Record<string, Record<string, number>>;
};

onEachBackend('golden checkpoints', (backend) => {
  const { folder, remove } = temporaryFolder();
  after(remove);

  it('covers every reference checkpoint', () => {
    expect(goldenCases).to.have.length(13);
    expect(goldenCases).to.have.members(Object.keys(summary.cases));
  });

  for (const name of goldenCases) {
    const forms = existsSync(join(checkpoints, name, 'config.legacy.json')) ? [false, true] : [false];
    for (const legacy of forms) {
      it(`${name}${legacy ? ', older config form' : ''}: the whole distribution after every token`, async () => {
        const model = await openModel(copyModel(name, folder, { legacy }), { backend, threads: 1 });
        try {
          const sequences = goldenSequences(name);
          const V = model.vocabularySize;
          const requests = sequences.flatMap(({ ids }) =>
            ids.map((_, at) => ({
              ids,
              from: Math.min(at + 1, ids.length),
              distributionAt: at,
              topTokens: V,
            })),
          );
          const { readings } = await model.read(requests);
          let next = 0;
          for (const [n, { ids, logits }] of sequences.entries()) {
            for (const [at] of ids.entries()) {
              const expected = logSoftmax(logits.subarray(at * V, (at + 1) * V));
              const { distribution, logProbs, ranks } = readings[next++]!;
              const found = new Float64Array(V);
              for (const { id, logProb } of distribution!.top) found[id] = logProb;
              expectClose(found, expected, tolerance, (id) => `sequence ${n}, token ${at}, logit ${id}`);

              const best = expected.indexOf(Math.max(...expected));
              expect(distribution!.top[0]!.id, `top token, sequence ${n}, token ${at}`).to.equal(best);
              const entropy = -expected.reduce((sum, logProb) => sum + Math.exp(logProb) * logProb, 0);
              expect(distribution!.entropy).to.be.closeTo(entropy, tolerance);
              const following = ids[at + 1];
              if (following === undefined) continue;
              expectClose(
                [logProbs[0]!],
                [expected[following]!],
                tolerance,
                () => `log-prob ${n}, ${at + 1}`,
              );
              // Logits that are closer than float32 tells them apart may change places.
              const above = (by: number): number =>
                expected.filter((other) => other > expected[following]! + by).length;
              expect(ranks[0]).to.be.within(1 + above(tieWithin), 1 + above(-tieWithin) - 1);
            }
          }
        } finally {
          await model.dispose();
        }
      });
    }
  }

  it('total log-probability, perplexity and entropy are those of the index', async () => {
    const name = 'llama-gqa-f32';
    const model = await openModel(copyModel(name, folder), { backend, threads: 1 });
    const { ids } = goldenSequences(name)[3]!;
    const { readings } = await model.read([{ ids, from: 1, distributionAt: ids.length - 1 }]);
    await model.dispose();
    const [reading] = readings;
    const total = reading!.logProbs.reduce((sum, logProb) => sum + logProb, 0);
    const expected = summary.cases[name]!;
    expect(total).to.be.closeTo(expected['sequence_3_total_log_prob']!, 2e-3);
    const perplexity = Math.exp(-total / reading!.logProbs.length);
    expect(perplexity / expected['sequence_3_perplexity']!).to.be.closeTo(1, tolerance);
    expect(reading!.distribution!.entropy).to.be.closeTo(expected['sequence_3_last_entropy']!, tolerance);
  });
});
