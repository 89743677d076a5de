import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { identifyModel } from '../../../src/model/checkpoint/identity.ts';
import { openModel } from '../../../src/model/open-model.ts';
import { stateIn } from '../../../src/system/contents/file-state.ts';
import type { Failure } from '../../../src/system/failure.ts';
import { onEachBackend } from '../../support/models/backends.ts';
import { flipWeights, restAt } from '../../support/models/other-weights.ts';
import { copyModel, temporaryFolder } from '../../support/models/tiny-model.ts';

describe('the identity of a model', () => {
  let folder: string;
  let remove: () => void;
  beforeEach(() => ({ folder, remove } = temporaryFolder()));
  afterEach(() => remove());

  const digestOf = async (path: string, options: Parameters<typeof identifyModel>[1] = {}) =>
    (await identifyModel(path, options)).identity.digest;

  it('is that of the contents: any file that determines a score changes it, a path does not', async () => {
    const [one, two] = [
      copyModel('llama-gqa-f32', join(folder, '1')),
      copyModel('llama-gqa-f32', join(folder, '2')),
    ];
    const { identity } = await identifyModel(one);
    expect(Object.keys(identity.files)).to.deep.equal([
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(await digestOf(two)).to.equal(identity.digest);
    for (const name of Object.keys(identity.files)) {
      const file = join(two, name);
      const bytes = readFileSync(file);
      writeFileSync(file, Buffer.concat([bytes, Buffer.from(' ')]));
      expect(await digestOf(two), name).to.not.equal(identity.digest);
      writeFileSync(file, bytes);
    }
    expect(await digestOf(two)).to.equal(identity.digest);
  });

  describe('with a memo', () => {
    let path: string;
    let weights: string;
    let memo: string;
    beforeEach(() => {
      path = copyModel('llama-gqa-f32', folder);
      weights = join(path, 'model.safetensors');
      mkdirSync(join(folder, 'memo'));
      memo = join(folder, 'memo', 'digests.json');
      restAt(path, '2020-01-01');
    });

    /** Remembers of the weights, in the state in which they are, another digest than theirs. */
    function rememberWrongly(): void {
      const state = stateIn(statSync(weights, { bigint: true })).text;
      const digests = { [weights]: { state, sha256: 'f'.repeat(64) } };
      writeFileSync(memo, JSON.stringify({ format: 3, digests }));
    }

    it('is believed of a file in the state in which it was hashed, unless it is to be hashed anew', async () => {
      await identifyModel(path, { memo });
      rememberWrongly();
      const believed = await identifyModel(path, { memo });
      expect(believed.identity.files['model.safetensors']).to.equal('f'.repeat(64));
      expect(await digestOf(path, { memo, anew: true })).to.equal(await digestOf(path));
    });

    it('is not kept of a file that was written within two seconds: it could be written again in one tick', async () => {
      await identifyModel(path, { memo });
      const kept = existsSync(memo)
        ? (JSON.parse(readFileSync(memo, 'utf8')) as { digests: object })
        : undefined;
      expect(Object.keys(kept?.digests ?? {})).to.deep.equal([]);
    });

    const swaps: Record<string, (other: string) => void> = {
      'written in place, with the times of the one before (cp -p)': (other) => {
        writeFileSync(weights, readFileSync(join(other, 'model.safetensors')));
        restAt(path, '2020-01-01');
      },
      'renamed into place (rsync -a)': (other) => renameSync(join(other, 'model.safetensors'), weights),
      'removed and written anew, under the inode of the one before': (other) => {
        rmSync(weights);
        cpSync(join(other, 'model.safetensors'), weights, { preserveTimestamps: true });
      },
      'another folder of the same name': (other) => {
        rmSync(path, { recursive: true });
        renameSync(other, path);
      },
    };
    for (const [title, swap] of Object.entries(swaps)) {
      it(`is not believed of other weights of the same size and time: ${title}`, async () => {
        const other = join(folder, 'other');
        cpSync(path, other, { recursive: true });
        flipWeights(other);
        restAt(other, '2020-01-01');
        const before = await identifyModel(path, { memo });
        // What a process remembers that hashed these files long after they were written.
        const known = Object.entries(before.states).map(([name, state]) => [
          join(path, name),
          { state, sha256: before.identity.files[name] },
        ]);
        writeFileSync(memo, JSON.stringify({ format: 3, digests: Object.fromEntries(known) as object }));
        const expected = await digestOf(other);

        swap(other);

        const { size, mtimeMs } = statSync(weights);
        expect([size, mtimeMs]).to.deep.equal([
          Number(before.states['model.safetensors']?.split(' ')[2]),
          Date.parse('2020-01-01'),
        ]);
        expect(await digestOf(path, { memo }))
          .to.equal(expected)
          .and.not.equal(before.identity.digest);
      });
    }

    it('only saves time: a damaged one, one of an older form and one that cannot be written do no harm', async () => {
      const digest = await digestOf(path);
      for (const text of ['{', '{"format":1,"files":{}}', 'null', '']) {
        writeFileSync(join(folder, 'memo.json'), text);
        expect(await digestOf(path, { memo: join(folder, 'memo.json') }), text).to.equal(digest);
      }
      expect(await digestOf(path, { memo: join(weights, 'memo.json') })).to.equal(digest);
    });
  });

  onEachBackend('confirmed by whoever reads the weights', (backend) => {
    const request = { ids: [1, 5, 9, 7], from: 1 };
    let path: string;
    beforeEach(() => {
      path = copyModel('llama-gqa-f32', folder);
      restAt(path, '2020-01-01');
    });

    const failing = (work: Promise<unknown>): Promise<unknown> =>
      work.then(
        () => undefined,
        (error: unknown) => (error as Failure).details.code,
      );

    it('refuses weights that are not those that were hashed', async () => {
      const identified = await identifyModel(path);
      flipWeights(path);
      restAt(path, '2020-01-01');
      for (const weights of ['resident', 'streamed'] as const) {
        const opening = openModel(path, { backend, threads: 1, weights, identified });
        expect(await failing(opening), weights).to.equal('model-changing');
      }
    });

    it('refuses what streamed weights give that were written since the model was opened', async () => {
      const identified = await identifyModel(path);
      const model = await openModel(path, { backend, threads: 1, weights: 'streamed', identified });
      await model.read([request]);
      flipWeights(path);
      restAt(path, '2020-01-01');
      expect(await failing(model.read([request]))).to.equal('model-changing');
      await model.dispose();
    });

    it('refuses what streamed weights give once another file is in their stead', async () => {
      const identified = await identifyModel(path);
      const model = await openModel(path, { backend, threads: 1, weights: 'streamed', identified });
      await model.read([request]);
      cpSync(path, join(folder, 'other'), { recursive: true });
      flipWeights(join(folder, 'other'));
      renameSync(join(folder, 'other', 'model.safetensors'), join(path, 'model.safetensors'));
      // The bytes are the old ones still, but the end of a file's name changes its state as a write would.
      expect(await failing(model.read([request]))).to.equal('model-changing');
      await model.dispose();
    });
  });
});
