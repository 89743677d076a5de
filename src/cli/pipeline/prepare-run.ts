import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import {
  type CheckedPipeline,
  loadPipeline,
  openStore,
  type PlannedPipeline,
  planPipeline,
  type Store,
} from '../../engine/index.ts';
import type { Diagnostic } from '../../engine/diagnostic.ts';
import { didYouMean } from '../../engine/pipeline/suggest.ts';
import { services, type Services } from '../../engine/stage-kind.ts';
import { openReadingLog, readingLog } from '../../engine/store/reading-log.ts';
import { cacheFolder } from '../../system/cache-folder.ts';
import { stageKinds } from '../../../stages/index.ts';
import { modelHost, type ModelHostOptions, openModelHost } from '../../hosting/model-host.ts';
import { findPipeline } from './find-pipeline.ts';
import type { Form } from '../options/form.ts';
import { reportProblems } from '../report-failure.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { usageFailure, valueOf } from '../usage-failure.ts';

export interface PipelineOptions {
  readonly format: Form;
  /** `name=value`, as given. */
  readonly set: readonly string[];
  readonly model?: string;
}

export interface ExecutionOptions extends PipelineOptions {
  readonly backend?: string;
  /** As given: `4GB`. */
  readonly memory?: string;
  readonly store: string;
  readonly runs: string;
  readonly force?: true | string[];
}

/** The pipeline file that is meant, checked, with its warnings, which nobody was told yet. `file` is as people name it: relative to the current folder. */
export async function openPipeline(
  terminal: Terminal,
  options: PipelineOptions,
  given: string | undefined,
): Promise<{ file: string; pipeline: CheckedPipeline; warnings: readonly Diagnostic[] }> {
  const file = given ?? (await findPipeline(terminal.cwd));
  const set = settings(terminal, options, file);
  const result = await loadPipeline(file, {
    kinds: stageKinds,
    set,
    writeSetting: (setting) => `--set ${setting}`,
  });
  return { file, pipeline: valueOf(result), warnings: result.ok ? result.warnings : [] };
}

export interface Workshop {
  readonly file: string;
  /** Those of the pipeline file. */
  readonly warnings: readonly Diagnostic[];
  readonly planned: PlannedPipeline;
  readonly store: Store;
  readonly services: Services;
  /** Gives back what the model host holds. */
  close(): Promise<void>;
}

/**
 * The pipeline, planned, and everything that is needed to run it.
 * @param fetch fetches models that are not on this machine; without it they are mistakes in the pipeline
 */
export async function openWorkshop(
  terminal: Terminal,
  options: ExecutionOptions,
  given: string | undefined,
  fetch?: NonNullable<ModelHostOptions['fetch']>,
): Promise<Workshop> {
  const { force, file: named } = separateForce(options.force, given);
  const { file, pipeline, warnings } = await openPipeline(terminal, options, named);
  // A form that is one document takes them with all else.
  const warn = (news: readonly Diagnostic[]) => {
    if (news.length > 0 && options.format !== 'sarif') {
      reportProblems(news, terminal, options.format === 'github' ? 'github' : 'text');
    }
  };
  warn(warnings);
  const rows = openReadingLog(join(options.store, 'rows'), (where) =>
    warn([
      {
        code: 'rows-damaged',
        severity: 'warning',
        message: 'rows in the store are damaged and are computed anew',
        where,
      },
    ]),
  );
  const host = openModelHost({
    rows,
    memoFile: modelMemo(),
    ...(options.backend === undefined ? {} : { backend: backendOf(options.backend) }),
    ...(options.memory === undefined ? {} : { memory: bytesOf(options.memory) }),
    ...(fetch === undefined ? {} : { fetch }),
  });
  try {
    const store = openStore(options.store);
    const lent = services([modelHost, host], [readingLog, rows]);
    const context = {
      store,
      runsDir: options.runs,
      services: lent,
      ...(force === undefined ? {} : { force }),
    };
    const planned = valueOf(await planPipeline(pipeline, context));
    return { file, warnings, planned, store, services: lent, close: () => host.dispose() };
  } catch (error) {
    await host.dispose();
    throw error;
  }
}

/** What is true of this machine and not of one project: the digests of large files that have not changed. */
export function modelMemo(): string {
  return join(cacheFolder(), 'model-digests.json');
}

const BACKENDS = ['tensorflow-gpu', 'tensorflow', 'wasm'] as const;

function backendOf(name: string): (typeof BACKENDS)[number] {
  const known = BACKENDS.find((backend) => backend === name);
  if (known) return known;
  const next = didYouMean(name, BACKENDS);
  throw usageFailure('unknown-backend', `unknown backend \`${name}\``, {
    expected: BACKENDS.join(', '),
    ...(next === undefined ? {} : { next }),
  });
}

const UNITS = { '': 1, KB: 1e3, MB: 1e6, GB: 1e9, KIB: 2 ** 10, MIB: 2 ** 20, GIB: 2 ** 30 } as const;

/** `4GB`, `3.5 GiB`, `2000000000`. */
function bytesOf(size: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?([KMG]i?B)?$/i.exec(size) ?? [];
  const bytes = Math.floor(Number(number) * UNITS[unit.toUpperCase() as keyof typeof UNITS]);
  if (bytes > 0) return bytes;
  throw usageFailure('bad-memory', `--memory ${size}: expected a size`, {
    expected: 'a number and KB, MB, GB, KiB, MiB or GiB',
    next: 'for example --memory 4GB',
  });
}

/** `--force pipeline.yaml` takes the file for a stage: no stage is named like that. */
export function separateForce(
  force: true | string[] | undefined,
  given: string | undefined,
): { force: true | string[] | undefined; file: string | undefined } {
  if (!Array.isArray(force) || given !== undefined) return { force, file: given };
  const file = force.find((name) => /\.ya?ml$/.test(name));
  if (file === undefined) return { force, file: given };
  const stages = force.filter((name) => name !== file);
  return { force: stages.length > 0 ? stages : true, file };
}

function settings(terminal: Terminal, { set, model }: PipelineOptions, file: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const setting of set) {
    const at = setting.indexOf('=');
    if (at < 1) {
      throw usageFailure('bad-setting', `--set ${setting}: expected name=value`, {
        next: 'for example --set model=./my-model',
      });
    }
    values[setting.slice(0, at)] = setting.slice(at + 1);
  }
  if (model === undefined) return values;
  if (values.model !== undefined) {
    throw usageFailure('setting-twice', '--model and --set model=... both give the model', {
      next: 'leave one of them out',
    });
  }
  // Quoted: a model is a name, though YAML may read one as a number or a map.
  return { ...values, model: JSON.stringify(modelOf(model, terminal.cwd, file)) };
}

/**
 * On the command line a folder is relative to where one stands; in a pipeline file it is relative to the file.
 * Anything that is no folder here is left as it is: a Hugging Face id, or a folder beside the pipeline.
 */
function modelOf(model: string, cwd: string, file: string): string {
  const isPath = /^\.{0,2}[\\/]/.test(model);
  if (isAbsolute(model) || !(isPath || existsSync(resolve(cwd, model, 'config.json')))) return model;
  const path = relative(dirname(resolve(cwd, file)), resolve(cwd, model))
    .split(sep)
    .join('/');
  return path.startsWith('..') ? path : `./${path}`;
}
