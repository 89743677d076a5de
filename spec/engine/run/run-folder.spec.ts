import { readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { TimedEvent } from '../../../src/engine/record.ts';
import { createRunFolder, type RunFolder } from '../../../src/engine/run/run-folder.ts';
import { unseal } from '../../../src/engine/store/sealed.ts';
import { isFailure } from '../../../src/system/failure.ts';
import { withDisk } from '../../support/disk.ts';

describe('a run folder', () => {
  let dir: string;
  beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'assay-run-'))));
  afterEach(() => rm(dir, { recursive: true }));

  const create = (): Promise<RunFolder> => {
    const pipeline = { name: 'p', bytes: Buffer.from('name: p\n') };
    return createRunFolder(join(dir, 'runs'), new Date(0), pipeline, () => '0a0b0c');
  };
  const said = (message: string): TimedEvent => ({ type: 'store-warning', message, atMs: 1 });
  /** Messages of the events that can be read. */
  const messagesIn = ({ path }: RunFolder): unknown[] =>
    readFileSync(join(path, 'events.jsonl'), 'utf8')
      .split('\n')
      .flatMap((line) => {
        try {
          return (unseal(line) as { message?: unknown } | undefined)?.message ?? [];
        } catch {
          return [];
        }
      });

  it('has whole events, though the system takes few bytes at a time', async () => {
    const folder = await create();
    await withDisk({ mostAtOnce: 5 }, () => {
      folder.append(said('one'));
      folder.append(said('two'));
    });
    folder.close();
    expect(messagesIn(folder)).to.deep.equal(['one', 'two']);
  });

  it('loses only the event that the disk had no room for, and says so', async () => {
    const folder = await create();
    folder.append(said('one'));
    let failure: unknown;
    await withDisk({ roomBytes: 20 }, () => {
      try {
        folder.append(said('cut'));
      } catch (error) {
        failure = error;
      }
    });
    folder.append(said('two'));
    folder.close();
    expect(isFailure(failure) && failure.details.code).to.equal('runs-full');
    expect(messagesIn(folder)).to.deep.equal(['one', 'two']);
  });

  it('is flushed with its entry, and so are the pipeline and the record in it', async () => {
    let folder: RunFolder | undefined;
    const root = join(dir, 'runs');
    const made = await withDisk({}, async () => (folder = await create()));
    const path = join(root, readdirSync(root)[0]!);
    expect(made).to.deep.equal([
      `flush ${dir}`,
      `flush ${root}`,
      `flush ${join(path, 'pipeline.yaml')}.*.tmp`,
      `rename ${join(path, 'pipeline.yaml')}.*.tmp ${join(path, 'pipeline.yaml')}`,
      `flush ${path}`,
    ]);
    const record = { format: 'assay-run/1', state: 'running' } as Parameters<RunFolder['write']>[0];
    expect((await withDisk({}, () => folder!.write(record))).at(-1)).to.equal(`flush ${path}`);
    folder!.close();
  });
});
