import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { digestOf } from '../../system/json.ts';
import { writeWholeSync } from '../../system/whole-file.ts';
import { seal, unseal } from './sealed.ts';

/** A folder of runs whose results are in a store: what these runs have is not garbage. */
export interface StoreUser {
  /** Absolute, on `host`. */
  readonly folder: string;
  readonly host: string;
}

const FOLDER = 'users';

/** Lets the store know a folder of runs, so that whoever collects its garbage sees all that is used. */
export function rememberUser(store: string, runsDir: string): void {
  const user: StoreUser = { folder: resolve(runsDir), host: hostname() };
  const file = join(store, FOLDER, `${digestOf({ ...user }).slice(0, 16)}.json`);
  const text = `${seal(user).text}\n`;
  try {
    if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
    writeWholeSync(file, text);
  } catch {
    // A store that can't be written serves what it holds all the same.
  }
}

export function usersOf(store: string): (StoreUser & { readonly file: string })[] {
  const folder = join(store, FOLDER);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .flatMap((name) => {
      const file = join(folder, name);
      try {
        const user = unseal(readFileSync(file, 'utf8')) as StoreUser | undefined;
        return user === undefined ? [] : [{ file, folder: user.folder, host: user.host }];
      } catch {
        return [];
      }
    });
}
