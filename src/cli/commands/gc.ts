import { collectGarbage } from '../../engine/index.ts';
import { EXIT } from '../exit-codes.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { usageFailure } from '../usage-failure.ts';
import { wordGarbage } from '../wording/gc.ts';

export interface GcCommandOptions {
  readonly format: 'text' | 'json';
  readonly store: string;
  readonly runs: string;
  readonly keepRuns?: string;
  readonly deleteRuns?: boolean;
  readonly maxSize?: string;
  readonly dryRun?: boolean;
  readonly list?: boolean;
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
    ...(keepRuns === undefined ? {} : { keepRuns: countOf(keepRuns) }),
    ...(maxSize === undefined ? {} : { maxBytes: bytesOf(maxSize) }),
  });
  const { out, cwd } = terminal;
  out.write(
    options.format === 'json'
      ? `${JSON.stringify(report, null, 2)}\n`
      : wordGarbage(report, { colors: out.colors, cwd, list: options.list === true }),
  );
  return EXIT.ok;
}

function countOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw usageFailure('bad-count', '--keep-runs: expected a whole number of at least 0', {
    found: `\`${text}\``,
  });
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

function bytesOf(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const factor = UNITS[unit.toUpperCase()];
  if (number === '' || factor === undefined) {
    throw usageFailure('bad-size', '--max-size: expected a size such as 500MB, 2GB or 1GiB', {
      found: `\`${text}\``,
    });
  }
  return Math.floor(Number(number) * factor);
}
