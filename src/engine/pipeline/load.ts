import { basename, dirname, extname, resolve } from 'node:path';
import type { Result } from '../diagnostic.ts';
import { sha256 } from '../../system/hash.ts';
import { isMap, type Json } from '../../system/json.ts';
import { entriesOf } from '../../system/names-in-order.ts';
import type { StageKind } from '../stage-kind.ts';
import type { Apart } from '../user-stages/apart/module-thread.ts';
import type { ModuleContents } from '../user-stages/load-kinds.ts';
import { checkStages } from './check.ts';
import { confine, type Confinement } from './confine.ts';
import { draftStages, mapAt, type DraftStage } from './drafts.ts';
import type { Kinds } from './kinds.ts';
import { isModulePath } from './module-path.ts';
import type { CheckedPipeline, Contents } from './pipeline.ts';
import type { Problems } from './problems.ts';
import { resolvedStages } from './resolved.ts';
import { checkStructure } from './schema/fit.ts';
import { setParams } from './source/set-params.ts';
import { readSource } from './source/source.ts';
import { refuseReferences } from './source/substitute.ts';
import { warnOfKeys, warnOfReadings } from './source/written.ts';

export interface LoadOptions {
  readonly kinds: ReadonlyMap<string, StageKind<unknown>>;
  /** Parameters by (dotted) name, as raw text that is read as YAML. */
  readonly set?: Readonly<Record<string, string>>;
  /** A setting `name=value` as the user of the program writes it, for messages. Default: as it is. */
  readonly writeSetting?: (setting: string) => string;
  /** File in which digests of unchanged packages are remembered, of modules of the pipeline's own. Default: none. */
  readonly packageMemo?: string;
  /** Says of a module of the pipeline's own, before anything of it runs, whether it may. Default: it may. */
  readonly mayRun?: (module: ModuleContents) => boolean;
  /** Where modules of the pipeline's own are loaded and asked. Default: in this thread. */
  readonly apart?: Apart;
  /** The pipeline comes from somebody who is not trusted: no module of its own runs, and it reads its own folder only. */
  readonly confined?: Confinement;
}

/** Reads and checks a pipeline file. All of its problems come at once, in the order of the file. */
export async function loadPipeline(file: string, options: LoadOptions): Promise<Result<CheckedPipeline>> {
  const settings = { set: options.set ?? {}, write: options.writeSetting ?? ((setting) => setting) };
  const read = await readSource(file, settings);
  if (!read.ok) return read;
  const { source, problems } = read;
  const given = mapAt(source.value, 'params') ?? {};
  refuseReferences(given, problems);
  const params = setParams(given, settings, problems);
  const { filled, drafts } = draftStages(source.value, params, problems);
  checkStructure(filled, problems);
  warnOfData(source.value, problems);

  const baseDir = dirname(resolve(file));
  const kinds = await allKinds(options, drafts, baseDir, problems);
  await prepareKinds(drafts, kinds);
  const { confined } = options;
  const kept = confined === undefined ? drafts : confine(drafts, kinds, confined, { baseDir, problems });
  const stages = await checkStages(kept, kinds, problems, { baseDir });
  const { errors, warnings } = problems;
  if (errors.length > 0) return { ok: false, problems: errors };

  const name = textAt(filled, 'name') ?? basename(file, extname(file));
  const description = textAt(filled, 'description');
  const about = { name, ...(description !== undefined && { description }), params };
  const checked: Contents<CheckedPipeline> = {
    file,
    bytes: source.bytes,
    sha256: sha256(source.bytes),
    baseDir,
    ...about,
    resolved: { ...about, stages: resolvedStages(stages) },
    stages,
    locator: source.locator,
  };
  return { ok: true, value: checked as CheckedPipeline, warnings };
}

/** Lets each kind load what it needs to check the options of its stages. */
async function prepareKinds(drafts: readonly DraftStage[], kinds: Kinds): Promise<void> {
  await Promise.all(
    drafts.map(async ({ uses, options, instances = [] }) => {
      const kind = uses === undefined ? undefined : kinds.get(uses)?.kind;
      for (const each of [options, ...instances.map((instance) => instance.options)])
        await kind?.prepare?.(each);
    }),
  );
}

/** Options that hold data of the user's own: what is asked, and what is answered. */
const dataOptions = ['items', 'examples'];

function warnOfData(file: Json, problems: Problems): void {
  for (const [name, stage] of entriesOf(mapAt(file, 'stages') ?? {})) {
    const path = ['stages', name];
    warnOfKeys(mapAt(stage, 'with') ?? {}, [...path, 'with'], problems);
    for (const option of dataOptions) {
      const data = mapAt(stage, 'with')?.[option];
      if (Array.isArray(data)) warnOfReadings(data, [...path, 'with', option], problems);
    }
    warnOfReadings(mapAt(stage, 'matrix') ?? {}, [...path, 'matrix'], problems);
  }
}

/** Kinds that ship and those of the modules that stages use. */
async function allKinds(
  { kinds: shipped, packageMemo, mayRun, confined, apart }: LoadOptions,
  drafts: readonly DraftStage[],
  baseDir: string,
  problems: Problems,
): Promise<Kinds> {
  const kinds = [...shipped].map(([name, kind]) => [name, { kind }] as const);
  if (!drafts.some(({ uses }) => uses !== undefined && isModulePath(uses))) return new Map(kinds);
  // Loaded where it is needed: a pipeline without modules of its own does without a bundler.
  const { loadUserKinds } = await import('../user-stages/load-kinds.ts');
  return new Map([
    ...kinds,
    ...(await loadUserKinds(drafts, baseDir, { problems, packageMemo, mayRun, confined, apart })),
  ]);
}

function textAt(file: Json, key: string): string | undefined {
  const value = isMap(file) ? file[key] : undefined;
  return typeof value === 'string' ? value : undefined;
}
