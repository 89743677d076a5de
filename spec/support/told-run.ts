import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { withRemedyWorded } from '../../src/cli/wording/remedies.ts';
import type { Artifact } from '../../src/engine/artifact.ts';
import type { Diagnostic } from '../../src/engine/diagnostic.ts';
import {
  loadPipeline,
  openStore,
  planPipeline,
  readArtifact,
  runPipeline,
  type PlannedPipeline,
} from '../../src/engine/index.ts';
import { services } from '../../src/engine/stage-kind.ts';
import { modelHost } from '../../src/hosting/model-host.ts';
import { stageKinds } from '../../stages/index.ts';
import { bigramHost } from './models/bigram-model.ts';

/** All that a run of a pipeline tells whoever started it. */
export interface Told {
  /** Errors, from the first phase that has some: those of the file, of the plan, or the failures of stages. */
  readonly errors: readonly Diagnostic[];
  /** Warnings of the file as they are, those of stages as `stage: text`. */
  readonly warnings: readonly string[];
  readonly artifacts: Readonly<Record<string, Artifact>>;
  /** Whether anything ran. */
  readonly ran: boolean;
}

export interface RunToTell {
  readonly pipeline: string;
  /** Contents by path, besides `pipeline.yaml`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly set?: Readonly<Record<string, string>>;
}

/** A folder in which pipelines run as users run them, in this process and with the bigram model. */
export class ToldRuns {
  readonly folder: string;
  readonly #lent = services([modelHost, bigramHost().host]);

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<ToldRuns> {
    return new ToldRuns(await mkdtemp(join(tmpdir(), 'assay-told-')));
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  async put(path: string, contents: string | Uint8Array): Promise<void> {
    const file = join(this.folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, contents);
  }

  async run({ pipeline, files = {}, set = {} }: RunToTell): Promise<Told> {
    await this.put('pipeline.yaml', pipeline);
    for (const [path, contents] of Object.entries(files)) await this.put(path, contents);
    const loaded = await loadPipeline(join(this.folder, 'pipeline.yaml'), {
      kinds: stageKinds,
      set,
      writeSetting: (setting) => `--set ${setting}`,
    });
    if (!loaded.ok) return stopped(loaded.problems);
    const place = {
      store: openStore(join(this.folder, 'store')),
      runsDir: join(this.folder, 'runs'),
      services: this.#lent,
    };
    const planned = await planPipeline(loaded.value, place);
    if (!planned.ok) return stopped(planned.problems);
    const warnings = [...loaded.warnings, ...planned.warnings].map(({ message }) => message);
    return ran(planned.value, place, warnings);
  }
}

async function ran(
  planned: PlannedPipeline,
  place: Parameters<typeof planPipeline>[1],
  warnings: readonly string[],
): Promise<Told> {
  const { record, folder } = await runPipeline(planned, { ...place, versions: {}, onEvent: () => undefined });
  const artifacts: [string, Artifact][] = [];
  for (const stage of record.stages) {
    if (stage.artifact !== undefined) artifacts.push([stage.name, await readArtifact(folder, stage)]);
  }
  return {
    errors: record.stages.flatMap(({ failure }) =>
      failure === undefined ? [] : [withRemedyWorded(failure)],
    ),
    warnings: [
      ...new Set([
        ...warnings,
        ...record.stages.flatMap((stage) => (stage.warnings ?? []).map((text) => `${stage.name}: ${text}`)),
      ]),
    ],
    artifacts: Object.fromEntries(artifacts),
    ran: true,
  };
}

function stopped(problems: readonly Diagnostic[]): Told {
  return {
    errors: problems.filter(({ severity }) => severity === 'error').map(withRemedyWorded),
    warnings: problems.filter(({ severity }) => severity === 'warning').map(({ message }) => message),
    artifacts: {},
    ran: false,
  };
}
