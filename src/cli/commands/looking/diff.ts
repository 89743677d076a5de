import { diffRuns } from '../../../engine/diff/diff-runs.ts';
import type { RunDiff, Tolerance } from '../../../engine/diff/run-diff.ts';
import { readArtifact, readRun } from '../../../engine/index.ts';
import { EXIT } from '../../exit-codes.ts';
import { checkFailOn, judgeFailOn } from '../../expressions/fail-on.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { valueOf } from '../../usage-failure.ts';
import type { DiffStyle } from '../../wording/diff/changes.ts';
import { wordJson } from '../../wording/forms/json.ts';

export interface DiffCommandOptions {
  readonly format: 'text' | 'json' | 'markdown' | 'html' | 'csv';
  readonly runs: string;
  readonly tolerance?: Tolerance;
  readonly all?: boolean;
  readonly failOn?: string;
}

/** Rows, cells and lines of each list that are shown without `--all`. */
const MOST = 10;

/**
 * `assay diff [A [B [C ...]]]`: A is what the others are compared with. Exit code 0 whether they differ or not, since to
 * differ is no failure; 1 where `--fail-on` holds of a stage.
 */
export async function diff(
  terminal: Terminal,
  options: DiffCommandOptions,
  a?: string,
  b?: string,
  more: readonly string[] = [],
): Promise<number> {
  const { tolerance, failOn } = options;
  if (failOn !== undefined) checkFailOn(failOn);
  const read = async (ref: string) => valueOf(await readRun(options.runs, ref));
  const first = await read(a ?? 'latest~1');
  const others = await Promise.all([b ?? 'latest', ...more].map(read));
  const found: RunDiff[] = [];
  for (const other of others) {
    found.push(await diffRuns(first, other, { readArtifact, ...(tolerance !== undefined && { tolerance }) }));
  }
  const { out } = terminal;
  const most = options.all === true ? Number.POSITIVE_INFINITY : MOST;
  out.write(await wordIn(options.format, found, { colors: out.colors, most }));
  return failOn === undefined ? EXIT.ok : told(failOn, found, terminal);
}

/** One difference as it is in JSON, several as a list; every other form has room for any number. */
async function wordIn(
  format: DiffCommandOptions['format'],
  diffs: readonly RunDiff[],
  style: DiffStyle,
): Promise<string> {
  switch (format) {
    case 'text':
      return (await import('../../wording/diff/several.ts')).wordDiffs(diffs, style);
    case 'json':
      return wordJson(diffs.length === 1 ? diffs[0] : diffs);
    case 'csv':
      return (await import('../../wording/diff/csv.ts')).wordCsv(diffs);
    case 'markdown':
    case 'html': {
      const { documentOf } = await import('../../wording/diff/document.ts');
      const blocks = documentOf(diffs, style.most);
      return format === 'markdown'
        ? (await import('../../wording/diff/markdown.ts')).wordMarkdown(blocks)
        : (await import('../../wording/diff/html.ts')).wordHtml(blocks);
    }
  }
}

function told(failOn: string, diffs: readonly RunDiff[], { err }: Terminal): number {
  const { holds, unknown } = judgeFailOn(failOn, diffs);
  const named = (of: typeof holds) => of.map(({ run, stage }) => `${stage} of ${run}`).join(', ');
  if (unknown.length > 0)
    err.write(`--fail-on cannot be said of ${named(unknown)}: something in it is missing\n`);
  if (holds.length > 0) err.write(`--fail-on ${failOn} holds of ${named(holds)}\n`);
  return holds.length > 0 ? EXIT.failed : EXIT.ok;
}
