import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { sha256 } from '../../../src/system/hash.ts';
import { withDisk } from '../../support/disk.ts';
import { openReadingLog, type ReadingSpace } from '../../../src/engine/store/reading-log.ts';

const entriesOf = (from: number, to: number): [string, Uint8Array][] =>
  Array.from({ length: to - from }, (_, index) => {
    const text = `value ${from + index} `.repeat(1 + ((from + index) % 7));
    return [sha256(`key ${from + index}`), Buffer.from(text)];
  });

describe('the reading log', () => {
  let dir: string;
  let damaged: string[];
  const open = (): ReadingSpace => openReadingLog(join(dir, 'rows'), (file) => damaged.push(file)).space('s');
  const file = (name = '00000001.rows'): string => join(dir, 'rows', 's', name);
  const text = (found: ReadonlyMap<string, Uint8Array>): unknown =>
    [...found].map(([key, value]) => [key, Buffer.from(value).toString()]).sort();
  const expectEntries = (space: ReadingSpace, entries: [string, Uint8Array][]): void => {
    expect(text(space.readAll())).to.deep.equal(text(new Map(entries)));
  };

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'assay-rows-'));
    damaged = [];
  });
  afterEach(() => rm(dir, { recursive: true }));

  it('touches no file before entries are added, and keeps them for others', async () => {
    const space = open();
    expect(space.read([sha256('key 1')]).size).to.equal(0);
    expect(existsSync(join(dir, 'rows'))).to.equal(false);
    await space.add(entriesOf(0, 20), { model: 'm' });
    await space.add(entriesOf(20, 40), { model: 'm' });
    const other = open();
    expectEntries(other, entriesOf(0, 40));
    expect(other.about()).to.deep.include({ model: 'm' });
    expect([...other.read([sha256('key 7'), sha256('key 99')]).keys()]).to.deep.equal([sha256('key 7')]);
    await space.add(entriesOf(40, 41));
    expect(other.read([sha256('key 40')]).size).to.equal(1);
    expect(readdirSync(join(dir, 'rows', 's')).sort()).to.deep.equal(['00000001.rows', 'about.json']);
  });

  it('takes the later of two entries of one key', async () => {
    const key = sha256('k');
    await open().add([[key, Buffer.from('early')]]);
    await open().add([[key, Buffer.from('late')]]);
    expect(text(open().readAll())).to.deep.equal([[key, 'late']]);
  });

  it('adds whole entries when many add at once', async () => {
    await Promise.all(Array.from({ length: 10 }, (_, n) => open().add(entriesOf(10 * n, 10 * n + 10))));
    expectEntries(open(), entriesOf(0, 100));
    expect(damaged).to.deep.equal([]);
  });

  it('loses nothing but a half-written group, wherever it was cut, and appends nothing after one', async () => {
    await open().add(entriesOf(0, 5));
    await open().add(entriesOf(5, 10));
    const whole = readFileSync(file());
    const first = [...new Array(whole.length).keys()].filter((size) => {
      writeFileSync(file(), whole.subarray(0, size));
      return open().readAll().size === 5;
    });
    // From the end of the first group on there is the first group; nowhere is there part of one.
    expect(first).to.have.length(whole.length - first[0]!);
    await open().add(entriesOf(7, 12));
    expectEntries(open(), [...entriesOf(0, 5), ...entriesOf(7, 12)]);
    expect(existsSync(file('00000002.rows'))).to.equal(true);
    // A kill is no damage.
    expect(damaged).to.deep.equal([]);
  });

  it('adds a group whole, though the system takes few bytes at a time', async () => {
    await withDisk({ mostAtOnce: 7 }, () => open().add(entriesOf(0, 5)));
    await withDisk({ mostAtOnce: 7 }, () => open().add(entriesOf(5, 8)));
    expectEntries(open(), entriesOf(0, 8));
    expect(damaged).to.deep.equal([]);
  });

  it('has flushed a group when it is added, with the entry of a new file and of the folders that it is in', async () => {
    const space = join(dir, 'rows', 's');
    expect(await withDisk({}, () => open().add(entriesOf(0, 5)))).to.include.members([
      `flush ${dir}`,
      `flush ${join(dir, 'rows')}`,
    ]);
    rmSync(file());
    expect((await withDisk({}, () => open().add(entriesOf(0, 5)))).slice(0, 2)).to.deep.equal([
      `flush ${file()}`,
      `flush ${space}`,
    ]);
    expect(await withDisk({}, () => open().add(entriesOf(5, 6)))).to.include(`flush ${file()}`);
  });

  it('says that a disk is full, and goes on when it is not, in the same process too', async () => {
    const space = open();
    await space.add(entriesOf(0, 5));
    let failed: unknown;
    await withDisk({ roomBytes: 100 }, async () => {
      failed = await space.add(entriesOf(5, 10)).catch((error: unknown) => error);
    });
    expect(failed).to.have.nested.property('details.code', 'store-full');
    expectEntries(open(), entriesOf(0, 5));
    await space.add(entriesOf(5, 10));
    expectEntries(open(), entriesOf(0, 10));
    expect(damaged).to.deep.equal([]);
  });

  it('notices a file that was replaced under it', async () => {
    const space = open();
    await space.add(entriesOf(0, 10));
    rmSync(file());
    expect(space.read([sha256('key 1')]).size).to.equal(0);
    await space.add(entriesOf(5, 8));
    expectEntries(space, entriesOf(5, 8));
  });

  it('serves no byte that was not written, loses one group to damage, and heals', async () => {
    const all = entriesOf(0, 30);
    const addAll = async (): Promise<void> => {
      for (const start of [0, 10, 20]) await open().add(entriesOf(start, start + 10));
    };
    await addAll();
    const whole = readFileSync(file());
    const expected = new Map(all);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        rmSync(join(dir, 'rows', 's'), { recursive: true });
        await addAll();
        const bytes = Buffer.from(whole);
        bytes[at]! ^= mask;
        writeFileSync(file(), bytes);
        const space = open();
        damaged = [];
        const found = space.readAll();
        for (const [key, value] of found) {
          expect(Buffer.from(value).equals(expected.get(key)!), `entry at ${at}`).to.equal(true);
        }
        expect(found.size).to.equal(20);
        expect(damaged).to.deep.equal([file()]);
        await space.add(all.filter(([key]) => !found.has(key)));
        damaged = [];
        expectEntries(open(), all);
        expect(damaged).to.deep.equal([]);
      }),
      { numRuns: 60, seed: 1 },
    );
    expect(readdirSync(join(dir, 'quarantine'))).to.have.length.greaterThan(10);
  });

  it('goes on after nonsense of any length', async () => {
    await open().add(entriesOf(0, 3));
    appendFileSync(file(), Buffer.alloc(777, 0x57));
    expectEntries(open(), entriesOf(0, 3));
    await open().add(entriesOf(3, 5));
    expectEntries(open(), entriesOf(0, 5));
  });
});
