import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/system/package-root.ts';
import type { LongWork } from './long-work.ts';
import { checkStore } from './store-check.ts';

const program = join(packageRoot, 'dist/src/cli/main.js');

export interface Interrupted {
  /** From the first signal until the program said that it stops, or ended. */
  readonly answeredMs: number;
  /** From the second signal, which came once the first was answered, until it ended; absent where the first was enough. */
  readonly endedMs?: number;
  /** It had ended before the first signal came. */
  readonly isLate: boolean;
  /** What the next run, of less work, and the store then have that is not right. */
  readonly problems: readonly string[];
}

export interface SignalOptions {
  readonly signal: 'SIGINT' | 'SIGTERM';
  /** How long the work has gone on when the signal comes, in milliseconds. */
  readonly afterMs: number;
  /** Whether a run comes after it. */
  readonly goOn: boolean;
}

/** Signals the compiled program while it works, twice, and runs it again. */
export async function interrupt(
  work: LongWork,
  { signal, afterMs, goOn }: SignalOptions,
): Promise<Interrupted> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-signals-'));
  // A server that takes what is asked and never answers.
  const hub = createServer(() => undefined);
  await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve));
  const at = { folder, endpoint: `http://127.0.0.1:${(hub.address() as AddressInfo).port}` };
  try {
    work.prepare(folder, 'large');
    for (const args of work.before ?? []) await start(args, at).ended;
    const interrupted = await signalled(work, at, { signal, afterMs });
    const problems: string[] = [];
    if (goOn) {
      work.prepare(folder, 'small');
      for (const args of work.before ?? []) await start(args, at).ended;
      const { code, stdout, stderr } = await start(work.args, at).ended;
      if (code !== 0) problems.push(`the next one ended with ${code}: ${stderr}`);
      if (!work.says.test(stdout)) problems.push(`the next one said ${stdout}`);
      const left = checkStore(join(folder, '.assay')).problems;
      problems.push(...left.filter((problem) => !/^objects.*damaged/.test(problem) || work.name !== 'gc'));
    }
    return { ...interrupted, problems };
  } finally {
    hub.closeAllConnections();
    hub.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Where {
  readonly folder: string;
  readonly endpoint: string;
}

async function signalled(
  { args, begun }: LongWork,
  at: Where,
  { signal, afterMs }: Pick<SignalOptions, 'signal' | 'afterMs'>,
): Promise<Omit<Interrupted, 'problems'>> {
  const { child, ended } = start(args, at);
  let first: number | undefined;
  let answered: number | undefined;
  let second: number | undefined;
  let said = '';
  const listen = (text: string): void => {
    said += text;
    if (begun?.test(said) === true) begin();
    if (first === undefined || answered !== undefined || !said.includes('Stopping')) return;
    answered = performance.now();
    // A moment later, so that it is amid what the first one began.
    setTimeout(() => {
      second = performance.now();
      child.kill(signal);
    }, 100);
  };
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer ??= setTimeout(() => {
      first = performance.now();
      child.kill(signal);
    }, afterMs);
  };
  child.stderr.on('data', listen);
  if (begun === undefined) begin();
  await ended;
  clearTimeout(timer);
  const end = performance.now();
  return {
    isLate: first === undefined,
    answeredMs: first === undefined ? 0 : (answered ?? end) - first,
    ...(second !== undefined && { endedMs: end - second }),
  };
}

function start(args: readonly string[], { folder, endpoint }: Where) {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      XDG_CACHE_HOME: join(folder, 'cache'),
      HF_HOME: join(folder, 'hf'),
      HF_ENDPOINT: endpoint,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}
