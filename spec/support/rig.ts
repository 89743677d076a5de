import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withRemedyWorded } from '../../src/cli/wording/remedies.ts';
import type { Artifact } from '../../src/engine/artifact.ts';
import type { Diagnostic, Result } from '../../src/engine/diagnostic.ts';
import {
  loadPipeline,
  openStore,
  planPipeline,
  readArtifact,
  runPipeline,
  type CheckedPipeline,
  type PlannedPipeline,
  type RecordedRun,
  type RunOptions,
  type Store,
} from '../../src/engine/index.ts';
import type { Plan, RunRecord, RunStage, TimedEvent } from '../../src/engine/record.ts';
import { services } from '../../src/engine/stage-kind.ts';
import { fakeKinds, type Handles } from './kinds.ts';

export interface Ran {
  readonly record: RunRecord;
  readonly folder: string;
  readonly unrecorded: RecordedRun['unrecorded'];
  readonly events: readonly TimedEvent[];
  /** Names of the stages that ran, in the order in which they began. */
  readonly runs: readonly string[];
  stage(name: string): RunStage;
  artifact(name: string): Promise<Artifact>;
}

/** A pipeline in a folder of its own, with stages that the spec can hold, count and fail. */
export class Rig {
  readonly dir: string;
  readonly handles: Handles = { runs: [], hook: () => undefined, externals: {} };
  readonly kinds = fakeKinds(this.handles);
  store: Store;

  private constructor(dir: string) {
    this.dir = dir;
    this.store = openStore(join(dir, 'store'));
  }

  static async open(): Promise<Rig> {
    return new Rig(await mkdtemp(join(tmpdir(), 'assay-spec-')));
  }

  /** A rig on the folder of another: what a second process sees. */
  static at(dir: string): Rig {
    return new Rig(dir);
  }

  async close(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }

  get file(): string {
    return join(this.dir, 'pipeline.yaml');
  }

  get runsDir(): string {
    return join(this.dir, 'runs');
  }

  write(text: string): Promise<void> {
    return writeFile(this.file, text);
  }

  async load(set?: Readonly<Record<string, string>>): Promise<CheckedPipeline> {
    const writeSetting = (setting: string) => `--set ${setting}`;
    return must(await loadPipeline(this.file, { kinds: this.kinds, writeSetting, ...(set && { set }) }));
  }

  async planned(force?: true | readonly string[]): Promise<PlannedPipeline> {
    return must(await this.tryPlan(force));
  }

  async tryPlan(force?: true | readonly string[]): Promise<Result<PlannedPipeline>> {
    const { store, runsDir } = this;
    return planPipeline(await this.load(), {
      store,
      runsDir,
      services: services(),
      ...(force && { force }),
    });
  }

  async plan(force?: true | readonly string[]): Promise<Plan> {
    return (await this.planned(force)).plan;
  }

  /** Writes the pipeline if there is a text, plans and runs it. */
  async run(text?: string, options: Partial<RunOptions> & { force?: true | string[] } = {}): Promise<Ran> {
    if (text !== undefined) await this.write(text);
    const { force, ...others } = options;
    const planned = await this.planned(force);
    const { store, runsDir } = this;
    const events: TimedEvent[] = [];
    const before = this.handles.runs.length;
    const { record, folder, unrecorded } = await runPipeline(planned, {
      store,
      runsDir,
      services: services(),
      onEvent: (event) => events.push(event),
      versions: { assay: '0.0.0' },
      ...others,
    });
    const stage = (name: string) => record.stages.find((one) => one.name === name)!;
    return {
      record,
      folder,
      unrecorded,
      events,
      runs: this.handles.runs.slice(before),
      stage,
      artifact: (name) => readArtifact(folder, stage(name)),
    };
  }

  /** Every file under a folder with its contents, in order: what two states of a store are compared by. */
  async tree(folder: string): Promise<Record<string, string>> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    const files = entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
    const pairs = files
      .sort()
      .map(async (file) => [file.slice(folder.length + 1), await readFile(file, 'latin1')]);
    return Object.fromEntries((await Promise.all(pairs)) as [string, string][]);
  }
}

export function must<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(`expected no problems, were:\n${JSON.stringify(result.problems, null, 2)}`);
}

/** A diagnostic in the command line's words and on one level, places as `line:column+length`: what case tables hold. */
export function flat(problem: Diagnostic): Record<string, unknown> {
  const { place, related, ...others } = withRemedyWorded(problem);
  const flattened: Record<string, unknown> = {
    at: place ? `${place.line}:${place.column}+${place.length}` : null,
    ...others,
    ...(related && {
      related: related.map(
        (one) => `${one.place.line}:${one.place.column}+${one.place.length} ${one.message}`,
      ),
    }),
  };
  delete flattened['severity'];
  return flattened;
}

/** A promise that is settled from outside. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}
