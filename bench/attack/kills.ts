import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../src/system/package-root.ts';
import { must } from '../../src/system/internal-error.ts';
import type { RunRecord } from '../../src/engine/record.ts';
import { COUNT_INTO, type EventCounts, KILL_AT, type KillAt, killEvents, killMoments } from './kill-hook.ts';
import { checkStore, seeded } from './store-check.ts';

const program = join(packageRoot, 'dist/src/cli/main.js');
const hook = pathToFileURL(join(packageRoot, 'dist/bench/attack/kill-hook.js')).href;

/**
 * Six formats of `questions` sums: about 40 distinct prefixes a question, scored by the model that ships.
 * @param from number of the first question
 */
export function pipelineOf(questions: number, from = 0): string {
  const items = Array.from({ length: questions }, (_, index) => {
    const n = from + index;
    const [a, b] = [11 + n, 5 + ((n * 37) % 90)];
    return `        - { question: What is the sum of ${a} and ${b}?, answer: "${a + b}" }`;
  });
  return `name: killed
stages:
  questions:
    uses: dataset
    with:
      key: [question]
      items:
${items.join('\n')}
  prompts:
    uses: variants
    from: questions
    with:
      formats:
        stackoverflow: { template: "**Question:**\\n{{ question }}\\n\\n**Answer:**" }
        wikipedia: { template: "{{ question }}\\n\\nAccording to available sources," }
        chat: { template: "User: {{ question }}\\nAssistant:" }
        plain: { template: "{{ question }}" }
        reversed: { transform: reverse }
        uppercase: { transform: uppercase }
  scores: { uses: score, from: prompts, with: { target: " {{ answer }}" } }
  perplexities: { uses: perplexity, from: prompts }
  ranking: { uses: aggregate, from: scores, with: { by: [format], measure: target_log_prob, statistics: [mean, stdev], order: -mean } }
  surprise: { uses: aggregate, from: perplexities, with: { by: [format], measure: log_perplexity, statistics: [mean] } }
  correlation: { uses: correlate, from: scores, with: { x: prompt_log_perplexity, y: target_log_prob, methods: [spearman] } }
`;
}

export interface KillOptions {
  readonly kills: number;
  readonly seed: number;
  readonly questions: number;
  readonly onKill?: (number: number, outcome: string) => void;
}

export interface KillFigures {
  readonly kills: number;
  /** Runs that were killed before all that there was to do was done. */
  readonly amidWork: number;
  /** How many kills hit which moment of which event: `object amid`. */
  readonly moments: Readonly<Record<string, number>>;
  /** How many events of each kind an undisturbed run has. */
  readonly events: EventCounts;
  /** Killed when some, but not all rows were kept: the rest was read by the second run. */
  readonly amidReading: number;
  readonly rowsReused: number;
  readonly stagesReused: number;
  readonly undisturbedMs: number;
  readonly problems: readonly string[];
}

