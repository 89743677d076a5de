import { join } from 'node:path';
import { expect } from 'chai';
import { openModel, type LanguageModel, type Reading, type ReadingRequest } from '../../src/model/index.ts';
import { packageRoot } from '../../src/engine/index.ts';
import { onEachBackend } from '../support/models/backends.ts';
import { seededRandom } from '../../src/statistics/random.ts';

const organism = join(packageRoot, 'models', 'organism');

/** Texts that share beginnings, from one token to beyond several chunks and ranges of depths; many behind one token, too. */
function textsOf(random: () => number): ReadingRequest[] {
  const token = (): number => 4 + Math.floor(random() * 760);
  const tokens = (count: number): number[] => Array.from({ length: count }, token);
  const stem = tokens(200);
  const texts = [
    ...[1, 2, 5, 20, 127, 128, 129, 250].map(tokens),
    ...[3, 40, 126, 128, 199].flatMap((shared) =>
      [1, 6, 30].map((own) => [...stem.slice(0, shared), ...tokens(own)]),
    ),
    ...Array.from({ length: 40 }, () => [stem[0]!, ...tokens(1 + Math.floor(random() * 9))]),
  ];
  return texts.map((ids, i) => ({
    ids,
    from: Math.min(ids.length, 1 + (i % 3)),
    ...(i % 2 === 0 && { distributionAt: Math.floor(ids.length / 2), topTokens: 1 + (i % 5) }),
  }));
}

onEachBackend('the same bytes', (backend) => {
  const random = seededRandom(17);
  const requests = textsOf(random);
  let together: readonly Reading[];
  let model: LanguageModel;
  before(async () => {
    model = await openModel(organism, { backend, threads: 2 });
    ({ readings: together } = await model.read(requests));
  });
  after(() => model.dispose());

  const expectSame = async (
    reader: LanguageModel,
    indices: readonly number[],
    what: string,
  ): Promise<void> => {
    const { readings } = await reader.read(indices.map((index) => requests[index]!));
    for (const [i, index] of indices.entries()) {
      const title = `${what}: text ${index} of ${requests[index]!.ids.length} tokens`;
      expect(readings[i], title).to.deep.equal(together[index]);
    }
  };

  it('come of a text alone as in company of all', async () => {
    for (const index of requests.keys()) await expectSame(model, [index], 'alone');
  });

  it('come of any of the texts in any order', async () => {
    for (let round = 0; round < 8; round += 1) {
      const some = [...requests.keys()].filter(() => random() < 0.1 + 0.1 * round);
      const shuffled = some.map((index) => ({ index, at: random() })).sort((a, b) => a.at - b.at);
      await expectSame(
        model,
        shuffled.map(({ index }) => index),
        `round ${round}`,
      );
    }
  });

  it('are given out once each, most of them before the pass ends, as they are in the end', async () => {
    const given = new Map<number, Reading>();
    let calls = 0;
    const { readings } = await model.read(requests, {
      onReadings: (found) => {
        calls += 1;
        for (const { index, reading } of found) {
          expect(given.has(index), `text ${index} twice`).to.equal(false);
          given.set(index, reading);
        }
      },
    });
    expect(calls).to.be.greaterThan(1);
    expect(requests.map((_, index) => given.get(index))).to.deep.equal(readings);
  });

  it('come whatever the sizes of chunks and blocks, streamed or resident', async () => {
    const all = [...requests.keys()];
    for (const [weights, limits] of [
      ['resident', { prefixes: 48, block: 16 }],
      ['streamed', { prefixes: 160, block: 32 }],
      ['resident', { prefixes: 4096, block: 112 }],
    ] as const) {
      const other = await openModel(organism, { backend, threads: 1, weights, limits });
      try {
        await expectSame(other, all, `${weights}, ${limits.prefixes}`);
      } finally {
        await other.dispose();
      }
    }
  });
});
