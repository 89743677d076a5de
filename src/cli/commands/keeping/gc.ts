import { jsonText } from '../../wording/forms/json.ts';
import { resolve } from 'node:path';
import { collectGarbage } from '../../../engine/index.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { usageFailure } from '../../usage-failure.ts';
import { wordGarbage } from '../../wording/keeping/gc.ts';

export interface GcCommandOptions {
  readonly format: 'text' | 'json';
  readonly store: string;
  readonly runs: string;
  readonly keepRuns?: number;
  readonly deleteRuns?: boolean;
  /** In bytes. */
  readonly maxSize?: number;
  readonly dryRun?: boolean;
  readonly list?: boolean;
  readonly forget: readonly string[];
}

/** `assay gc`: removes from the store what no run needs. */
export async function gc(terminal: Terminal, options: GcCommandOptions): Promise<number> {
  const { keepRuns, maxSize, deleteRuns = false, dryRun = false } = options;
  if (deleteRuns && keepRuns === undefined) {
    throw usageFailure('runs-to-keep-unknown', '--delete-runs needs --keep-runs', {
      next: 'for example --keep-runs 10 --delete-runs',
    });
  }
  const report = await collectGarbage({
    store: options.store,
    runsDir: options.runs,
    deleteRuns,
    dryRun,
    forget: options.forget.map((folder) => resolve(terminal.cwd, folder)),
    ...(keepRuns !== undefined && { keepRuns }),
    ...(maxSize !== undefined && { maxBytes: maxSize }),
  });
  const { out, cwd } = terminal;
  out.write(
    options.format === 'json'
      ? jsonText(report)
      : wordGarbage(report, { colors: out.colors, cwd, list: options.list === true }),
  );
  return EXIT.ok;
}
