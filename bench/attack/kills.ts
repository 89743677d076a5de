import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/system/package-root.ts';
import type { RunRecord } from '../../src/engine/record.ts';
import { checkStore, seeded } from './store-check.ts';

const program = join(packageRoot, 'dist/src/cli/main.js');

/** Six formats of `questions` sums: about 40 distinct prefixes a question, scored by the model that ships. */
function pipelineOf(questions: number): string {
  const items = Array.from({ length: questions }, (_, n) => {
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
  /** Killed after the run had ended. */
  readonly late: number;
  /** Killed when some, but not all rows were kept: the rest was read by the second run. */
  readonly amidReading: number;
  readonly rowsReused: number;
  readonly stagesReused: number;
  readonly undisturbedMs: number;
  readonly problems: readonly string[];
}

/** Kills runs of the compiled program at random moments, runs again, and looks for anything that is not as it would have been. */
export async function killRuns({ kills, seed, questions, onKill }: KillOptions): Promise<KillFigures> {
  const dir = mkdtempSync(join(tmpdir(), 'assay-kills-'));
  const random = seeded(seed);
  const problems: string[] = [];
  const counts = { late: 0, amidReading: 0, rowsReused: 0, stagesReused: 0 };
  try {
    writeFileSync(join(dir, 'killed.yaml'), pipelineOf(questions));
    // The first run also fills what is kept per user, and the file cache.
    await finish(dir, 'warm');
    const undisturbed = await finish(dir, 'undisturbed');
    const expected = artifactsOf(undisturbed.record);
    const all = checkStore(join(dir, 'undisturbed', 'store'));
    for (let number = 0; number < kills; number += 1) {
      const name = `kill-${number}`;
      const store = join(dir, name, 'store');
      const complain = (what: string): unknown => problems.push(`kill ${number} (seed ${seed}): ${what}`);
      const died = await killAfter(dir, name, random() * 1.1 * undisturbed.ms);
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
      counts.late += died ? 0 : 1;
      counts.amidReading += before.rows.size > 0 && before.rows.size < all.rows.size ? 1 : 0;
      counts.rowsReused += before.rows.size;
      counts.stagesReused += before.actions.size;
      onKill?.(number, `${before.rows.size} of ${all.rows.size} rows, ${before.actions.size} stages kept`);
      rmSync(join(dir, name), { recursive: true });
    }
    return { kills, ...counts, undisturbedMs: Math.round(undisturbed.ms), problems };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function start(dir: string, name: string): ReturnType<typeof spawn> {
  mkdirSync(join(dir, name), { recursive: true });
  const args = ['run', 'killed.yaml', '--store', `${name}/store`, '--runs', `${name}/runs`];
  return spawn(process.execPath, [program, ...args], {
    cwd: dir,
    env: { ...process.env, NODE_OPTIONS: '', XDG_CACHE_HOME: join(dir, 'cache') },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

async function finish(
  dir: string,
  name: string,
): Promise<{ status: number | null; record: RunRecord; stderr: string; ms: number }> {
  const began = performance.now();
  const child = start(dir, name);
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const ms = performance.now() - began;
  const file = join(dir, name, 'runs/latest/run.json');
  return { status, record: JSON.parse(readFileSync(file, 'utf8')) as RunRecord, stderr, ms };
}

/** Whether it died of it: it may have ended before. */
async function killAfter(dir: string, name: string, ms: number): Promise<boolean> {
  const child = start(dir, name);
  child.stderr?.resume();
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.on('close', (_, signal) => resolve(signal)),
  );
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  const signal = await ended;
  clearTimeout(timer);
  return signal === 'SIGKILL';
}

function artifactsOf({ stages }: RunRecord): unknown {
  return stages.map(({ name, artifact }) => [name, artifact?.files]);
}
