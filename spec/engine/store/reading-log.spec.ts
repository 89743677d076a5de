import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { sha256 } from '../../../src/system/hash.ts';
import { openRows, type RowSpace } from '../../../src/engine/store/reading-log.ts';

const rowsOf = (from: number, to: number): [string, Uint8Array][] =>
  Array.from({ length: to - from }, (_, index) => {
    const text = `value ${from + index} `.repeat(1 + ((from + index) % 7));
    return [sha256(`key ${from + index}`), Buffer.from(text)];
  });

describe('the row store', () => {
  let dir: string;
  let damaged: string[];
  const open = (): RowSpace => openRows(join(dir, 'rows'), (file) => damaged.push(file)).space('s');
  const file = (name = '00000001.rows'): string => join(dir, 'rows', 's', name);
  const text = (found: ReadonlyMap<string, Uint8Array>): unknown =>
    [...found].map(([key, value]) => [key, Buffer.from(value).toString()]).sort();
  const expectRows = (space: RowSpace, rows: [string, Uint8Array][]): void => {
    expect(text(space.readAll())).to.deep.equal(text(new Map(rows)));
  };

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'assay-rows-'));
    damaged = [];
  });
  afterEach(() => rm(dir, { recursive: true }));

  it('touches no file before rows are added, and keeps them for others', async () => {
    const space = open();
    expect(space.read([sha256('key 1')]).size).to.equal(0);
    expect(existsSync(join(dir, 'rows'))).to.equal(false);
    await space.add(rowsOf(0, 20), { model: 'm' });
    await space.add(rowsOf(20, 40), { model: 'm' });
    const other = open();
    expectRows(other, rowsOf(0, 40));
    expect(other.about()).to.deep.include({ model: 'm' });
    expect([...other.read([sha256('key 7'), sha256('key 99')]).keys()]).to.deep.equal([sha256('key 7')]);
    await space.add(rowsOf(40, 41));
    expect(other.read([sha256('key 40')]).size).to.equal(1);
    expect(readdirSync(join(dir, 'rows', 's')).sort()).to.deep.equal(['00000001.rows', 'about.json']);
  });

  it('takes the later of two rows of one key', async () => {
    const key = sha256('k');
    await open().add([[key, Buffer.from('early')]]);
    await open().add([[key, Buffer.from('late')]]);
    expect(text(open().readAll())).to.deep.equal([[key, 'late']]);
  });

  it('adds whole rows when many add at once', async () => {
    await Promise.all(Array.from({ length: 10 }, (_, n) => open().add(rowsOf(10 * n, 10 * n + 10))));
    expectRows(open(), rowsOf(0, 100));
    expect(damaged).to.deep.equal([]);
  });

  it('loses nothing but a half-written group, wherever it was cut, and appends nothing after one', async () => {
    await open().add(rowsOf(0, 5));
    await open().add(rowsOf(5, 10));
    const whole = readFileSync(file());
    const first = [...new Array(whole.length).keys()].filter((size) => {
      writeFileSync(file(), whole.subarray(0, size));
      return open().readAll().size === 5;
    });
    // From the end of the first group on there is the first group; nowhere is there part of one.
    expect(first).to.have.length(whole.length - first[0]!);
    await open().add(rowsOf(7, 12));
    expectRows(open(), [...rowsOf(0, 5), ...rowsOf(7, 12)]);
    expect(existsSync(file('00000002.rows'))).to.equal(true);
    // A kill is no damage.
    expect(damaged).to.deep.equal([]);
  });

  it('notices a file that was replaced under it', async () => {
    const space = open();
    await space.add(rowsOf(0, 10));
    rmSync(file());
    expect(space.read([sha256('key 1')]).size).to.equal(0);
    await space.add(rowsOf(5, 8));
    expectRows(space, rowsOf(5, 8));
  });

  it('serves no byte that was not written, loses one group to damage, and heals', async () => {
    const all = rowsOf(0, 30);
    const addAll = async (): Promise<void> => {
      for (const start of [0, 10, 20]) await open().add(rowsOf(start, start + 10));
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
          expect(Buffer.from(value).equals(expected.get(key)!), `row at ${at}`).to.equal(true);
        }
        expect(found.size).to.equal(20);
        expect(damaged).to.deep.equal([file()]);
        await space.add(all.filter(([key]) => !found.has(key)));
        damaged = [];
        expectRows(open(), all);
        expect(damaged).to.deep.equal([]);
      }),
      { numRuns: 60, seed: 1 },
    );
    expect(readdirSync(join(dir, 'quarantine'))).to.have.length.greaterThan(10);
  });

  it('goes on after nonsense of any length', async () => {
    await open().add(rowsOf(0, 3));
    appendFileSync(file(), Buffer.alloc(777, 0x57));
    expectRows(open(), rowsOf(0, 3));
    await open().add(rowsOf(3, 5));
    expectRows(open(), rowsOf(0, 5));
  });
});
