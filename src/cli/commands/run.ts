import { type RunOptions, runOnce } from '../pipeline/run-once.ts';
import { listenForInterrupts } from '../terminal/interrupt.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { STOPPING } from '../wording/run.ts';

export interface RunCommandOptions extends RunOptions {
  /** Show the plan, and run nothing. */
  readonly dryRun?: boolean;
  /** Run again on every edit. */
  readonly watch?: boolean;
}

/** `assay run`: progress on stderr, results on stdout. */
export async function run(
  terminal: Terminal,
  { dryRun = false, watch = false, ...options }: RunCommandOptions,
  given?: string,
): Promise<number> {
  if (dryRun) return (await import('./plan.ts')).plan(terminal, options, given);
  // Who runs a pipeline runs what it brings.
  const trusting = options.untrusted === true ? options : { ...options, trust: true };
  if (watch) return (await import('./watch.ts')).watchAndRun(terminal, trusting, given);
  const interruption = listenForInterrupts(() => terminal.err.write(`\n${STOPPING}\n`));
  try {
    return await runOnce(terminal, trusting, given, interruption);
  } finally {
    interruption.release();
  }
}
