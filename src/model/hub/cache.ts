import {
  existsSync,
  linkSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { writeWholeSync } from '../../system/whole-file.ts';

/**
 * The folder that Python's huggingface_hub shares between programs (its docs: "Understand caching"):
 * ```
 * models--org--name/
 *   refs/main                    the commit that the branch meant when it was last asked for
 *   blobs/<digest>               contents: SHA-256 for LFS files, git's SHA-1 for others
 *   snapshots/<commit>/<file>    links to blobs
 * ```
 */
export interface CachedModel {
  readonly id: string;
  /** `snapshots/<commit>`: a Hugging Face folder like any other. */
  readonly folder: string;
  readonly commit: string;
  /** Branches and tags that point at the commit. */
  readonly revisions: readonly string[];
  /** Files that the model needs and the snapshot lacks; such a download was cut, or made for other purposes. */
  readonly missing: readonly string[];
  /** Bytes of all files of the snapshot. */
  readonly bytes: number;
}

export const commitPattern = /^[0-9a-f]{40}$/;

export function repositoryFolder(cache: string, id: string): string {
  return join(cache, `models--${id.replaceAll('/', '--')}`);
}

/** The snapshot that `revision` (branch, tag, commit or the start of one) means here; no network. */
export function findSnapshot(cache: string, id: string, revision: string): CachedModel | undefined {
  const repository = repositoryFolder(cache, id);
  const ref = join(repository, 'refs', ...revision.split('/'));
  const snapshots = join(repository, 'snapshots');
  let commit: string | undefined;
  if (statSync(ref, { throwIfNoEntry: false })?.isFile()) commit = readFileSync(ref, 'utf8').trim();
  else if (/^[0-9a-f]{7,40}$/.test(revision))
    commit = names(snapshots).find((name) => name.startsWith(revision));
  if (commit === undefined || !commitPattern.test(commit) || !existsSync(join(snapshots, commit)))
    return undefined;
  return describe(id, repository, commit);
}

/** Every snapshot of every model in the cache, by id and commit. */
export function listCached(cache: string): CachedModel[] {
  return names(cache)
    .filter((name) => name.startsWith('models--'))
    .sort()
    .flatMap((name) => {
      const repository = join(cache, name);
      const id = name.slice('models--'.length).replaceAll('--', '/');
      return names(join(repository, 'snapshots'))
        .filter((commit) => commitPattern.test(commit))
        .sort()
        .map((commit) => describe(id, repository, commit));
    });
}

function describe(id: string, repository: string, commit: string): CachedModel {
  const folder = join(repository, 'snapshots', commit);
  const present = names(folder).filter((name) => existsSync(join(folder, name)));
  const refs = join(repository, 'refs');
  const revisions = (existsSync(refs) ? readdirSync(refs, { recursive: true, encoding: 'utf8' }) : []).filter(
    (name) => {
      const file = join(refs, name);
      return statSync(file).isFile() && readFileSync(file, 'utf8').trim() === commit;
    },
  );
  const bytes = present.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  return { id, folder, commit, revisions: revisions.sort(), missing: missingFiles(folder), bytes };
}

/** What a folder lacks of the files without which no model can be run. A dangling link counts as lacking. */
export function missingFiles(folder: string): string[] {
  const missing = ['config.json', 'tokenizer.json'].filter((name) => !existsSync(join(folder, name)));
  if (existsSync(join(folder, 'model.safetensors'))) return missing;
  const index = join(folder, 'model.safetensors.index.json');
  if (!existsSync(index)) return [...missing, 'model.safetensors'];
  return [
    ...missing,
    ...shardsOf(readFileSync(index, 'utf8')).filter((name) => !existsSync(join(folder, name))),
  ];
}

/** The files that `model.safetensors.index.json` spreads the weights over; none if it is not such a file. */
export function shardsOf(index: string): string[] {
  try {
    const { weight_map: map } = JSON.parse(index) as { weight_map?: Record<string, unknown> };
    return [...new Set(Object.values(map ?? {}).filter((name) => typeof name === 'string'))].sort();
  } catch {
    return []; // The checkpoint reader tells what is wrong with it.
  }
}

/** Puts a finished blob under its name in a snapshot: a relative link as Python makes it, else a hard link or a copy. */
export function linkIntoSnapshot(blob: string, file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  if (existsSync(file) && realpathSync(file) === realpathSync(blob)) return;
  const fresh = `${file}.${process.pid}.link`;
  rmSync(fresh, { force: true });
  try {
    symlinkSync(relative(dirname(file), blob), fresh);
  } catch {
    // Windows without the right to make links, and some network disks.
    try {
      linkSync(blob, fresh);
    } catch {
      copyFileSync(blob, fresh);
    }
  }
  renameSync(fresh, file);
}

export function writeRef(repository: string, revision: string, commit: string): void {
  writeWholeSync(join(repository, 'refs', ...revision.split('/')), commit);
}

function names(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
