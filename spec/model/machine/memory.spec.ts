import { expect } from 'chai';
import { parseConfig } from '../../../src/model/checkpoint/config.ts';
import { openModel, type ReadingRequest } from '../../../src/model/index.ts';
import { Failure } from '../../../src/system/failure.ts';
import { freeMemory, placeWeights, type PlacementOptions } from '../../../src/model/machine/memory.ts';
import { onEachBackend } from '../../support/models/backends.ts';
import { expectClose } from '../../support/models/golden.ts';
import { copyModel, goldenCases, temporaryFolder } from '../../support/models/tiny-model.ts';

const shape = {
  model_type: 'llama',
  vocab_size: 32_000,
  hidden_size: 2048,
  intermediate_size: 5632,
  num_hidden_layers: 22,
  num_attention_heads: 32,
  num_key_value_heads: 4,
};
const tinyLlama = parseConfig(shape);
/** 70 B: 80 layers of 3.4 GB each in float32. */
const large = parseConfig({
  ...shape,
  hidden_size: 8192,
  intermediate_size: 28_672,
  num_hidden_layers: 80,
  num_attention_heads: 64,
  num_key_value_heads: 8,
});
const small = parseConfig({ ...shape, vocab_size: 96, hidden_size: 64, intermediate_size: 128 });

const options = (changes: Partial<PlacementOptions>): PlacementOptions => ({
  backend: 'tensorflow',
  config: tinyLlama,
  embeddingBytes: 131e6,
  budgetBytes: undefined,
  threads: undefined,
  freeBytes: 64e9,
  ...changes,
});

describe('where weights are held', () => {
  const cases: { title: string; given: Partial<PlacementOptions>; expected: object }[] = [
    { title: 'native, all fits', given: {}, expected: { weights: 'resident', threads: 1 } },
    {
      title: 'native, little is free',
      given: { freeBytes: 4e9 },
      expected: { weights: 'streamed', threads: 1 },
    },
    {
      title: 'native, a budget of less than is free',
      given: { budgetBytes: 2e9 },
      expected: { weights: 'streamed', threads: 1 },
    },
    {
      title: 'native, a budget of more than seems free',
      given: { budgetBytes: 6e9, freeBytes: 1e9 },
      expected: { weights: 'resident', threads: 1 },
    },
    {
      title: 'native, nothing seems free: tried all the same',
      given: { freeBytes: 1e8 },
      expected: { weights: 'streamed', threads: 1 },
    },
    {
      title: 'gpu: the memory is not this machine’s',
      given: { backend: 'tensorflow-gpu', freeBytes: 1e9 },
      expected: { weights: 'resident', threads: 1 },
    },
    {
      title: 'wasm, 1.1 B parameters: more than a heap holds',
      given: { backend: 'wasm', threads: 2 },
      expected: { weights: 'streamed', threads: 2 },
    },
    {
      title: 'wasm, 1.1 B parameters in little memory: fewer workers',
      given: { backend: 'wasm', freeBytes: 2.4e9 },
      expected: { weights: 'streamed', threads: 1 },
    },
    {
      title: 'wasm, a small model',
      given: { backend: 'wasm', config: small, embeddingBytes: 1e4, threads: 2 },
      expected: { weights: 'resident', threads: 2 },
    },
  ];
  for (const { title, given, expected } of cases) {
    it(title, () => expect(placeWeights(options(given))).to.deep.equal(expected));
  }

  it('refuses a budget in which the model cannot run, and says which would do', () => {
    for (const backend of ['tensorflow', 'wasm'] as const) {
      const refused = (): unknown => placeWeights(options({ backend, budgetBytes: 5e8 }));
      expect(refused).to.throw(Failure).with.nested.property('details.code', 'memory-budget');
    }
  });

  it('refuses, for wasm, a model of which one layer would pass the 4 GB of a heap', () => {
    const refused = (): unknown => placeWeights(options({ backend: 'wasm', config: large }));
    expect(refused).to.throw(Failure, 'does not fit').with.nested.property('details.code', 'wasm-memory');
  });

  it('knows what is free', () => {
    expect(freeMemory()).to.be.above(1e7).and.to.be.below(1e14);
  });
});

onEachBackend('streamed weights', (backend) => {
  const { folder, remove } = temporaryFolder();
  after(remove);

  for (const name of goldenCases) {
    it(`${name}: the readings of resident weights`, async () => {
      const path = copyModel(name, folder);
      const requests: ReadingRequest[] = Array.from({ length: 40 }, (_, i) => ({
        ids: Array.from({ length: 10 + (i % 20) }, (_, j) => (i * j + (j > 5 ? i : 0) + 3) % 96),
        from: 1,
        distributionAt: i % 10,
        topTokens: 3,
      }));
      const [resident, streamed] = await Promise.all(
        (['resident', 'streamed'] as const).map(async (weights) => {
          const model = await openModel(path, { backend, threads: 2, weights, limits: { prefixes: 64 } });
          expect(model.memoryUse?.().weights).to.equal(weights);
          const first = await model.read(requests);
          // And again: the second pass streams anew.
          const second = await model.read(requests.slice(0, 3));
          await model.dispose();
          return [...first.readings, ...second.readings];
        }),
      );
      for (const [i, { logProbs, distribution, ranks }] of streamed!.entries()) {
        const other = resident![i]!;
        expectClose(logProbs, other.logProbs, 1e-5, (at) => `reading ${i}, token ${at}`);
        expect(distribution!.entropy).to.be.closeTo(other.distribution!.entropy, 1e-5);
        expect(distribution!.top[0]!.id).to.equal(other.distribution!.top[0]!.id);
        expect(ranks).to.have.length(other.ranks.length);
      }
    });
  }

  it('stops when it is aborted between two layers, and goes on afterwards', async () => {
    const path = copyModel('llama-gqa-f32', folder);
    const model = await openModel(path, {
      backend,
      threads: 1,
      weights: 'streamed',
      limits: { prefixes: 16 },
    });
    const requests = Array.from({ length: 60 }, (_, i) => ({
      ids: Array.from({ length: 30 }, (_, j) => (i * j + i + j) % 96),
      from: 1,
    }));
    const controller = new AbortController();
    let steps = 0;
    const stopped: unknown = await model
      .read(requests, {
        signal: controller.signal,
        onProgress: () => {
          steps += 1;
          controller.abort(new Error('enough'));
        },
      })
      .catch((error: unknown) => error);
    expect(stopped).to.be.an('error').with.property('message', 'enough');
    expect(steps).to.be.at.least(1);
    const { readings } = await model.read(requests.slice(0, 1));
    expect(readings[0]!.logProbs).to.have.length(29);
    await model.dispose();
  });
});
