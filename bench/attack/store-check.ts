import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isMissing } from '../../src/system/errno.ts';
import { sha256 } from '../../src/system/hash.ts';
import { scanEntries } from '../../src/engine/store/log-file.ts';
import { unseal } from '../../src/engine/store/sealed.ts';

export interface StoreState {
  /** What should not be: damaged files, locks of processes that are gone, rows that were computed twice. */
  readonly problems: readonly string[];
  readonly objects: number;
  /** Digests of the keys that have a result. */
  readonly actions: ReadonlySet<string>;
  /** Keys of rows. */
  readonly rows: ReadonlySet<string>;
}

/** Reads every byte of a store that nobody uses at the moment. */
export function checkStore(dir: string): StoreState {
  const problems: string[] = [];
  let objects = 0;
  const actions = new Set<string>();
  const rows = new Set<string>();
  for (const file of filesIn(dir)) {
    const path = join(dir, file);
    const name = basename(file);
    if (file.endsWith('.tmp')) continue;
    if (file.endsWith('.lock')) problems.push(`${file} is left`);
    else if (file.startsWith('objects')) {
      objects += 1;
      if (sha256(readFileSync(path)) !== name) problems.push(`${file} is damaged`);
    } else if (file.startsWith('actions')) {
      if (unseal(readFileSync(path, 'utf8')) === undefined) problems.push(`${file} is damaged`);
      actions.add(name.replace('.json', ''));
    } else if (file.endsWith('.rows')) {
      const found = scanEntries(readFileSync(path), 0);
      if (found.damagedBytes > 0) problems.push(`${file} has ${found.damagedBytes} damaged bytes`);
      for (const [key] of found.entries) {
        if (rows.has(key)) problems.push(`${file}: row ${key} was computed twice`);
        rows.add(key);
      }
    }
  }
  return { problems, objects, actions, rows };
}

/** Paths of all files under a folder, relative to it, in order. */
export function filesIn(dir: string): string[] {
  try {
    return readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(dir.length + 1))
      .sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
