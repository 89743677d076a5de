import { basename, dirname, extname, resolve } from 'node:path';
import type { Diagnostic, Result } from '../diagnostic.ts';
import { type JsonObject } from '../../system/json.ts';
import { sha256 } from '../../system/hash.ts';
import type { StageKind } from '../stage-kind.ts';
import { checkStages } from './check.ts';
import { draftStages, mapAt } from './drafts.ts';
import { refuseReferences, setParams } from './source/params.ts';
import { asChecked, type CheckedPipeline } from './pipeline.ts';
import { resolvedStages } from './resolved.ts';
import { checkSchema } from './schema/schema-problems.ts';
import { pipelineStructure } from './schema/schema.ts';
import { readSource } from './source/source.ts';

export interface LoadOptions {
  readonly kinds: ReadonlyMap<string, StageKind<unknown>>;
  /** Parameters by (dotted) name, as raw text that is read as YAML. */
  readonly set?: Readonly<Record<string, string>>;
}

/** Reads and checks a pipeline file. All of its problems come at once, in the order of the file. */
export async function loadPipeline(file: string, options: LoadOptions): Promise<Result<CheckedPipeline>> {
  const problems: Diagnostic[] = [];
  const source = await readSource(file, problems);
  if (source === undefined) return { ok: false, problems: inOrder(problems) };
  const { locator, value } = source;
  locator.overriddenBy(options.set ?? {});

  const given = mapAt(value, 'params') ?? {};
  refuseReferences(given, locator, problems);
  const params = setParams(given, options.set ?? {}, problems);
  const warnings: Diagnostic[] = [];
  const { filled, drafts } = draftStages(value, params, locator, problems, warnings);
  checkSchema(pipelineStructure, filled, [], locator, problems);

  const baseDir = dirname(resolve(file));
  const own = drafts.some(({ uses }) => uses !== undefined && /^\.{1,2}\//.test(uses))
    ? await (await import('../user-stages/load-kinds.ts')).loadUserKinds(drafts, baseDir, locator, problems)
    : [];
  const stages = checkStages(drafts, new Map([...options.kinds, ...own]), locator, problems);
  const errors = inOrder(problems);
  if (errors.length > 0) return { ok: false, problems: errors };

  const top = filled as JsonObject;
  const description = typeof top.description === 'string' ? top.description : undefined;
  const name = typeof top.name === 'string' ? top.name : basename(file, extname(file));
  const checked = asChecked({
    file,
    bytes: source.bytes,
    sha256: sha256(source.bytes),
    baseDir,
    name,
    ...(description !== undefined && { description }),
    params,
    resolved: {
      name,
      ...(description !== undefined && { description }),
      params,
      stages: resolvedStages(stages),
    },
    stages,
    locator,
  });
  return { ok: true, value: checked, warnings: inOrder(warnings) };
}

const PARAM_PROBLEMS = new Set(['unknown-param', 'unknown-axis', 'bad-reference', 'param-not-text']);

/**
 * By place, and each once: a value that is reached by several aliases has its problem in one place. A value whose
 * parameter is missing has that one problem, whatever else would be wrong with it.
 */
function inOrder(problems: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  const at = ({ place }: Diagnostic) => `${place?.line}:${place?.column}`;
  const unfilled = new Set(problems.filter(({ code }) => PARAM_PROBLEMS.has(code)).map(at));
  return problems
    .filter((problem) => {
      if (problem.place && unfilled.has(at(problem)) && !PARAM_PROBLEMS.has(problem.code)) return false;
      const identity = `${at(problem)} ${problem.code} ${problem.message}`;
      return !seen.has(identity) && seen.add(identity);
    })
    .sort(
      (a, b) =>
        (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0),
    );
}
