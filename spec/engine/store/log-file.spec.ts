import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  encodeGroup,
  readEntries,
  readTogether,
  scanEntries,
  type EntryOffset,
} from '../../../src/engine/store/log-file.ts';
import { sha256 } from '../../../src/system/hash.ts';

type Keyed = EntryOffset & { readonly key: string };

describe('a log file', () => {
  const key = (n: number) => sha256(`key ${n}`);
  const group = (...numbers: number[]) =>
    encodeGroup(numbers.map((n) => [key(n), Buffer.from(`value ${n}`)]));
  const keysIn = (bytes: Buffer) => scanEntries(bytes, 0).entries.map(([found]) => found);

  it('is written as the table of its bytes says', () => {
    const value = Buffer.from('abc');
    const [first, second] = [key(1), key(2)];
    const bytes = encodeGroup([
      [first, value],
      [second, Buffer.alloc(0)],
    ]);
    expect(bytes.length).to.equal(56 + 3 + 16 + 56 + 16);
    expect(bytes.toString('latin1', 0, 4)).to.equal('ASRW');
    expect([4, 40, 44].map((at) => bytes.readUInt32LE(at))).to.deep.equal([3, 0, 2]);
    expect(bytes.toString('hex', 8, 40)).to.equal(first);
    expect(bytes.toString('hex', 48, 56)).to.equal(sha256(bytes.subarray(0, 48)).slice(0, 16));
    expect(bytes.toString('utf8', 56, 59)).to.equal('abc');
    const check = sha256(Buffer.concat([Buffer.from(first, 'hex'), value])).slice(0, 32);
    expect(bytes.toString('hex', 59, 75)).to.equal(check);
    expect([75 + 4, 75 + 40, 75 + 44].map((at) => bytes.readUInt32LE(at))).to.deep.equal([0, 1, 2]);
  });

  it('that ends within a group has no damage, and ends where the group begins', () => {
    const whole = group(1, 2);
    const cut = Buffer.concat([whole, group(3, 4)]).subarray(0, -20);
    expect(scanEntries(cut, 1000)).to.deep.include({ end: 1000 + whole.length, damagedBytes: 0 });
    expect(keysIn(cut)).to.deep.equal([key(1), key(2)]);
  });

  it('goes on after zeros, which a machine that died leaves where contents were not written', () => {
    const bytes = Buffer.concat([group(1), Buffer.alloc(500), group(2)]);
    expect(keysIn(bytes)).to.deep.equal([key(1), key(2)]);
    expect(scanEntries(bytes, 0).damagedBytes).to.equal(500);
  });

  it('gives up a group that another was written into, and keeps the other', () => {
    const torn = group(1, 2);
    const bytes = Buffer.concat([torn.subarray(0, torn.length / 2), group(3), group(4)]);
    expect(keysIn(bytes)).to.deep.equal([key(3), key(4)]);
    expect(scanEntries(bytes, 0).damagedBytes).to.equal(torn.length / 2);
  });

  it('is not misled by a value that looks like an entry', () => {
    const bytes = encodeGroup([[key(1), group(2).subarray(0, 50)]]);
    const damaged = Buffer.concat([Buffer.from('x'), bytes.subarray(1)]);
    expect(keysIn(Buffer.concat([damaged, group(3)]))).to.deep.equal([key(3)]);
  });

  it('gives a value only under its key, at its place and as it was written', () => {
    const dir = mkdtempSync(join(tmpdir(), 'assay-log-'));
    const path = join(dir, 'log');
    writeFileSync(path, Buffer.concat([group(1), group(2)]));
    const file = openSync(path, 'r');
    try {
      const found = scanEntries(Buffer.concat([group(1), group(2)]), 0).entries;
      const [first, at] = found.map(([key, place]) => ({ ...place, key })) as [Keyed, Keyed];
      const textsOf = (...entries: Keyed[]) =>
        readEntries(file, entries).map((value) => value && Buffer.from(value).toString());
      expect(textsOf(at)).to.deep.equal(['value 2']);
      expect(textsOf({ ...at, key: key(1) })).to.deep.equal([undefined]);
      expect(textsOf({ ...at, offset: at.offset - 1 })).to.deep.equal([undefined]);
      // Neighbours do not suffer from one that is gone.
      expect(textsOf(first, { ...at, length: at.length + 1 })).to.deep.equal(['value 1', undefined]);
      expect(textsOf(first, at)).to.deep.equal(['value 1', 'value 2']);
    } finally {
      closeSync(file);
      rmSync(dir, { recursive: true });
    }
  });

  it('reads neighbours together, in the order of the file, and far ones apart', () => {
    const entry = (offset: number, length = 100) => ({ offset, length, group: 0 });
    const offsets = (entries: readonly EntryOffset[]) =>
      readTogether(entries).map((each) => each.map(({ offset }) => offset));
    expect(offsets([entry(400), entry(0), entry(200)])).to.deep.equal([[0, 200, 400]]);
    expect(offsets([entry(0), entry(1e6), entry(1e6 + 200)])).to.deep.equal([[0], [1e6, 1e6 + 200]]);
    const large = 700_000;
    expect(offsets([entry(0, large), entry(large + 72, large)])).to.deep.equal([[0], [large + 72]]);
  });
});
