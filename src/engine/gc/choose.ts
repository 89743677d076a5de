import { must } from '../../system/internal-error.ts';
import type { References } from './references.ts';
import type { ResultFile, StoredFile, StoredSpace, Survey } from './survey.ts';

/** What goes from a store. */
export interface Choice {
  /** Results that no kept run has, or that cannot be read. */
  readonly unneeded: readonly ResultFile[];
  /** Blobs that no kept result and no kept record names. */
  readonly unnamed: readonly StoredFile[];
  /** What a run has, and goes because the store is too large: results and spaces, and the blobs of these results. */
  readonly tooMuch: {
    readonly results: readonly ResultFile[];
    readonly spaces: readonly StoredSpace[];
    readonly objects: readonly StoredFile[];
  };
  /** Bytes of results, spaces and blobs that stay. */
  readonly keptBytes: number;
  readonly keptResults: number;
}

export interface Limits {
  /** While what stays is larger, what was used longest ago goes too. */
  readonly maxBytes: number;
  /** What was used later, in milliseconds since 1970, stays in any case. */
  readonly before: number;
}

/** Chooses what goes. What a run has that goes on stays, whatever its size. */
export function choose(found: Survey, references: References, { maxBytes, before }: Limits): Choice {
  const isOld = ({ usedMs }: { readonly usedMs: number }) => usedMs <= before;
  const isNeeded = ({ keyDigest, result }: ResultFile) =>
    result !== undefined && (references.results.has(keyDigest) || references.unseen.length > 0);
  const stays = (file: ResultFile) => !isOld(file) || isNeeded(file);
  const needed = found.results.filter(stays);
  const blobs = new Blobs(found.objects, needed, references.objects);
  const unnamed = found.objects.filter((object) => isOld(object) && !blobs.isNamed(object));

  const results: ResultFile[] = [];
  const spaces: StoredSpace[] = [];
  const objects: StoredFile[] = [];
  let keptBytes = sum(needed) + sum(found.objects) - sum(unnamed) + sum(found.spaces);
  const mayGo = needed.filter((file) => isOld(file) && !references.live.has(file.keyDigest));
  for (const oldest of [...mayGo, ...found.spaces.filter(isOld)].sort((a, b) => a.usedMs - b.usedMs)) {
    if (keptBytes <= maxBytes) break;
    keptBytes -= oldest.bytes;
    if ('files' in oldest) {
      spaces.push(oldest);
      continue;
    }
    results.push(oldest);
    const freed = blobs.letGo(oldest).filter(isOld);
    keptBytes -= sum(freed);
    objects.push(...freed);
  }
  return {
    unneeded: found.results.filter((file) => !stays(file)),
    unnamed,
    tooMuch: { results, spaces, objects },
    keptBytes,
    keptResults: needed.length - results.length,
  };
}

/**
 * The blobs of a store, with how many of the results that stay name each. Results share blobs: of two results of 1 MB
 * that name the same blob of 5 MB, the first to go frees 1 MB, and the second 6 MB.
 */
class Blobs {
  readonly #byDigest: ReadonlyMap<string, StoredFile>;
  readonly #names = new Map<string, number>();

  /** @param recorded digests that records name: such a blob stays, though its result may be lost */
  constructor(objects: readonly StoredFile[], results: readonly ResultFile[], recorded: ReadonlySet<string>) {
    this.#byDigest = new Map(objects.map((object) => [object.name, object]));
    for (const result of results) {
      for (const digest of digestsOf(result)) this.#names.set(digest, (this.#names.get(digest) ?? 0) + 1);
    }
    for (const digest of recorded) if (!this.#names.has(digest)) this.#names.set(digest, 1);
  }

  isNamed({ name }: StoredFile): boolean {
    return this.#names.has(name);
  }

  /** Takes a result away from those that stay; gives the blobs that none of the others names. */
  letGo(result: ResultFile): StoredFile[] {
    return [...digestsOf(result)].flatMap((digest) => {
      const left = must(this.#names.get(digest), 'a name of each blob of a result that stays') - 1;
      this.#names.set(digest, left);
      return left > 0 ? [] : (this.#byDigest.get(digest) ?? []);
    });
  }
}

function digestsOf({ result }: ResultFile): Set<string> {
  return new Set(result?.artifact.files.map(({ sha256 }) => sha256));
}

/** Of their bytes. */
export function sum(files: readonly { readonly bytes: number }[]): number {
  return files.reduce((total, { bytes }) => total + bytes, 0);
}
