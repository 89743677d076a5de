import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DraftStage } from '../pipeline/drafts.ts';
import type { Kinds, LoadedKind, Sources } from '../pipeline/kinds.ts';
import { isModulePath } from '../pipeline/module-path.ts';
import type { At, Problems } from '../pipeline/problems.ts';
import { schemaMistake } from '../pipeline/schema/validators.ts';
import { didYouMean } from '../../system/suggest.ts';
import { byName, readSources } from '../plan/source-digest.ts';
import type { StageKind } from '../stage-kind.ts';
import type { LoadedModule } from './bundle.ts';
import { descriptorProblems, guarded, type Described } from './descriptor.ts';

/**
 * The stage kinds that a pipeline brings along, by what `uses` says. A module that cannot be used is reported at the
 * first stage that uses it, and stands for undefined.
 */
export async function loadUserKinds(
  drafts: readonly DraftStage[],
  baseDir: string,
  { problems, packageMemo }: { readonly problems: Problems; readonly packageMemo?: string | undefined },
): Promise<Kinds> {
  const kinds = new Map<string, LoadedKind | undefined>();
  for (const { name, uses } of drafts) {
    if (uses === undefined || !isModulePath(uses) || kinds.has(uses)) continue;
    // The place alone, without where a parameter is defined that the path comes from: it is the module that is wrong.
    const at = { place: problems.locator.value(['stages', name, 'uses']).place };
    kinds.set(uses, await loadUserKind(uses, baseDir, { at, problems, packageMemo }));
  }
  return kinds;
}

interface Loading {
  readonly at: At;
  readonly problems: Problems;
  /** Where digests of unchanged packages are remembered. */
  readonly packageMemo: string | undefined;
}

async function loadUserKind(
  uses: string,
  baseDir: string,
  { at, problems, packageMemo }: Loading,
): Promise<LoadedKind | undefined> {
  const file = resolve(baseDir, uses);
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isFile() !== true) {
    problems.error('module-not-found', found ? `${uses} is no file` : `no module ${uses}`, at, {
      expected: 'a file, relative to the folder of the pipeline file',
      found: near(file),
      next: didYouMean(basename(file), modulesIn(dirname(file))),
    });
    return undefined;
  }
  const { loadModule, ModuleProblem } = await import('./bundle.ts');
  try {
    const module = await loadModule(file, baseDir, packageMemo);
    const kind = kindOf(module.exports.default, uses, pathToFileURL(file).href, at, problems);
    return kind && { kind, sources: await sourcesOf(module, kind, baseDir) };
  } catch (error) {
    if (!(error instanceof ModuleProblem)) throw error;
    const { message, place } = error;
    problems.error('module-broken', `${uses} cannot be loaded: ${message}`, at, {
      related: place && [{ message: 'here', place }],
    });
    return undefined;
  }
}

/** The kind that a module exports; undefined when it cannot be used. */
function kindOf(
  exported: unknown,
  uses: string,
  module: string,
  at: At,
  problems: Problems,
): StageKind<unknown> | undefined {
  const wrong = descriptorProblems(exported);
  for (const { message, expected, found } of wrong) {
    problems.error('bad-stage', `${uses}: ${message}`, at, { expected, found });
  }
  if (wrong.length > 0) return undefined;
  const kind = guarded(exported as Described, uses, module);
  const mistake = schemaMistake(kind.options);
  if (mistake === undefined) return kind;
  problems.error(
    'bad-stage',
    `${uses}: \`options\` of the stage is no JSON Schema that can be used: ${mistake}`,
    at,
    { expected: 'a JSON Schema, draft 2020-12' },
  );
  return undefined;
}

/** What was read to load a module, and what it says that computes for it besides. */
async function sourcesOf(
  { files, packages }: LoadedModule,
  { computedBy = [] }: StageKind<unknown>,
  baseDir: string,
): Promise<Sources> {
  const more = await readSources(computedBy, baseDir, { installed: packages.installed });
  for (const found of more.packages) packages.add(found);
  return {
    files: byName({ ...files, ...more.files }),
    packages: byName(await packages.forKey()),
    watched: packages.watched,
  };
}

function modulesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => ['.ts', '.mts', '.js', '.mjs'].includes(extname(name)));
  } catch {
    return [];
  }
}

function near(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith('..') ? file : path;
}
