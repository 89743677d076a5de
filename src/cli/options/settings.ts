import { existsSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { usageFailure } from '../usage-failure.ts';

/** `--set name=value`. */
export interface Setting {
  readonly name: string;
  /** A value of YAML, as given. */
  readonly value: string;
}

export function parseSetting(text: string): Setting {
  const at = text.indexOf('=');
  if (at < 1) {
    throw usageFailure('bad-setting', `--set ${text}: expected name=value`, {
      next: 'for example --set model=./my-model',
    });
  }
  return { name: text.slice(0, at), value: text.slice(at + 1) };
}

/** Values of parameters by name, from `--set` and `--model`. The last one counts of several for one name. */
export function settingsOf(
  { set, model }: { readonly set: readonly Setting[]; readonly model?: string },
  { cwd, file }: { readonly cwd: string; readonly file: string },
): Record<string, string> {
  const values = Object.fromEntries(set.map(({ name, value }) => [name, value]));
  if (model === undefined) return values;
  if (values.model !== undefined) {
    throw usageFailure('setting-twice', '--model and --set model=... both give the model', {
      next: 'leave one of them out',
    });
  }
  return { ...values, model: modelFor(file, model, cwd) };
}

/**
 * A model as the pipeline file names it. On the command line a folder is relative to where one stands; in a pipeline file
 * it is relative to the file. Anything that is no folder here is left as it is: a Hugging Face id, or a folder beside the
 * pipeline.
 */
function modelFor(file: string, model: string, cwd: string): string {
  const isPath = /^\.{0,2}[\\/]/.test(model);
  if (isAbsolute(model) || !(isPath || existsSync(resolve(cwd, model, 'config.json')))) return model;
  const path = relative(dirname(resolve(cwd, file)), resolve(cwd, model))
    .split(sep)
    .join('/');
  return path.startsWith('..') ? path : `./${path}`;
}
