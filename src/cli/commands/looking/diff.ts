import { diffRuns } from '../../../engine/diff/diff-runs.ts';
import type { Tolerance } from '../../../engine/diff/run-diff.ts';
import { readArtifact, readRun } from '../../../engine/index.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { valueOf } from '../../usage-failure.ts';
import { wordDiff } from '../../wording/diff/run-diff.ts';
import { wordJson } from '../../wording/forms/json.ts';

export interface DiffCommandOptions {
  readonly format: 'text' | 'json';
  readonly runs: string;
  readonly tolerance?: Tolerance;
  readonly all?: boolean;
}

/** Rows, cells and lines of each list that are shown without `--all`. */
const MOST = 10;

/** `assay diff [A [B]]`. Exit code 0 whether they differ or not: to differ is no failure. */
export async function diff(
  terminal: Terminal,
  options: DiffCommandOptions,
  a?: string,
  b?: string,
): Promise<number> {
  const read = async (ref: string) => valueOf(await readRun(options.runs, ref));
  const [first, second] = [await read(a ?? 'latest~1'), await read(b ?? 'latest')];
  const { tolerance } = options;
  const found = await diffRuns(first, second, {
    readArtifact,
    ...(tolerance !== undefined && { tolerance }),
  });
  const { out } = terminal;
  if (options.format === 'json') out.write(wordJson(found));
  else
    out.write(wordDiff(found, { colors: out.colors, most: options.all ? Number.POSITIVE_INFINITY : MOST }));
  return EXIT.ok;
}
