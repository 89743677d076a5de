import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { stageKinds } from '../../stages/index.ts';
import { modelHost, type OpenModelHost } from '../../src/hosting/model-host.ts';
import {
  loadPipeline,
  openStore,
  planPipeline,
  readArtifact,
  readRun,
  runPipeline,
} from '../../src/engine/index.ts';
import type { Result } from '../../src/engine/diagnostic.ts';
import type { RunRecord, RunStage } from '../../src/engine/record.ts';
import { isFailure } from '../../src/system/failure.ts';
import { services } from '../../src/engine/stage-kind.ts';
import { openReadingLog, type ReadingLog } from '../../src/engine/store/reading-log.ts';
import { thisProcess } from '../../src/system/processes/process.ts';
import { seal } from '../../src/engine/store/sealed.ts';
import { checkStore, filesIn, seeded } from './store-check.ts';

const pipeline = `name: damaged
stages:
  questions:
    uses: dataset
    with:
      key: [question]
      items:
        - { question: What is the sum of 45 and 67?, answer: "112" }
        - { question: What is the capital of Germany?, answer: Berlin }
  prompts:
    uses: variants
    from: questions
    with: { formats: { plain: { template: "{{ question }}" }, chat: { template: "User: {{ question }}\\nAssistant:" } } }
  scores: { uses: score, from: prompts, with: { target: " {{ answer }}" } }
  perplexities: { uses: perplexity, from: prompts }
  ranking: { uses: aggregate, from: scores, with: { by: [format], measure: target_log_prob, statistics: [mean] } }
  summary: { uses: findings, from: { ranking: ranking }, with: { template: "{{ ranking[0].format }}" } }
`;

/** Where damage is done. For rows, the stages that read the model have to run again, so that rows are asked for. */
const targets = ['objects', 'actions', 'rows', 'runs', 'interrupted'] as const;
const ways = ['flip', 'truncate', 'delete'] as const;

export interface DamageOptions {
  readonly damages: number;
  readonly seed: number;
  readonly openHost: (rows: ReadingLog) => OpenModelHost;
}

export interface DamageFigures {
  readonly damages: number;
  /** How many there were, by way and target. */
  readonly done: Readonly<Record<string, number>>;
  /** How many made a stage run again. */
  readonly healed: number;
  readonly problems: readonly string[];
}

interface Ran {
  readonly record: RunRecord;
  readonly folder: string;
}

/**
 * Damages one file of a store or a run folder at random, runs again, and looks whether anything that is served differs from
 * what was computed.
 */
