import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openReadingLog } from '../../src/engine/store/reading-log.ts';
import { localModels } from '../../src/hosting/local-models.ts';
import { openModelHost } from '../../src/hosting/open-host.ts';
import type { Failure } from '../../src/system/failure.ts';
import { flipWeights, restAt } from '../support/models/other-weights.ts';
import { copyModel, temporaryFolder } from '../support/models/tiny-model.ts';

const request = { ids: [1, 5, 9, 7], from: 1 };

describe('models in folders', () => {
  let folder: string;
  let model: string;
  let other: string;
  let remove: () => void;
  beforeEach(() => {
    ({ folder, remove } = temporaryFolder());
    model = copyModel('llama-gqa-f32', folder);
    other = join(folder, 'other');
    cpSync(model, other, { recursive: true });
    flipWeights(other);
    restAt(model, '2020-01-01');
    restAt(other, '2020-01-01');
  });
  afterEach(() => remove());

  const swap = () => {
    rmSync(model, { recursive: true });
    cpSync(other, model, { recursive: true, preserveTimestamps: true });
  };
  const codeOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => undefined,
      (error: unknown) => (error as Failure).details.code,
    );

  it('are told apart by one process though names, sizes and times are the same', async () => {
    const models = localModels({ backend: 'wasm', memoFile: join(folder, 'memo.json') });
    const before = await models.find('./llama-gqa-f32', folder);
    expect((await models.find('./llama-gqa-f32', folder)).identity).to.deep.equal(before.identity);
    swap();
    const after = await models.find('./llama-gqa-f32', folder);
    expect(after.identity.digest).to.not.equal(before.identity.digest);
    expect(after.identity).to.deep.equal((await models.find('./other', folder)).identity);
  });

  it('are refused, weights and tokenizer, where they were replaced since they were found', async () => {
    const models = localModels({ backend: 'wasm', threads: 1 });
    const found = await models.find('./llama-gqa-f32', folder);
    swap();
    expect(await codeOf(models.open(found, undefined))).to.equal('model-changing');
    expect(await codeOf(models.texts(found))).to.equal('model-changing');
  });

  it('leave no reading under the digest of weights that did not make it', async () => {
    const log = openReadingLog(join(folder, 'rows'));
    const host = openModelHost({ backend: 'wasm', threads: 1, rows: log });
    const place = { baseDir: folder };
    const read = async (found: Awaited<ReturnType<typeof host.identify>>) =>
      host.lend(found, async (lent) => (await lent.read([request])).readings[0]?.logProbs);
    const found = await host.identify('./llama-gqa-f32', place);
    swap();
    expect(await codeOf(read(found))).to.equal('model-changing');

    const otherOnes = await read(await host.identify('./llama-gqa-f32', place));
    cpSync(join(folder, 'other'), join(folder, 'kept'), { recursive: true });
    // Back again: what was read meanwhile is not taken for its readings.
    flipWeights(model);
    const again = await host.identify('./llama-gqa-f32', place);
    expect(again.identity).to.deep.equal(found.identity);
    expect(await read(again)).to.not.deep.equal(otherOnes);
    expect(await read(await host.identify('./kept', place))).to.deep.equal(otherOnes);
    await host.dispose();
  });
});
