import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  createWhole,
  readFully,
  writeFully,
  writeWhole,
  writeWholeInParts,
  writeWholeSync,
} from '../../src/system/whole-file.ts';
import { withDisk } from '../support/disk.ts';

describe('a whole write', () => {
  let dir: string;
  beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'assay-whole-'))));
  afterEach(() => rm(dir, { recursive: true }));

  for (const [name, write] of [
    ['that waits for the disk', writeWhole],
    [
      'that does not',
      (path: string, text: string) => {
        writeWholeSync(path, text);
        return Promise.resolve();
      },
    ],
  ] as const) {
    describe(name, () => {
      it('flushes the contents before the rename, and afterwards the folder that holds the new name', async () => {
        const file = join(dir, 'file');
        expect(await withDisk({}, () => write(file, 'text'))).to.deep.equal([
          `flush ${file}.*.tmp`,
          `rename ${file}.*.tmp ${file}`,
          `flush ${dir}`,
        ]);
        expect(readFileSync(file, 'utf8')).to.equal('text');
      });

      it('flushes the entries of folders that it makes', async () => {
        const calls = await withDisk({}, () => write(join(dir, 'a', 'b', 'file'), 'text'));
        expect(calls.slice(0, 2)).to.have.members([`flush ${dir}`, `flush ${join(dir, 'a')}`]);
      });

      it('leaves what was there, and nothing else, when it fails', async () => {
        await write(join(dir, 'file'), 'old');
        await write(join(dir, 'folder', 'x'), 'x');
        const failed = await Promise.resolve()
          .then(() => write(join(dir, 'folder'), 'new'))
          .catch((error: unknown) => error);
        expect(failed).to.be.instanceOf(Error);
        expect(readdirSync(dir).sort()).to.deep.equal(['file', 'folder']);
      });
    });
  }

  it('writes all bytes though the system takes few at a time', async () => {
    const parts = [Buffer.from('one,'), Buffer.from('and another')];
    await withDisk({ mostAtOnce: 3 }, () => writeWholeInParts(join(dir, 'file'), parts));
    expect(readFileSync(join(dir, 'file'), 'utf8')).to.equal('one,and another');
  });

  it('leaves the old contents when the disk is full', async () => {
    const file = join(dir, 'file');
    writeWholeSync(file, 'old');
    const failing = withDisk({ roomBytes: 2 }, () => writeWholeSync(file, 'newer'));
    expect(await failing.catch((error: unknown) => error)).to.include({ code: 'ENOSPC' });
    expect(readFileSync(file, 'utf8')).to.equal('old');
    expect(readdirSync(dir)).to.deep.equal(['file']);
  });

  it('of many at once leaves one of them, whole', async () => {
    const texts = Array.from({ length: 20 }, (_, n) => `${n} `.repeat(10_000));
    await Promise.all(texts.map((text) => writeWhole(join(dir, 'file'), text)));
    expect(texts).to.include(readFileSync(join(dir, 'file'), 'utf8'));
    expect(readdirSync(dir)).to.deep.equal(['file']);
  });

  it('that creates a file does so once', () => {
    const file = join(dir, 'folder', 'file');
    expect([createWhole(file, 'first'), createWhole(file, 'second')]).to.deep.equal([true, false]);
    expect(readFileSync(file, 'utf8')).to.equal('first');
    expect(readdirSync(join(dir, 'folder'))).to.deep.equal(['file']);
  });

  it('to an open file and a read from it go on until all is done', async () => {
    const path = join(dir, 'file');
    const file = openSync(path, 'w+');
    try {
      await withDisk({ mostAtOnce: 1 }, () => writeFully(file, Buffer.from('0123456789')));
      const found = Buffer.alloc(20);
      expect([readFully(file, found, 4), found.toString('utf8', 0, 6)]).to.deep.equal([6, '456789']);
    } finally {
      closeSync(file);
    }
    expect(existsSync(path)).to.equal(true);
  });
});
