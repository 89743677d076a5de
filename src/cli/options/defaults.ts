import { join } from 'node:path';
import { cacheFolder, dataFolder } from '../../system/cache-folder.ts';

/** Folders in the current one, unless the user names others. */
export const DEFAULT_STORE = '.assay';
export const DEFAULT_RUNS = 'runs';

/*
 * What is true of this machine and not of one project: the digests of large files, and of packages, that have not changed;
 * and how fast models are read.
 */

export function modelMemo(): string {
  return join(cacheFolder(), 'model-digests.json');
}

export function packageMemo(): string {
  return join(cacheFolder(), 'package-digests.json');
}

export function passSpeeds(): string {
  return join(cacheFolder(), 'pass-speeds.json');
}

/** A file for each state of a module that may run, named by its digest. */
export function trustFolder(): string {
  return join(dataFolder(), 'trusted');
}
