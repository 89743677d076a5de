import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeArtifact, encodeArtifact } from '../../src/engine/artifact-io.ts';
import type { Artifact } from '../../src/engine/artifact.ts';
import { loadPipeline } from '../../src/engine/index.ts';
import type { CheckedPipeline, StageToRun } from '../../src/engine/pipeline/pipeline.ts';
import { checkInputs } from '../../src/engine/computing/check-inputs.ts';
import { services } from '../../src/engine/stage-kind.ts';
import { seededRandom } from '../../src/statistics/random.ts';
import { isFailure } from '../../src/system/failure.ts';
import { must } from '../../src/system/internal-error.ts';
import { stageKinds } from '../../stages/index.ts';
import { faultIn, type Given } from './expected.ts';
import { tableOf, writtenAs, type MadeTable } from './made-table.ts';

/** What became of one generated pipeline. */
export interface Trial {
  /** What was wrong without a word; absent where all is right. */
  readonly fault?: string;
  /** Stages whose result is that of the independent computation. */
  readonly equal: number;
  /** Stages that were refused, with a place. */
  readonly refused: number;
}

/**
 * One generated table, with names, types, orders and values that are traps, through dataset, variants, table, aggregate,
 * correlate, results and, where asked for, plot. Each stage gives what an independent computation gives, with a warning that
 * counts what was left out, or fails at a place. In every sixth pipeline one column is misspelt: then a stage must fail.
 *
 * @param folder for the pipeline and its data @param draws whether the figure is drawn, which takes a second
 */
export async function tryTable(
  seed: number,
  folder: string,
  { draws }: { readonly draws: boolean },
): Promise<Trial> {
  const random = seededRandom(seed);
  const table = tableOf(random);
  const misspelt = random() < 1 / 6;
  const { pipeline, file, text } = pipelineOf(table, { misspelt, draws }, random);
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'pipeline.yaml');
  await writeFile(path, pipeline);
  if (file !== undefined) await writeFile(join(folder, file), text);
  const loaded = await loadPipeline(path, { kinds: stageKinds });
  if (!loaded.ok) {
    const lost = loaded.problems.find(({ place }) => place === undefined);
    const fault = lost === undefined ? undefined : `a problem without a place: ${lost.message}`;
    return { equal: 0, refused: loaded.problems.length, ...(fault !== undefined && { fault }) };
  }
  return ranStages(loaded.value, table, {
    misspelt,
    doubts: loaded.warnings.map(({ message }) => message),
  });
}

async function ranStages(
  { stages, baseDir, locator }: CheckedPipeline,
  table: MadeTable,
  { misspelt, doubts }: { readonly misspelt: boolean; readonly doubts: readonly string[] },
): Promise<Trial> {
  const given = new Map<string, Given>();
  let equal = 0;
  let refused = 0;
  for (const stage of stages) {
    const sources = Object.entries(stage.from);
    if (sources.some(([, source]) => !given.has(source))) continue;
    const inputs = Object.fromEntries(
      sources.map(([input, source]) => [input, must(given.get(source), 'a result').artifact] as const),
    );
    const warnings = [...doubts];
    try {
      const artifact = await runStage({ ...stage, baseDir }, inputs, warnings);
      given.set(stage.name, { artifact, warnings });
    } catch (error) {
      if (!isFailure(error)) {
        return {
          equal,
          refused,
          fault: `${stage.name}: ${error instanceof Error ? (error.stack ?? '') : String(error)}`,
        };
      }
      const { path, where, message } = error.details;
      const isPlaced = path !== undefined || where !== undefined || locator.has(['stages', stage.name]);
      if (!isPlaced) return { equal, refused, fault: `${stage.name}: a failure without a place: ${message}` };
      refused += 1;
      continue;
    }
    const fault = faultIn(stage.name, given, table);
    if (fault !== undefined) return { equal, refused, fault: `${stage.name}: ${fault}` };
    equal += 1;
  }
  if (misspelt && refused === 0) return { equal, refused, fault: 'a misspelt column went unnoticed' };
  return { equal, refused };
}

/** A stage as the engine runs it: options checked against the inputs that are there, the result through its stored form. */
async function runStage(
  stage: Pick<StageToRun, 'kind' | 'options' | 'name'> & { readonly baseDir: string },
  inputs: Readonly<Record<string, Artifact>>,
  warnings: string[],
): Promise<Artifact> {
  const { kind, options, name, baseDir } = stage;
  checkInputs(stage, inputs, baseDir);
  const artifact = await kind.run({
    stage: name,
    options,
    inputs,
    externals: {},
    baseDir,
    services: services(),
    signal: new AbortController().signal,
    progress: () => undefined,
    warn: (message) => warnings.push(message),
    judge: () => undefined,
    measure: () => undefined,
  });
  return decodeArtifact(artifact.type, encodeArtifact(artifact));
}

/** The pipeline in YAML of JSON, and the data file where it has one. */
function pipelineOf(
  table: MadeTable,
  { misspelt, draws }: { readonly misspelt: boolean; readonly draws: boolean },
  random: () => number,
): { readonly pipeline: string; readonly file?: string; readonly text: string } {
  const written = writtenAs(table, random);
  const [label, x, y, text] = [table.label, table.x, table.y, table.text].map(({ name }) => name) as [
    string,
    string,
    string,
    string,
  ];
  const named = (name: string, place: number): string => (place === wrong ? `${name}q` : name);
  const d = (name: string): string => `d[${JSON.stringify(name)}]`;
  const identifier = /^[\p{ID_Start}_]\p{ID_Continue}*$/u.test(text);
  const wrong = misspelt ? Math.floor(random() * (identifier ? 6 : 5)) + (identifier ? 0 : 1) : -1;
  const stages: Record<string, unknown> = {
    v: {
      uses: 'variants',
      from: 'rows',
      with: {
        formats: {
          [table.format]: { template: identifier ? `{{ ${named(text, 0)} }}` : 'same' },
          '7': { template: '2' },
        },
      },
    },
    t: {
      uses: 'table',
      from: 'rows',
      with: {
        verbs: [
          { filter: `${d(named(x, 1))} > 1` },
          { orderby: [named(x, 2), y] },
          { derive: { 'the sum': `${d(x)} + ${d(y)}` } },
        ],
      },
    },
    a: {
      uses: 'aggregate',
      from: 'rows',
      with: { by: [named(label, 3)], measure: x, statistics: ['mean', 'median', 'min', 'count'] },
    },
    c: { uses: 'correlate', from: 'rows', with: { x: named(x, 4), y, methods: ['pearson'] } },
    r: {
      uses: 'results',
      from: 'a',
      with: { values: { [table.format]: { input: 'rows', index: named(label, 5), column: 'mean' } } },
    },
    ...(draws && {
      p: {
        uses: 'plot',
        from: 'rows',
        with: {
          spec: {
            mark: 'point',
            encoding: { x: { field: x.replaceAll(/[.[\]\\]/g, '\\$&'), type: 'quantitative' } },
          },
        },
      },
    }),
  };
  const lines = Object.entries(stages).map(([name, stage]) => `  ${name}: ${JSON.stringify(stage)}\n`);
  return {
    pipeline: `stages:\n  rows: { uses: dataset, with: ${written.options} }\n${lines.join('')}`,
    ...(written.file !== undefined && { file: written.file }),
    text: written.text,
  };
}
