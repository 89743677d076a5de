import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Diagnostic } from '../diagnostic.ts';
import type { DraftStage } from '../pipeline/drafts.ts';
import type { Locator } from '../pipeline/source/locator.ts';
import { schemaMistake } from '../pipeline/schema/schema-problems.ts';
import { didYouMean } from '../pipeline/suggest.ts';
import { declareSources } from '../plan/source-digest.ts';
import type { StageKind } from '../stage-kind.ts';
import { descriptorProblems, guarded } from './descriptor.ts';

/** Whether `uses` means a module of the user's own. */
export function isModulePath(uses: string): boolean {
  return /^\.{1,2}\//.test(uses);
}

/**
 * The stage kinds that a pipeline brings along, by what `uses` says; undefined for a module that cannot be used, which
 * is reported at the first stage that uses it.
 */
export async function loadUserKinds(
  drafts: readonly DraftStage[],
  baseDir: string,
  locator: Locator,
  problems: Diagnostic[],
): Promise<ReadonlyMap<string, StageKind<unknown> | undefined>> {
  const kinds = new Map<string, StageKind<unknown> | undefined>();
  for (const { name, uses } of drafts) {
    if (uses === undefined || !isModulePath(uses) || kinds.has(uses)) continue;
    const report = (problem: Omit<Diagnostic, 'severity' | 'place'>): undefined => {
      const { place } = locator.value(['stages', name, 'uses']);
      problems.push({ severity: 'error', ...problem, place });
    };
    kinds.set(uses, await loadUserKind(uses, baseDir, report));
  }
  return kinds;
}

async function loadUserKind(
  uses: string,
  baseDir: string,
  report: (problem: Omit<Diagnostic, 'severity' | 'place'>) => undefined,
): Promise<StageKind<unknown> | undefined> {
  const file = resolve(baseDir, uses);
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isFile() !== true) {
    const next = didYouMean(basename(file), modulesIn(dirname(file)));
    report({
      code: 'module-not-found',
      message: found ? `${uses} is no file` : `no module ${uses}`,
      expected: 'a file, relative to the folder of the pipeline file',
      found: near(file),
      ...(next !== undefined && { next }),
    });
    return;
  }
  const { loadModule, ModuleProblem } = await import('./bundle.ts');
  try {
    const { exports, sources } = await loadModule(file, baseDir);
    const wrong = descriptorProblems(exports['default']);
    for (const { message, ...others } of wrong) {
      report({ code: 'bad-stage', message: `${uses}: ${message}`, ...others });
    }
    if (wrong.length > 0) return undefined;
    const kind = guarded(exports['default'] as StageKind<unknown>, uses, pathToFileURL(file).href);
    const mistake = schemaMistake(kind.options);
    if (mistake !== undefined) {
      report({
        code: 'bad-stage',
        message: `${uses}: \`options\` of the stage is no JSON Schema that can be used: ${mistake}`,
        expected: 'a JSON Schema, draft 2020-12',
      });
      return;
    }
    declareSources(kind, sources);
    return kind;
  } catch (error) {
    if (!(error instanceof ModuleProblem)) throw error;
    const { message, place } = error;
    report({
      code: 'module-broken',
      message: `${uses} cannot be loaded: ${message}`,
      ...(place && { related: [{ message: 'here', place }] }),
    });
    return;
  }
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