export async function damageStores({ damages, seed, openHost }: DamageOptions): Promise<DamageFigures> {
  const dir = mkdtempSync(join(tmpdir(), 'assay-damages-'));
  const random = seeded(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const problems: string[] = [];
  const done: Record<string, number> = {};
  let healed = 0;
  const run = async (): Promise<Ran> => {
    const rows = openReadingLog(join(dir, 'now/store/rows'));
    const host = openHost(rows);
    try {
      return await runOnce(join(dir, 'now'), host);
    } finally {
      await host.dispose();
    }
  };
  try {
    writeFileSync(join(dir, 'damaged.yaml'), pipeline);
    const base = await run();
    const contents = await contentsOf(base);
    interrupt(base);
    cpSync(join(dir, 'now'), join(dir, 'base'), { recursive: true });
    for (let number = 0; number < damages; number += 1) {
      rmSync(join(dir, 'now'), { recursive: true });
      cpSync(join(dir, 'base'), join(dir, 'now'), { recursive: true });
      const [target, way] = [pick(targets), pick(ways)];
      const complain = (what: string): unknown =>
        problems.push(`damage ${number} (seed ${seed}), ${way} in ${target}: ${what}`);
      done[`${way} in ${target}`] = (done[`${way} in ${target}`] ?? 0) + 1;
      if (target === 'rows') forgetModelStages(join(dir, 'now'), base.record);
      const what = damage(join(dir, 'now'), folderOf(target), way, random);

      const served = await readBack(join(dir, 'now/runs'), base, contents, target === 'interrupted');
      if (served !== undefined) complain(`${what}: ${served}`);
      const again = await run();
      if (again.record.state !== 'succeeded') complain(`${what}: the run ${again.record.state}`);
      if (!isDeepStrictEqual(await contentsOf(again), contents)) complain(`${what}: other artifacts`);
      for (const stage of again.record.stages) {
        const before = base.record.stages.find(({ name }) => name === stage.name);
        if (stage.state === 'cached' && !isDeepStrictEqual(saidBy(stage), saidBy(before))) {
          complain(`${what}: other figures or warnings of ${stage.name}`);
        }
      }
      if (again.record.stages.some(({ state }) => state === 'ran')) healed += 1;
      // Afterwards nothing is amiss.
      for (const problem of checkStore(join(dir, 'now/store')).problems) {
        if (!problem.includes('computed twice')) complain(`${what}: after healing, ${problem}`);
      }
      const last = await run();
      if (last.record.stages.some(({ state }) => state !== 'cached')) complain(`${what}: not healed`);
    }
    return { damages, done, healed, problems };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function runOnce(dir: string, host: OpenModelHost): Promise<Ran> {
  const file = join(dir, '../damaged.yaml');
  const store = openStore(join(dir, 'store'));
  const runsDir = join(dir, 'runs');
  const lent = services([modelHost, host]);
  const checked = must(await loadPipeline(file, { kinds: stageKinds }));
  const planned = must(await planPipeline(checked, { store, runsDir, services: lent }));
  return runPipeline(planned, { store, runsDir, services: lent, onEvent: () => undefined, versions: {} });
}

function must<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(JSON.stringify(result.problems, null, 2));
}

async function contentsOf({ record, folder }: Ran): Promise<unknown> {
  return Promise.all(
    record.stages.map(async (stage) => [
      stage.name,
      stage.artifact?.files,
      await readArtifact(folder, stage),
    ]),
  );
}

function saidBy(stage: RunStage | undefined): unknown {
  return [stage?.figures, stage?.warnings, stage?.key, stage?.artifact];
}

/** A copy of the run as it would be had it been killed just before its end: its stages are known by its events alone. */
function interrupt({ record, folder }: Ran): void {
  const copy = folder.replace(/[0-9a-f]{6}$/, '000000');
  cpSync(folder, copy, { recursive: true });
  const process = { ...thisProcess(), bootId: 'of an earlier start' };
  const { text } = seal({ ...record, sha256: undefined, state: 'running', process, stages: [] }, 2);
  writeFileSync(join(copy, 'run.json'), `${text}\n`);
}

function folderOf(target: (typeof targets)[number]): (file: string) => boolean {
  if (target === 'runs') return (file) => file.startsWith('runs') && !file.includes('-000000/');
  if (target === 'interrupted') return (file) => file.includes('-000000/');
  return (file) => file.startsWith(`store/${target}`);
}

function forgetModelStages(dir: string, { stages }: RunRecord): void {
  for (const { uses, keyDigest = '' } of stages) {
    if (uses === 'score' || uses === 'perplexity') rmSync(join(dir, 'store/actions', `${keyDigest}.json`));
  }
}

function damage(
  dir: string,
  isTarget: (file: string) => boolean,
  way: (typeof ways)[number],
  random: () => number,
): string {
  const files = filesIn(dir).filter((file) => isTarget(file));
  const file = files[Math.floor(random() * files.length)] ?? '';
  const path = join(dir, file);
  const bytes = readFileSync(path);
  const at = Math.floor(random() * bytes.length);
  const bit = Math.floor(random() * 8);
  if (way === 'delete') rmSync(path);
  else if (way === 'truncate') truncateSync(path, at);
  else {
    bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
    writeFileSync(path, bytes);
  }
  return `${file} at byte ${at}, bit ${bit}`;
}

/** What is served of the first run that is not so, if anything. */
async function readBack(
  runsDir: string,
  { record, folder }: Ran,
  contents: unknown,
  interrupted: boolean,
): Promise<string | undefined> {
  const id = interrupted ? record.id.replace(/[0-9a-f]{6}$/, '000000') : record.id;
  const found = await readRun(runsDir, id);
  if (!found.ok) return undefined;
  const read = found.value.record;
  const expected = interrupted ? 'interrupted' : record.state;
  if (read.state !== expected) return `the record says ${read.state}`;
  if (!interrupted && !isDeepStrictEqual(read, record)) return 'the record differs';
  for (const stage of read.stages) {
    const before = record.stages.find(({ name }) => name === stage.name);
    if (!isDeepStrictEqual(stage, before)) return `the record differs in ${stage.name}`;
    try {
      const artifact = await readArtifact(interrupted ? found.value.folder : folder, stage);
      const [, , original] = (contents as unknown[][]).find(([name]) => name === stage.name) ?? [];
      if (!isDeepStrictEqual(artifact, original)) return `another artifact of ${stage.name}`;
    } catch (error) {
      if (!isFailure(error)) return `reading the artifact of ${stage.name}: ${String(error)}`;
    }
  }
  return undefined;
}
