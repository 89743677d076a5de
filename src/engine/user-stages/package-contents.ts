import { readFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DigestMemo } from '../../system/contents/digest-memo.ts';
import { nowNs, stateIn } from '../../system/contents/file-state.ts';
import { sha256 } from '../../system/hash.ts';

/** What the files of a package are. */
export interface PackageContents {
  readonly sha256: string;
  /** Absolute. */
  readonly files: readonly string[];
}

/** Files of packages that nothing computes with. */
const FOR_PEOPLE = /\.(?:map|md|markdown|d\.[mc]?ts)$/i;

/**
 * A digest of all that a package could compute with: code, data, native libraries. Its folder as a whole, because what
 * code reads while it runs no bundler knows. Packages of its own (`node_modules`), hidden files and what is for people are
 * left out.
 */
export async function contentsOf(folder: string, memo: DigestMemo): Promise<PackageContents> {
  const names = (await filesIn(folder, '')).sort();
  const states = await Promise.all(
    names.map(async (name) => ({ name, state: stateIn(await stat(join(folder, name), { bigint: true })) })),
  );
  const state = {
    text: sha256(states.map(({ name, state: { text } }) => `${name} ${text}\n`).join('')),
    youngestNs: states.reduce(
      (most, { state: { youngestNs } }) => (youngestNs > most ? youngestNs : most),
      0n,
    ),
  };
  const files = names.map((name) => join(folder, name));
  const known = memo.get(folder, state);
  if (known !== undefined) return { sha256: known, files };
  const hashed = nowNs();
  const digest = sha256(
    names.map((name) => `${name} ${sha256(readFileSync(join(folder, name)))}\n`).join(''),
  );
  memo.put(folder, state, digest, hashed);
  return { sha256: digest, files };
}

/** Paths with `/`, relative to the folder. Links are not followed: they lead to other packages. */
async function filesIn(folder: string, within: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(folder, within), { withFileTypes: true })) {
    const { name } = entry;
    if (name.startsWith('.') || name === 'node_modules') continue;
    const path = within === '' ? name : `${within}/${name}`;
    if (entry.isDirectory()) found.push(...(await filesIn(folder, path)));
    else if (entry.isFile() && !FOR_PEOPLE.test(name)) found.push(path);
  }
  return found;
}
