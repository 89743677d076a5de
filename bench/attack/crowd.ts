import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KILL_AT } from './kill-hook.ts';
import { artifactsOf, chosen, finish, pipelineOf, start } from './kills.ts';
import { checkStore, seeded } from './store-check.ts';

export interface CrowdFigures {
  readonly processes: number;
  /** Runs that were started. */
  readonly runs: number;
  readonly killed: number;
  readonly succeeded: number;
  /** Pipelines, one after the other, of which each found a store without its results. */
  readonly rounds: number;
  readonly problems: readonly string[];
}

/** Sums of each pipeline, and how long all run it, in milliseconds. */
const QUESTIONS = 20;
const ROUND_MS = 5000;

/** What a run of a pipeline of that size has at least: the event that is named comes. */
const EVENTS = { batch: 1, lock: 8, object: 8, action: 7 };

/**
 * Many processes run the same pipelines on one store, and every other one is killed at a random event. In the end a run
 * has what a run alone has, to the byte, and the store is as it should be.
 */
export async function killInCrowd({
  processes,
  seconds,
  seed,
}: {
  readonly processes: number;
  readonly seconds: number;
  readonly seed: number;
}): Promise<CrowdFigures> {
  const dir = mkdtempSync(join(tmpdir(), 'assay-crowd-'));
  const random = seeded(seed);
  const problems: string[] = [];
  const counts = { runs: 0, killed: 0, succeeded: 0 };
  const began = performance.now();
  const fileOf = (number: number): string => `round-${number}.yaml`;
  const rounds = Math.ceil((1000 * seconds) / ROUND_MS);
  const round = (): number => Math.min(rounds - 1, Math.floor((performance.now() - began) / ROUND_MS));
  try {
    for (let number = 0; number < rounds; number += 1) {
      writeFileSync(join(dir, fileOf(number)), pipelineOf(QUESTIONS, number * QUESTIONS));
    }
    const work = async (process: number): Promise<void> => {
      for (let turn = 0; performance.now() - began < 1000 * seconds; turn += 1) {
        const env = random() < 0.5 ? { [KILL_AT]: JSON.stringify(chosen(random, EVENTS)) } : {};
        const name = `runs-${process}-${turn}`;
        const child = start(dir, name, env, { file: fileOf(round()), store: 'store' });
        let said = '';
        child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
        const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
          child.on('close', (...ended) => resolve(ended)),
        );
        counts.runs += 1;
        if (signal === 'SIGKILL') counts.killed += 1;
        else if (code === 0) counts.succeeded += 1;
        else problems.push(`process ${process}, turn ${turn} ended with ${String(code ?? signal)}: ${said}`);
        rmSync(join(dir, name), { recursive: true, force: true });
      }
    };
    await Promise.all(Array.from({ length: processes }, (_, process) => work(process)));
    for (let number = 0; number < rounds; number += 1) {
      const file = fileOf(number);
      const shared = await finish(dir, `shared-${number}`, {}, { file, store: 'store' });
      const alone = await finish(dir, `alone-${number}`, {}, { file });
      if (shared.status !== 0)
        problems.push(`round ${number}: ended with ${String(shared.status)}: ${shared.stderr}`);
      if (JSON.stringify(artifactsOf(shared.record)) !== JSON.stringify(artifactsOf(alone.record))) {
        problems.push(`round ${number}: other artifacts`);
      }
    }
    problems.push(...checkStore(join(dir, 'store')).problems);
    return { processes, ...counts, rounds, problems };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
