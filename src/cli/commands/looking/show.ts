import { jsonText } from '../../wording/forms/json.ts';
import { readRun } from '../../../engine/index.ts';
import { EXIT } from '../../exit-codes.ts';
import { readResults } from '../../pipeline/results.ts';
import { readShownRow } from '../../pipeline/shown-row.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { valueOf } from '../../usage-failure.ts';
import { wordRow } from '../../wording/parts/prompt.ts';
import { wordRecord } from '../../wording/record.ts';
import { wordResults } from '../../wording/results.ts';

/**
 * `assay show [RUN]`: what was run, with what, and what came out. `assay show RUN STAGE --row N`: what a model was given for
 * one row of a stage.
 */
export async function show(
  terminal: Terminal,
  options: {
    readonly format: 'text' | 'json';
    readonly runs: string;
    readonly expand?: boolean;
    readonly row: string;
  },
  ref = 'latest',
  stage?: string,
): Promise<number> {
  const { record, folder } = valueOf(await readRun(options.runs, ref));
  const { out, cwd } = terminal;
  if (stage !== undefined) {
    const row = await readShownRow({ record, folder }, stage, options.row);
    out.write(options.format === 'json' ? jsonText(row, finite) : wordRow(row, out.colors));
    return EXIT.ok;
  }
  if (options.format === 'json') {
    out.write(jsonText({ folder, record }));
    return EXIT.ok;
  }
  const results = await readResults(record, folder);
  out.write(
    `${wordRecord(record, { folder, cwd, colors: out.colors, expand: options.expand === true })}\n${wordResults(results, out, cwd)}`,
  );
  return EXIT.ok;
}

function finite(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
