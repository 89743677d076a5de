import { expect } from 'chai';
import fc from 'fast-check';
import { openModel, type LanguageModel, type ReadingRequest } from '../../../src/model/index.ts';
import { ancestors, prefixTree } from '../../../src/model/forest/prefix-tree.ts';
import { onEachBackend } from '../../support/models/backends.ts';
import { expectClose } from '../../support/models/golden.ts';
import { copyModel, temporaryFolder } from '../../support/models/tiny-model.ts';

const sequencesOf = (vocabulary: number, maxLength: number, count: number) =>
  fc.array(fc.array(fc.integer({ min: 1, max: vocabulary }), { minLength: 1, maxLength }), {
    minLength: 1,
    maxLength: count,
  });

describe('prefix tree', () => {
  it('has each distinct prefix once, parents before children, subtrees as ranges', () => {
    fc.assert(
      fc.property(sequencesOf(3, 6, 12), (sequences) => {
        const tree = prefixTree(sequences);
        const distinct = new Set(sequences.flatMap((ids) => ids.map((_, i) => ids.slice(0, i + 1).join())));
        expect(tree.size).to.equal(distinct.size);
        for (const [i, ids] of sequences.entries()) {
          const path = [...tree.paths[i]!];
          expect(path.map((prefix) => tree.tokens[prefix])).to.deep.equal(ids);
          expect([...ancestors(tree, path.at(-1)!)]).to.deep.equal(path.slice(0, -1));
        }
        for (let prefix = 1; prefix < tree.size; prefix += 1) {
          expect(tree.parents[prefix]!).to.be.below(prefix);
          // Depth first: what a prefix needs of those before it is on the path of the one before it.
          const before = [...ancestors(tree, prefix - 1), prefix - 1, -1];
          expect(before).to.include(tree.parents[prefix]!);
        }
      }),
    );
  });

  it('computes no leaf that nothing is read from', async () => {
    const { folder, remove } = temporaryFolder();
    const model = await openModel(copyModel('llama-gqa-f32', folder), { backend: 'wasm', threads: 1 });
    const result = await model.read([
      { ids: [1, 5, 6, 7], from: 1 },
      { ids: [1, 5, 6, 8], from: 3 },
      { ids: [1, 5, 6], from: 2, distributionAt: 2 },
      { ids: [1, 9, 9], from: 3 },
    ]);
    await model.dispose();
    remove();
    expect(result.tokensAsked).to.equal(14);
    expect(result.prefixesComputed).to.equal(3);
    expect(result.readings[3]).to.deep.equal({ logProbs: [], ranks: [] });
  });
});

/** Trees and chunks so small that paths cross chunks, blocks and spans in every way. */
const limits = { prefixes: 7, block: 3, scores: 1 << 20 };

onEachBackend('prefix-tree reading equals one-by-one reading', (backend) => {
  const { folder, remove } = temporaryFolder();
  after(remove);

  for (const name of ['llama-gqa-f32', 'mistral-sliding', 'llama-rope-dynamic', 'qwen3']) {
    describe(name, () => {
      let whole: LanguageModel;
      let cut: LanguageModel;
      before(async () => {
        const path = copyModel(name, folder);
        whole = await openModel(path, { backend, threads: 1 });
        cut = await openModel(path, { backend, threads: 2, limits });
      });
      after(async () => {
        await whole.dispose();
        await cut.dispose();
      });

      it('on random trees', async () => {
        const [first] = fc.sample(sequencesOf(4, 30, 40), { numRuns: 1, seed: 7 });
        const [second] = fc.sample(sequencesOf(95, 12, 20), { numRuns: 1, seed: 11 });
        const shared = Array.from({ length: 21 }, (_, i) => (i * 7) % 90);
        const sequences = [...first!, ...second!, ...second!.map((ids) => [...shared, ...ids])];
        const requests = sequences.map((ids): ReadingRequest => {
          return { ids, from: 1, distributionAt: ids.length - 1, topTokens: 3 };
        });
        const together = await cut.read(requests);
        for (const [i, request] of requests.entries()) {
          const alone = (await whole.read([request])).readings[0]!;
          const found = together.readings[i]!;
          const position = (at: number): string => `sequence ${i}, token ${at + 1} of ${request.ids.length}`;
          expectClose(found.logProbs, alone.logProbs, 1e-5, position);
          expectClose([found.distribution!.entropy], [alone.distribution!.entropy], 1e-5, position);
        }
      });
    });
  }
});
