import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { weightFiles } from './checkpoint.ts';
import { type ModelIdentity } from '../language-model.ts';
import { Failure } from '../../system/failure.ts';
import { sha256, sha256OfFile } from '../../system/hash.ts';
import { writeWholeSync } from '../../system/whole-file.ts';

/** Beside the weights, what determines a score. The last two may be absent. */
const others = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja'];

interface Remembered {
  readonly bytes: number;
  readonly modified: string;
  readonly inode: string;
  /** When hashing began, in nanoseconds as `modified` is. */
  readonly hashed: string;
  readonly sha256: string;
}

/** Clocks of file systems tick coarsely, some only every two seconds. */
const racyNs = 2_000_000_000n;

/**
 * Who the model in a folder is, by the contents of its files. With `memo`, digests are remembered in that file by path, size,
 * modification time and inode. As in git, a file that was modified when it was hashed, or shortly before, is hashed again
 * next time: a later change could have left all of those as they were.
 * @throws Failure where files are missing or change while they are read
 */
export async function identifyModel(folder: string, memo?: string): Promise<ModelIdentity> {
  const names = [...weightFiles(folder), ...others.filter((name) => existsSync(join(folder, name)))].sort();
  const known = memo === undefined ? {} : readMemo(memo);
  const fresh: Record<string, Remembered> = {};
  const files: Record<string, string> = {};
  for (const name of names) {
    // Folders of the Hugging Face cache hold links to blobs: the blob is what is remembered.
    const file = realpathSync(join(folder, name));
    const found = statSync(file, { bigint: true });
    const before = known[file];
    if (before !== undefined && unchanged(before, found)) {
      files[name] = before.sha256;
      continue;
    }
    const hashed = BigInt(Date.now()) * 1_000_000n;
    const digest = await sha256OfFile(file);
    const after = statSync(file, { bigint: true });
    if (after.mtimeNs !== found.mtimeNs || after.size !== found.size) throw changing(file);
    files[name] = digest;
    fresh[file] = {
      bytes: Number(found.size),
      modified: String(found.mtimeNs),
      inode: String(found.ino),
      hashed: String(hashed),
      sha256: digest,
    };
  }
  if (memo !== undefined && Object.keys(fresh).length > 0) writeMemo(memo, { ...readMemo(memo), ...fresh });
  // RFC 8785 canonical JSON of a map of strings is this: keys sorted, no spaces.
  const sorted = Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { digest: sha256(JSON.stringify(sorted)), files: sorted };
}

function unchanged(before: Remembered, found: { size: bigint; mtimeNs: bigint; ino: bigint }): boolean {
  return (
    BigInt(before.bytes) === found.size &&
    before.modified === String(found.mtimeNs) &&
    before.inode === String(found.ino) &&
    found.mtimeNs + racyNs < BigInt(before.hashed)
  );
}

function readMemo(memo: string): Record<string, Remembered> {
  try {
    const { format, files } = JSON.parse(readFileSync(memo, 'utf8')) as {
      format: number;
      files: Record<string, Remembered>;
    };
    return format === 1 ? files : {};
  } catch {
    // No memo yet, or one that was damaged: it only saves time.
    return {};
  }
}

/** Of two processes that write at once one loses what it learned, and hashes again next time. */
function writeMemo(memo: string, files: Record<string, Remembered>): void {
  try {
    writeWholeSync(memo, JSON.stringify({ format: 1, files }, null, 1));
  } catch {
    // A place that can't be written only costs the hashing again.
  }
}

function changing(file: string): Failure {
  return new Failure({
    code: 'model-changing',
    blame: 'machine',
    message: 'a file of the model changed while it was read',
    where: file,
    expected: 'a file that nobody writes',
    found: 'another size or modification time after reading',
    next: 'wait until the download or copy is complete, then run again',
  });
}
