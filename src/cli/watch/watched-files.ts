import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseDocument, visit } from 'yaml';
import type { Diagnostic } from '../../engine/diagnostic.ts';
import { isModulePath, type PlannedPipeline } from '../../engine/index.ts';
import type { Setting } from '../options/settings.ts';

/**
 * Files that a pipeline names in its text, absolute: data files and stage modules, whether they exist or not. Read from
 * the text, so that they are known of a pipeline that is not valid now, and before anything is run. A name too many
 * does no harm: it is a file that never changes.
 *
 * @param settings Values given on the command line, which may be names of files too.
 */
export async function namedFiles(file: string, settings: readonly Setting[]): Promise<Set<string>> {
  const baseDir = dirname(resolve(file));
  const names = new Set<string>();
  const take = (text: string) => {
    if (isFileName(text)) names.add(resolve(baseDir, text));
  };
  visit(parseDocument(await readFile(file, 'utf8').catch(() => '')), {
    Scalar(_, { value }) {
      if (typeof value === 'string') take(value);
    },
  });
  for (const { value } of settings) take(value);
  return names.add(resolve(file));
}

/** A path, or a name with an ending. */
function isFileName(text: string): boolean {
  return text.length < 500 && !/[\n\0{}]/.test(text) && /^\.{0,2}\/.|\.[a-z]\w{0,7}$/i.test(text);
}

/** Files that the stage modules of a pipeline are made of, with all that they import, and of their packages; absolute. */
export function moduleFiles({ checked, stages }: PlannedPipeline): string[] {
  return stages
    .filter(({ uses }) => isModulePath(uses))
    .flatMap(({ source, sources }) => [
      ...Object.keys(source).map((path) => resolve(checked.baseDir, path)),
      ...(sources?.watched ?? []),
    ]);
}

/** Files that problems point at: where the edit will be that solves them. */
export function blamedFiles(problems: readonly Diagnostic[], cwd: string): string[] {
  return problems
    .flatMap(({ place, related = [] }) => [place, ...related.map((one) => one.place)])
    .flatMap((place) => (place === undefined ? [] : [resolve(cwd, place.file)]));
}
