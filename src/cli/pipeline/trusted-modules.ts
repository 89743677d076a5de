import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ModuleContents } from '../../engine/index.ts';
import { createWhole } from '../../system/whole-file.ts';
import { trustFolder } from '../options/defaults.ts';

/*
 * Modules of pipelines that may run: by what they contain, so that an edit has to be trusted anew and a copy has not. They
 * are a file each, which processes at once can add and remove.
 */

export function isTrusted({ digest }: ModuleContents): boolean {
  return existsSync(fileOf(digest));
}

export function trustModule({ digest, ...contents }: ModuleContents): void {
  createWhole(fileOf(digest), `${JSON.stringify(contents, null, 2)}\n`);
}

/** @returns whether it was trusted */
export function distrustModule(module: ModuleContents): boolean {
  const was = isTrusted(module);
  rmSync(fileOf(module.digest), { force: true });
  return was;
}

function fileOf(digest: string): string {
  return join(trustFolder(), `${digest}.json`);
}