/** Kills runs of the compiled program at events, runs again, and looks for anything that is not as it would have been. */
export async function killRuns({ kills, seed, questions, onKill }: KillOptions): Promise<KillFigures> {
  const dir = mkdtempSync(join(tmpdir(), 'assay-kills-'));
  const random = seeded(seed);
  const problems: string[] = [];
  const moments: Record<string, number> = {};
  const counts = { amidWork: 0, amidReading: 0, rowsReused: 0, stagesReused: 0 };
  try {
    writeFileSync(join(dir, 'killed.yaml'), pipelineOf(questions));
    // The first run also fills what is kept per user, and the file cache.
    await finish(dir, 'warm');
    const undisturbed = await finish(dir, 'undisturbed', { [COUNT_INTO]: join(dir, 'events.json') });
    const events = JSON.parse(readFileSync(join(dir, 'events.json'), 'utf8')) as EventCounts;
    const expected = artifactsOf(undisturbed.record);
    const all = checkStore(join(dir, 'undisturbed', 'store'));
    for (let number = 0; number < kills; number += 1) {
      const name = `kill-${number}`;
      const store = join(dir, name, 'store');
      const at = chosen(random, events);
      const moment = `${at.event} ${at.moment}`;
      const complain = (what: string): unknown =>
        problems.push(`kill ${number} (seed ${seed}, ${moment} ${at.number}): ${what}`);
      const isDead = await killAt(dir, name, at);
      if (isDead) moments[moment] = (moments[moment] ?? 0) + 1;
      const before = checkStore(store);
      // A lock that a dead process left is no problem yet: it must not hinder the next.
      for (const problem of before.problems) if (!problem.endsWith('is left')) complain(problem);
      const { status, record, stderr } = await finish(dir, name);
      if (status !== 0) complain(`the second run ended with ${String(status)}: ${stderr}`);
      if (JSON.stringify(artifactsOf(record)) !== JSON.stringify(expected)) complain('other artifacts');
      for (const { name: stage, keyDigest = '', state } of record.stages) {
        if (before.actions.has(keyDigest) && state !== 'cached') complain(`${stage} was computed twice`);
      }
      const after = checkStore(store);
      for (const problem of after.problems) complain(problem);
      for (const key of all.rows) if (!after.rows.has(key)) complain(`row ${key} is missing`);
      if (after.rows.size !== all.rows.size) complain(`${after.rows.size} rows, not ${all.rows.size}`);
      counts.amidWork += isDead && before.actions.size < all.actions.size ? 1 : 0;
      counts.amidReading += before.rows.size > 0 && before.rows.size < all.rows.size ? 1 : 0;
      counts.rowsReused += before.rows.size;
      counts.stagesReused += before.actions.size;
      const kept = `${before.rows.size} of ${all.rows.size} rows, ${before.actions.size} stages kept`;
      onKill?.(number, `${isDead ? moment : `ended before ${moment}`} ${at.number}: ${kept}`);
      rmSync(join(dir, name), { recursive: true });
    }
    return { kills, ...counts, moments, events, undisturbedMs: Math.round(undisturbed.ms), problems };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A random moment of a random event: each kind of event as often as any other, though there are fewer of some. */
export function chosen(random: () => number, events: EventCounts): KillAt {
  const oneOf = <T>(all: readonly T[]): T => must(all[Math.floor(random() * all.length)], 'one of them');
  const event = oneOf(killEvents.filter((each) => events[each] > 0));
  const number = 1 + Math.floor(random() * events[event]);
  return { event, number, moment: oneOf(killMoments) };
}

/** Starts a run of `killed.yaml`, or of another file, with a store and a folder of runs of this name. */
export function start(
  dir: string,
  name: string,
  env: Readonly<Record<string, string>> = {},
  { file = 'killed.yaml', store = `${name}/store` }: { readonly file?: string; readonly store?: string } = {},
): ReturnType<typeof spawn> {
  mkdirSync(join(dir, name), { recursive: true });
  const args = ['--import', hook, program, 'run', file, '--store', store, '--runs', `${name}/runs`];
  return spawn(process.execPath, args, {
    cwd: dir,
    env: { ...process.env, NODE_OPTIONS: '', XDG_CACHE_HOME: join(dir, 'cache'), ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

export interface Finished {
  readonly status: number | null;
  readonly record: RunRecord;
  readonly stderr: string;
  readonly ms: number;
}

export async function finish(...started: Parameters<typeof start>): Promise<Finished> {
  const [dir, name] = started;
  const began = performance.now();
  const child = start(...started);
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const ms = performance.now() - began;
  const file = join(dir, name, 'runs/latest/run.json');
  return { status, record: JSON.parse(readFileSync(file, 'utf8')) as RunRecord, stderr, ms };
}

/** Whether it died of it: the event may not have come. */
async function killAt(dir: string, name: string, at: KillAt): Promise<boolean> {
  const child = start(dir, name, { [KILL_AT]: JSON.stringify(at) });
  child.stderr?.resume();
  const signal = await new Promise<NodeJS.Signals | null>((resolve) =>
    child.on('close', (_, died) => resolve(died)),
  );
  return signal === 'SIGKILL';
}

export function artifactsOf({ stages }: RunRecord): unknown {
  return stages.map(({ name, artifact }) => [name, artifact?.files]);
}
