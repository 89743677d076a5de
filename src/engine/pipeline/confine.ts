import { realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Json, JsonObject, Path } from '../../system/json.ts';
import { entriesOf } from '../../system/names-in-order.ts';
import type { DraftStage } from './drafts.ts';
import type { Kinds } from './kinds.ts';
import type { Problems } from './problems.ts';

/** What a pipeline may read that comes from somebody who is not trusted. */
export interface Confinement {
  /** Names of files and models that the user gives, which may lie anywhere. */
  readonly given: readonly string[];
}

/**
 * Holds the files that stages name to the folder of the pipeline file and what is below it, links followed. Options of a
 * stage that names another file are dropped: nothing of that file is read, not even to check it.
 */
export function confine(
  drafts: readonly DraftStage[],
  kinds: Kinds,
  { given }: Confinement,
  { baseDir, problems }: { readonly baseDir: string; readonly problems: Problems },
): DraftStage[] {
  const isOutside = (name: string) => !given.includes(name) && leaves(baseDir, name);
  return drafts.map((draft) => {
    const options = kinds.get(draft.uses ?? '')?.kind.namesOnly ?? [];
    const seen = new Set<string>();
    const kept = (all: JsonObject | undefined): JsonObject | undefined => {
      const outside = filesNamed(all, options).filter(([, file]) => isOutside(file));
      for (const [path, file] of outside) {
        if (seen.has(path.join('\n'))) continue;
        seen.add(path.join('\n'));
        problems.error(
          'outside-folder',
          'the pipeline is not trusted, and this lies outside its folder',
          { value: ['stages', draft.name, 'with', ...path] },
          {
            expected: 'what is in the folder of the pipeline file, or below it',
            found: resolve(baseDir, file),
          },
        );
      }
      return outside.length === 0 ? all : undefined;
    };
    const { options: own, instances, ...others } = draft;
    const keptOwn = kept(own);
    return {
      ...others,
      ...(keptOwn !== undefined && { options: keptOwn }),
      ...(instances !== undefined && {
        instances: instances.map(({ options: each, ...instance }) => {
          const keptEach = kept(each);
          return { ...instance, ...(keptEach !== undefined && { options: keptEach }) };
        }),
      }),
    };
  });
}

function filesNamed(options: JsonObject | undefined, names: readonly string[]): [Path, string][] {
  return entriesOf(options ?? {})
    .filter(([name]) => names.includes(name))
    .flatMap(([name, value]): [Path, string][] => {
      const list: readonly Json[] = Array.isArray(value) ? value : [value];
      return list.flatMap((each, index): [Path, string][] =>
        typeof each === 'string' ? [[Array.isArray(value) ? [name, index] : [name], each]] : [],
      );
    });
}

function leaves(baseDir: string, file: string): boolean {
  const path = relative(realpathSync(baseDir), real(resolve(baseDir, file)));
  return path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path);
}

/** Where a path leads once all links are followed, as far as there is anything. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(real(parent), relative(parent, path));
  }
}
