import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where programs keep what they can make again: `$XDG_CACHE_HOME`, or else `~/.cache`. */
export function userCacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return pathIn(env, 'XDG_CACHE_HOME') ?? join(homedir(), '.cache');
}

/** What Assay keeps there, for all projects of a user. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(userCacheFolder(env), 'assay');
}

/** What Assay keeps for a user and cannot make again: `$XDG_DATA_HOME/assay`, or else `~/.local/share/assay`. */
export function dataFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(pathIn(env, 'XDG_DATA_HOME') ?? join(homedir(), '.local', 'share'), 'assay');
}

/** The path that a variable names; undefined where it is not set, or set to nothing. */
export function pathIn(env: NodeJS.ProcessEnv, variable: string): string | undefined {
  const path = env[variable];
  return path ? expandHome(path) : undefined;
}

/** A path with a `~` at its start put in full, which shells do only outside of quotes. */
export function expandHome(path: string): string {
  return path.replace(/^~(?=$|[\\/])/, homedir());
}
