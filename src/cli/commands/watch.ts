import { separateForce } from '../options/force.ts';
import { type RunOptions, runOnce } from '../pipeline/run-once.ts';
import type { FileState } from '../../system/contents/file-state.ts';
import { ABSENT, nextChange, snapshot, type Snapshot } from '../watch/file-changes.ts';
import { findPipeline } from '../pipeline/find-pipeline.ts';
import { EXIT } from '../exit-codes.ts';
import { listenForInterrupts } from '../terminal/interrupt.ts';
import { reportFailure } from '../report-failure.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { UsageFailure } from '../usage-failure.ts';
import { blamedFiles, moduleFiles, namedFiles } from '../watch/watched-files.ts';
import { STOPPING, wordEdits, wordWatching } from '../wording/run.ts';

/**
 * `assay run --watch`: runs, and runs again whenever the pipeline file, its data or its stage modules are edited, until
 * Ctrl-C. One run at a time; an edit while one goes on is followed by another run, and stops nothing.
 */
export async function watchAndRun(terminal: Terminal, options: RunOptions, given?: string): Promise<number> {
  const { err, cwd } = terminal;
  const { force, ...unforced } = options;
  const separated = separateForce(force, given);
  const file = separated.file ?? (await findPipeline(cwd));
  let once: RunOptions = {
    ...unforced,
    ...(separated.force !== undefined && { force: separated.force }),
  };
  let running = true;
  const interruption = listenForInterrupts(() => err.write(running ? `\n${STOPPING}\n` : '\n'));
  /** What modules import is known once they are loaded, and stays known while they cannot be. */
  let imported: readonly string[] = [];
  try {
    for (;;) {
      const began = snapshot([...(await namedFiles(file, options.set)), ...imported]);
      const startedAt = Date.now();
      let blamed: readonly string[] = [];
      running = true;
      try {
        await runOnce(terminal, once, file, interruption, (planned) => (imported = moduleFiles(planned)));
      } catch (error) {
        reportFailure(error, terminal, options.format);
        if (error instanceof UsageFailure) blamed = blamedFiles(error.problems, cwd);
      }
      running = false;
      // What was to be computed anew has been.
      once = unforced;
      interruption.listen();
      if (!interruption.signal.aborted) err.write(wordWatching(file, cwd));
      const before = withNews(began, [...imported, ...blamed], startedAt);
      const changed = await nextChange(before, interruption.signal);
      if (interruption.signal.aborted) return interruption.exitCode() ?? EXIT.interrupted;
      err.write(wordEdits(changed, cwd));
    }
  } finally {
    interruption.release();
  }
}

/** With files that the run has only now named: one that was written since the start counts as changed. */
function withNews(began: Snapshot, named: readonly string[], startedAt: number): Snapshot {
  const news = snapshot(named.filter((file) => !began.has(file)));
  const isLater = ({ youngestNs }: FileState) => Number(youngestNs / 1_000_000n) >= startedAt;
  return new Map([
    ...began,
    ...[...news].map(([file, state]): [string, FileState] => [file, isLater(state) ? ABSENT : state]),
  ]);
}
