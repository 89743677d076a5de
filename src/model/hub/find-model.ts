import { statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { expandHome } from '../../system/cache-folder.ts';
import { Failure } from '../../system/failure.ts';
import { findSnapshot, repositoryFolder } from './cache.ts';
import { hubSettings } from './settings.ts';
import type { PullOptions } from './pull.ts';

/** Where the files of a model are, or where they can be had. */
export type ModelLocation =
  | { readonly type: 'folder'; readonly folder: string }
  | {
      readonly type: 'cached';
      readonly folder: string;
      readonly id: string;
      readonly revision: string;
      readonly commit: string;
    }
  | {
      readonly type: 'absent';
      readonly id: string;
      readonly revision: string;
      /** What was looked at, in words. */
      readonly lookedAt: string;
    };

export interface LocateOptions {
  /** What relative folders are relative to: the folder of the pipeline file. */
  readonly baseDir: string;
  /** Default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface FindOptions extends LocateOptions, PullOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Whether a model that is not there is fetched from the hub. Default: true. */
  readonly download?: boolean;
}

export interface FoundModel {
  /** A Hugging Face folder; absolute. */
  readonly folder: string;
  /** For models of the hub. */
  readonly id?: string;
  readonly commit?: string;
}

const hubId = /^([A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*)(?:@([A-Za-z0-9][\w./-]*))?$/;

/**
 * Finds the model that `ref` names, without network: a folder (absolute, `./`, `../`, `~/`, or any that exists
 * relative to `baseDir`), or else a hub id, `org/name` or `org/name@revision` (default `main`), in the Hugging Face cache.
 *
 * @throws Failure `model-not-found` if `ref` is neither a folder nor could be a hub id
 */
export function locateModel(ref: string, { baseDir, env = process.env }: LocateOptions): ModelLocation {
  const folder = resolve(baseDir, expandHome(ref));
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return { type: 'folder', folder };

  const [, id, revision = 'main'] = hubId.exec(ref) ?? [];
  const pathOnly = isAbsolute(ref) || /^(\.{1,2}|~)([\\/]|$)/.test(ref);
  if (pathOnly || id === undefined || revision.includes('..')) throw notFound(ref, folder);

  const { cache } = hubSettings(env);
  const snapshot = findSnapshot(cache, id, revision);
  if (snapshot !== undefined && snapshot.missing.length === 0) {
    return { type: 'cached', folder: snapshot.folder, id, revision, commit: snapshot.commit };
  }
  const inCache =
    snapshot === undefined
      ? `${join(repositoryFolder(cache, id))} (no snapshot of ${revision})`
      : `${snapshot.folder} (lacks ${snapshot.missing.join(', ')})`;
  return { type: 'absent', id, revision, lookedAt: `${folder} (no such folder), ${inCache}` };
}

/**
 * The folder of the model that `ref` names, fetched from the hub if it is nowhere on this machine.
 *
 * Plans call it with `download: false`: they identify models by contents, and never wait for a network. A run calls it with
 * progress for every model of the plan before the first stage starts.
 *
 * @throws Failure `model-not-found`, `model-not-downloaded`, and what `pullModel` throws
 */
export async function findModel(ref: string, options: FindOptions): Promise<FoundModel> {
  const found = locateModel(ref, options);
  if (found.type === 'folder') return { folder: found.folder };
  if (found.type === 'cached') return { folder: found.folder, id: found.id, commit: found.commit };
  if (options.download === false || hubSettings(options.env).offline) throw notDownloaded(found, options.env);
  const { pullModel } = await import('./pull.ts');
  const { folder, id, commit } = await pullModel(found.id, found.revision, options);
  return { folder, id, commit };
}

/** `org/name@revision` taken apart, or undefined if it is no hub id. */
export function parseHubId(ref: string): { readonly id: string; readonly revision: string } | undefined {
  const [, id, revision = 'main'] = hubId.exec(ref) ?? [];
  return id === undefined || revision.includes('..') ? undefined : { id, revision };
}

function notFound(ref: string, folder: string): Failure {
  const what = statSync(folder, { throwIfNoEntry: false });
  return new Failure({
    code: 'model-not-found',
    blame: 'user',
    message: `there is no model \`${ref}\``,
    where: folder,
    expected: 'a folder with config.json, tokenizer.json and *.safetensors, or a hub id like org/name',
    found: what === undefined ? 'no such folder' : 'a file, not a folder',
    next: 'check the spelling; relative paths are relative to the pipeline file',
  });
}

function notDownloaded(
  { id, revision, lookedAt }: Extract<ModelLocation, { type: 'absent' }>,
  env: NodeJS.ProcessEnv | undefined,
): Failure {
  const ref = revision === 'main' ? id : `${id}@${revision}`;
  const { offline } = hubSettings(env);
  return new Failure({
    code: 'model-not-downloaded',
    blame: 'user',
    message: `the model \`${ref}\` is not on this machine`,
    where: lookedAt,
    expected: 'a folder of that name, or a download in the Hugging Face cache',
    found: offline ? 'neither, and HF_HUB_OFFLINE forbids to fetch it' : 'neither',
    remedy: { code: 'pull-model', ref, offline },
  });
}
