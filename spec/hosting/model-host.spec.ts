import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openReadingLog } from '../../src/engine/store/reading-log.ts';
import { type Reading, type ReadingRequest } from '../../src/model/language-model.ts';
import { Failure } from '../../src/system/failure.ts';
import type { OpenModelHost } from '../../src/hosting/model-host.ts';
import type { FoundModel } from '../../src/hosting/model-source.ts';
import { bigramHost } from '../support/models/bigram-model.ts';

const baseDir = '/nowhere';

function request(...ids: number[]): ReadingRequest {
  return { ids, from: 1, distributionAt: 0, topTokens: 3 };
}

async function readBy(
  host: OpenModelHost,
  model: FoundModel,
  ...requests: ReadingRequest[]
): Promise<Awaited<ReturnType<Parameters<Parameters<OpenModelHost['lend']>[1]>[0]['read']>>> {
  return host.lend(model, (lent) => lent.read(requests));
}

describe('the model host', () => {
  it('merges reads of stages that have the model at the same time into one pass, equal requests once', async () => {
    const { host, opened } = bigramHost();
    const model = await host.identify('m', { baseDir });
    const [a, b, c] = await Promise.all([
      readBy(host, model, request(1, 2, 3), request(4, 5)),
      readBy(host, model, request(4, 5)),
      // One that has work of its own before it reads.
      host.lend(model, async (lent) => {
        await new Promise((resolve) => setTimeout(resolve, 60));
        return lent.read([request(6, 7)]);
      }),
    ]);
    expect(opened.map((each) => each.model.passes)).to.deep.equal([[3]]);
    expect(b.readings[0]).to.deep.equal(a.readings[1]);
    expect([a, b, c].map(({ figures }) => figures.stages_in_pass)).to.deep.equal([3, 3, 3]);
    expect([a, b, c].map(({ figures }) => figures.tokens_asked)).to.deep.equal([5, 2, 2]);
    await host.dispose();
    expect(opened[0]?.model.disposed).to.equal(true);
  });

  it('gives each stage what it would get alone', async () => {
    const requests = [request(1, 2, 3), request(1, 2), request(9, 8, 7, 6), { ids: [3, 3], from: 2 }];
    const { host } = bigramHost();
    const model = await host.identify('m', { baseDir });
    const together = await Promise.all(requests.map((each) => readBy(host, model, each)));
    for (const [index, each] of requests.entries()) {
      const alone = bigramHost().host;
      const { readings } = await readBy(alone, await alone.identify('m', { baseDir }), each);
      expect(together[index]?.readings).to.deep.equal(readings);
    }
  });

  it('opens a model anew after its workers have died, for whoever asks again', async () => {
    const { host, opened } = bigramHost();
    const model = await host.identify('m', { baseDir });
    await readBy(host, model, request(1, 2));
    const [first] = opened;
    first!.model.read = () =>
      Promise.reject(
        new Failure({ code: 'worker-died', blame: 'machine', message: 'it died', transient: true }),
      );
    const failure: unknown = await readBy(host, model, request(3, 4)).catch((error: unknown) => error);
    expect((failure as Failure).details.code).to.equal('worker-died');
    const { readings } = await readBy(host, model, request(3, 4));
    expect(readings).to.have.length(1);
    expect(opened.map((each) => each.model.disposed)).to.deep.equal([true, false]);
    await host.dispose();
  });

  it('does not wait for a stage that never reads', async () => {
    const { host } = bigramHost();
    const model = await host.identify('m', { baseDir });
    const idle = host.lend(model, () => new Promise((resolve) => setTimeout(() => resolve('done'), 50)));
    const { readings } = await readBy(host, model, request(1, 2));
    expect(readings).to.have.length(1);
    expect(await idle).to.equal('done');
  });

  it('keeps one model open at a time, and opens none for a tokenizer', async () => {
    const { host, opened } = bigramHost();
    const [a, b] = [await host.identify('a', { baseDir }), await host.identify('b', { baseDir })];
    expect(await host.lend(a, ({ tokenizer }) => Promise.resolve(tokenizer.encode('x').length))).to.equal(1);
    expect(opened).to.deep.equal([]);
    let inside = 0;
    const use = (model: FoundModel): Promise<void> =>
      host.lend(model, async (lent) => {
        // Something new each time: what was read before would need no model.
        await lent.read([request(1, 10 + inside)]);
        inside += 1;
        expect(opened.filter((each) => !each.model.disposed).map(({ ref }) => ref)).to.deep.equal([
          model.ref,
        ]);
        await new Promise((resolve) => setTimeout(resolve, 20));
      });
    await Promise.all([use(a), use(b), use(a), use(b)]);
    expect(inside).to.equal(4);
    await host.dispose();
    expect(opened.every(({ model }) => model.disposed)).to.equal(true);
  });

  it('tells every stage of a pass when it fails, and goes on', async () => {
    const { host, opened } = bigramHost();
    const model = await host.identify('m', { baseDir });
    await readBy(host, model, request(1, 2));
    const broken = opened[0]!.model;
    const { read } = broken;
    broken.read = () => Promise.reject(new Error('out of memory'));
    const results = await Promise.allSettled([
      readBy(host, model, request(2, 3)),
      readBy(host, model, request(3, 4)),
    ]);
    expect(
      results.map((result) => (result.status === 'rejected' ? String(result.reason) : 'fine')),
    ).to.deep.equal(['Error: out of memory', 'Error: out of memory']);
    broken.read = read;
    expect((await readBy(host, model, request(2, 3))).readings).to.have.length(1);
  });

  describe('with a reading log', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'assay-readings-'));
    });
    afterEach(() => rm(folder, { recursive: true }));

    const run = async (
      ...requests: ReadingRequest[]
    ): Promise<{
      readonly passes: readonly number[];
      readonly readings: unknown;
      readonly cached: number;
    }> => {
      const { host, opened } = bigramHost({ rows: openReadingLog(folder) });
      const model = await host.identify('m', { baseDir });
      const { readings, figures } = await readBy(host, model, ...requests);
      await host.dispose();
      return {
        passes: opened.flatMap((each) => each.model.passes),
        readings,
        cached: figures.readings_cached,
      };
    };

    it('serves no reading that other code has made', async () => {
      await run(request(1, 2));
      const { host } = bigramHost({ rows: openReadingLog(folder) });
      const model = await host.identify('m', { baseDir });
      const edited = { ...model, numerics: { ...model.numerics, code: 'edited' } };
      expect((await readBy(host, edited, request(1, 2))).figures.readings_cached).to.equal(0);
      expect((await readBy(host, model, request(1, 2))).figures.readings_cached).to.equal(1);
      await host.dispose();
    });

    it('reads nothing twice, also in another process, and opens no model for it', async () => {
      const first = await run(request(1, 2, 3), request(4, 5));
      expect(first).to.deep.include({ passes: [2], cached: 0 });
      const again = await run(request(1, 2, 3), request(4, 5));
      expect(again).to.deep.equal({ passes: [], readings: first.readings, cached: 2 });
      const more = await run(request(4, 5), request(7, 8));
      expect(more).to.deep.include({ passes: [1], cached: 1 });
    });

    it('does not confuse what is asked of the same tokens', async () => {
      await run(request(1, 2, 3));
      const other = await run({ ids: [1, 2, 3], from: 2, distributionAt: 1, topTokens: 3 });
      expect(other).to.deep.include({ passes: [1], cached: 0 });
    });

    it('does not read again what was read with more top tokens', async () => {
      const five = await run({ ids: [1, 2, 3], from: 1, distributionAt: 0, topTokens: 5 });
      const two = await run({ ids: [1, 2, 3], from: 1, distributionAt: 0, topTokens: 2 });
      expect(two).to.deep.include({ passes: [], cached: 1 });
      const top = ({ readings }: typeof five) => (readings as Reading[])[0]!.distribution!.top;
      expect(top(two)).to.deep.equal(top(five).slice(0, 2));
      expect((await run({ ids: [1, 2, 3], from: 1, distributionAt: 0, topTokens: 6 })).passes).to.deep.equal([
        1,
      ]);
    });

    it('reads what is damaged anew, with all that was read together with it', async () => {
      const { readings } = await run(request(1, 2, 3), request(4, 5));
      const space = join(folder, (await readdir(folder))[0]!);
      const file = join(space, '00000001.rows');
      const bytes = await readFile(file);
      bytes[60]! ^= 1;
      await writeFile(file, bytes);
      expect(await run(request(1, 2, 3), request(4, 5))).to.deep.equal({ passes: [2], readings, cached: 0 });
      expect(await run(request(1, 2, 3), request(4, 5))).to.deep.equal({ passes: [], readings, cached: 2 });
    });

    it('keeps every batch once it is read, and goes on in the same batches', async () => {
      const requests = Array.from({ length: 30 }, (_, n) => request(1, n % 7, n, 3, 5, n));
      const { host, opened } = bigramHost({ rows: openReadingLog(folder) });
      const model = await host.identify('m', { baseDir });
      await readBy(host, model, request(9, 9));
      const asked: (readonly ReadingRequest[])[] = [];
      const undisturbed = opened[0]!.model;
      undisturbed.efficientPrefixes = 40;
      const { read } = undisturbed;
      undisturbed.read = (batch, options) => {
        if (asked.length === 2) return Promise.reject(new Error('out of memory'));
        asked.push(batch);
        return read.call(undisturbed, batch, options);
      };
      const failed = await readBy(host, model, ...requests).catch((error: unknown) => error);
      expect(String(failed)).to.equal('Error: out of memory');

      const again = bigramHost({ rows: openReadingLog(folder) });
      const same = await again.host.identify('m', { baseDir });
      await readBy(again.host, same, request(8, 8));
      const second = again.opened[0]!.model;
      second.efficientPrefixes = 40;
      const rest: (readonly ReadingRequest[])[] = [];
      second.read = (batch, options) => {
        rest.push(batch);
        return read.call(second, batch, options);
      };
      const { figures } = await readBy(again.host, same, ...requests.toReversed());
      expect(figures.readings_cached).to.equal(asked.flat().length);
      expect([...asked, ...rest].flat()).to.have.length(30);

      const cold = bigramHost({ rows: openReadingLog(join(folder, 'cold')) });
      const fresh = await cold.host.identify('m', { baseDir });
      await readBy(cold.host, fresh, request(8, 8));
      cold.opened[0]!.model.efficientPrefixes = 40;
      const whole: (readonly ReadingRequest[])[] = [];
      cold.opened[0]!.model.read = (batch, options) => {
        whole.push(batch);
        return read.call(second, batch, options);
      };
      await readBy(cold.host, fresh, ...requests);
      expect([...asked, ...rest]).to.deep.equal(whole);
      expect(whole.length).to.be.greaterThan(2);
    });

    it('keeps readings while the pass goes on, and tells as progress what it has kept', async () => {
      const requests = Array.from({ length: 30 }, (_, n) => request(1, n % 7, n, 3, 5, n));
      const { host, opened } = bigramHost({ rows: openReadingLog(folder) });
      const model = await host.identify('m', { baseDir });
      await readBy(host, model, request(9, 9));
      const dying = opened[0]!.model;
      const { read } = dying;
      dying.read = async (batch, options) => {
        const { readings } = await read.call(dying, batch, {});
        const found = readings.map((reading, index) => ({ index, reading }));
        await options?.onReadings?.(found.slice(3, 14).toReversed());
        throw new Error('killed');
      };
      const told: [number, number][] = [];
      const failed = await host
        .lend(model, (lent) => lent.read(requests, { onProgress: (done, total) => told.push([done, total]) }))
        .catch((error: unknown) => error);
      expect(String(failed)).to.equal('Error: killed');
      expect(told).to.deep.equal([[11 * 6, 30 * 6]]);

      const again = bigramHost({ rows: openReadingLog(folder) });
      const same = await again.host.identify('m', { baseDir });
      const { readings, figures } = await readBy(again.host, same, ...requests);
      expect(figures.readings_cached).to.equal(11);
      const undisturbed = bigramHost().host;
      const fresh = await undisturbed.identify('m', { baseDir });
      expect(readings).to.deep.equal((await readBy(undisturbed, fresh, ...requests)).readings);
    });
  });
});
