import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DraftStage } from '../pipeline/drafts.ts';
import type { Confinement } from '../pipeline/confine.ts';
import type { Kinds, LoadedKind, Sources, StageCode } from '../pipeline/kinds.ts';
import { isModulePath } from '../pipeline/module-path.ts';
import type { At, Problems } from '../pipeline/problems.ts';
import { schemaMistake } from '../pipeline/schema/validators.ts';
import { sha256 } from '../../system/hash.ts';
import { didYouMean } from '../../system/suggest.ts';
import { byName, readSources } from '../plan/source-digest.ts';
import type { StageKind } from '../stage-kind.ts';
import type { BundledModule } from './bundle.ts';
import { apartKind } from './apart/apart-kind.ts';
import type { Exported as ExportedApart } from './apart/messages.ts';
import { type Apart, ModuleThread } from './apart/module-thread.ts';
import { descriptorProblems, guarded, type Described, type DescriptorProblem } from './descriptor.ts';
import { holdExit } from './hold-exit.ts';
import { importBundle } from './import-bundle.ts';

/**
 * The stage kinds that a pipeline brings along, by what `uses` says. A module that cannot be used is reported at the
 * first stage that uses it, and stands for undefined.
 */
export async function loadUserKinds(
  drafts: readonly DraftStage[],
  baseDir: string,
  loading: Omit<Loading, 'at'>,
): Promise<Kinds> {
  const kinds = new Map<string, LoadedKind | undefined>();
  for (const { name, uses } of drafts) {
    if (uses === undefined || !isModulePath(uses) || kinds.has(uses)) continue;
    // The place alone, without where a parameter is defined that the path comes from: it is the module that is wrong.
    const at = { place: loading.problems.locator.value(['stages', name, 'uses']).place };
    kinds.set(uses, await loadUserKind(uses, baseDir, { ...loading, at }));
  }
  return kinds;
}

/** A module that a pipeline names, as it is on disk: all that would run with it. */
export interface ModuleContents {
  /** As the pipeline says it: `./stages/shout.ts`. */
  readonly uses: string;
  /** SHA-256 of each file, by its name relative to the pipeline's folder. */
  readonly files: Readonly<Record<string, string>>;
  /** Version and SHA-256 of each package that it uses, by name. */
  readonly packages: Readonly<Record<string, string>>;
  /** SHA-256 of all of these. */
  readonly digest: string;
}

interface Loading {
  readonly at: At;
  readonly problems: Problems;
  /** Where digests of unchanged packages are remembered. */
  readonly packageMemo?: string | undefined;
  /** Says of a module, before anything of it runs, whether it may. Default: it may. */
  readonly mayRun?: ((module: ModuleContents) => boolean) | undefined;
  readonly confined?: Confinement | undefined;
  readonly apart?: Apart | undefined;
}

async function loadUserKind(
  uses: string,
  baseDir: string,
  { at, problems, packageMemo, mayRun = () => true, confined, apart }: Loading,
): Promise<LoadedKind | undefined> {
  if (confined !== undefined) {
    problems.error(
      'module-not-trusted',
      `${uses} is a program, and a pipeline that is not trusted may bring none`,
      at,
    );
    return undefined;
  }
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
  const { bundleModule, ModuleProblem } = await import('./bundle.ts');
  try {
    const module = await bundleModule(file, baseDir, packageMemo);
    const contents = await contentsOf(module, uses);
    if (!mayRun(contents)) {
      problems.error('module-not-trusted', `${uses} is a program, and nobody has said that it may run`, at, {
        found: foundIn(contents),
        remedy: { code: 'trust-module' },
      });
      return undefined;
    }
    const code = { text: module.text, uses, url: pathToFileURL(file).href };
    const exported = await module.load(() =>
      apart === undefined ? exportedHere(code) : exportedApart(code, apart),
    );
    const kind = kindOf(exported, code, at, problems);
    return kind && { kind, code, sources: await sourcesOf(module, kind, baseDir) };
  } catch (error) {
    if (!(error instanceof ModuleProblem)) throw error;
    const { message, place } = error;
    problems.error('module-broken', `${uses} cannot be loaded: ${message}`, at, {
      related: place && [{ message: 'here', place }],
    });
    return undefined;
  }
}

/** What a module exports as its stage: what is wrong with it, or a descriptor. */
interface Exported {
  readonly problems: readonly DescriptorProblem[];
  readonly described: () => Described;
}

/** Runs the module in this thread: for programs that call the engine, whose modules are their own. */
async function exportedHere({ text }: StageCode): Promise<Exported> {
  const { default: exported } = await holdExit(() => importBundle(text));
  return { problems: descriptorProblems(exported), described: () => exported as Described };
}

async function exportedApart(code: StageCode, apart: Apart): Promise<Exported> {
  const thread = new ModuleThread(code, apart);
  const exported = (await thread.ask()) as ExportedApart;
  return { problems: exported.problems, described: () => apartKind(exported, thread) };
}

/** The kind that a module exports; undefined when it cannot be used. */
function kindOf(
  { problems: wrong, described }: Exported,
  { uses, url }: StageCode,
  at: At,
  problems: Problems,
): StageKind<unknown> | undefined {
  for (const { message, expected, found } of wrong) {
    problems.error('bad-stage', `${uses}: ${message}`, at, { expected, found });
  }
  if (wrong.length > 0) return undefined;
  const kind = guarded(described(), uses, url);
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

/** What would run with a module, by its contents. */
async function contentsOf({ files, packages }: BundledModule, uses: string): Promise<ModuleContents> {
  const contents = { files, packages: byName(await packages.forKey()) };
  return { uses, ...contents, digest: sha256(JSON.stringify(contents)) };
}

const MOST_NAMED = 5;

/** `stages/a.ts, lib/b.ts, package arquero` */
function foundIn({ files, packages }: ModuleContents): string {
  const parts = [...Object.keys(files), ...Object.keys(packages).map((name) => `package ${name}`)];
  return parts.length <= MOST_NAMED
    ? parts.join(', ')
    : `${parts.slice(0, MOST_NAMED - 1).join(', ')} and ${parts.length - MOST_NAMED + 1} more`;
}

/** What was read to load a module, and what it says that computes for it besides. */
async function sourcesOf(
  { files, packages }: BundledModule,
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
