import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathIn, userCacheFolder } from '../../system/cache-folder.ts';

/** What the environment says about the hub; the same variables, in the same order, as Python's huggingface_hub. */
export interface HubSettings {
  /** Without a slash at the end: `https://huggingface.co`. */
  readonly endpoint: string;
  /** The folder that holds `models--org--name`. */
  readonly cache: string;
  /** Where a token is kept if the environment has none. */
  readonly tokenFile: string;
  readonly token: string | undefined;
  readonly offline: boolean;
}

export function hubSettings(env: NodeJS.ProcessEnv = process.env): HubSettings {
  const home = pathIn(env, 'HF_HOME') ?? join(userCacheFolder(env), 'huggingface');
  const tokenFile = pathIn(env, 'HF_TOKEN_PATH') ?? join(home, 'token');
  return {
    endpoint: (env['HF_ENDPOINT'] || 'https://huggingface.co').replace(/\/+$/, ''),
    cache: pathIn(env, 'HF_HUB_CACHE') ?? pathIn(env, 'HUGGINGFACE_HUB_CACHE') ?? join(home, 'hub'),
    tokenFile,
    token: env['HF_TOKEN']?.trim() || env['HUGGING_FACE_HUB_TOKEN']?.trim() || readToken(tokenFile),
    offline: isOffline(env),
  };
}

/** Whether HF_HUB_OFFLINE forbids to ask the hub. */
export function isOffline(env: NodeJS.ProcessEnv = process.env): boolean {
  return isOn(env['HF_HUB_OFFLINE']) || isOn(env['TRANSFORMERS_OFFLINE']);
}

function isOn(value: string | undefined): boolean {
  return /^(1|on|yes|true)$/i.test(value?.trim() ?? '');
}

function readToken(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch {
    return undefined; // Most people have none, and public models need none.
  }
}
