import { readFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import type { DigestMemo, Digested } from '../../system/contents/digest-memo.ts';
import { nowNs, stateIn } from '../../system/contents/file-state.ts';
import { sha256 } from '../../system/hash.ts';
import { packageName } from '../plan/source-digest.ts';

/** What the files of a package are. */
export interface PackageContents {
  readonly sha256: string;
  /** Names of packages that its code imports, those that it does not say it needs among them. */
  readonly imports: readonly string[];
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
  if (known !== undefined) return { imports: [], ...known, files };
  const hashed = nowNs();
  const read = names.map((name) => {
    const bytes = readFileSync(join(folder, name));
    return {
      line: `${name} ${sha256(bytes)}\n`,
      imports: CODE.test(name) ? importsIn(bytes.toString()) : [],
    };
  });
  const digested: Required<Digested> = {
    sha256: sha256(read.map(({ line }) => line).join('')),
    imports: [...new Set(read.flatMap(({ imports }) => imports))].sort(),
  };
  memo.put(folder, state, digested, hashed);
  return { ...digested, files };
}

const CODE = /\.[mc]?js$/i;

/** After `from`, `import` or `require` and in quotes, what begins neither with a dot nor with a slash. */
const IMPORT = /\b(?:from|import|require)\s*\(?\s*(['"])([^'"\s./\\#][^'"\s\\]*)\1/g;

/**
 * Names of packages that a text could import. Comments and texts in the code are not told apart: a name too many costs at
 * most a needless run, one too few would be a stale result.
 */
function importsIn(text: string): string[] {
  const specifiers = [...text.matchAll(IMPORT)].map(([, , specifier = '']) => specifier);
  return specifiers.filter((specifier) => !isBuiltin(specifier)).map(packageName);
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
