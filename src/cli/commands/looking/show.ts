import { jsonText } from '../../wording/forms/json.ts';
import { readRun } from '../../../engine/index.ts';
import { EXIT } from '../../exit-codes.ts';
import { readResults } from '../../pipeline/results.ts';
import { pickRows } from '../../expressions/picked-rows.ts';
import { readShownRow, readStageTable } from '../../pipeline/shown-row.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { valueOf } from '../../usage-failure.ts';
import { wordRow } from '../../wording/parts/prompt.ts';
import { count } from '../../wording/parts/quantities.ts';
import { wordTable } from '../../wording/parts/table.ts';
import { wordRecord } from '../../wording/record.ts';
import { wordResults } from '../../wording/results.ts';

/** Rows of a table that are shown unless `--rows` says how many. */
const MOST_ROWS = 20;

/**
 * `assay show [RUN]`: what was run, with what, and what came out. `assay show RUN STAGE --row N`: what a model was given for
 * one row of a stage. `--rows`, `--where` or `--columns`: the table of the stage.
 */
export async function show(
  terminal: Terminal,
  options: {
    readonly format: 'text' | 'json';
    readonly runs: string;
    readonly expand?: boolean;
    readonly row: string;
    readonly rows?: number;
    readonly where?: string;
    readonly columns?: readonly string[];
  },
  ref = 'latest',
  stage?: string,
): Promise<number> {
  const { record, folder, labels } = valueOf(await readRun(options.runs, ref));
  const { out, cwd } = terminal;
  const { rows, where, columns } = options;
  if (stage !== undefined && (rows ?? where ?? columns) !== undefined) {
    const { table } = await readStageTable({ record, folder }, stage);
    const picked = pickRows(table, { ...(where !== undefined && { where }), ...(columns && { columns }) });
    const most = rows ?? MOST_ROWS;
    if (options.format === 'json') {
      const names = picked.columns.map(({ name }) => name);
      const cells = picked.rows.slice(0, most).map((row) => Object.fromEntries(names.map((name) => [name, row[name] ?? null]))); // prettier-ignore
      out.write(jsonText(cells, finite));
      return EXIT.ok;
    }
    const style = { colors: out.colors, columns: out.columns, rest: 'name them with --columns' };
    const lines = wordTable(picked, style, most);
    const counted = `${picked.rows.length} of ${count(table.rows.length, 'row')}`;
    out.write(`${[out.colors.bold(`${stage}: ${counted}`), ...lines].join('\n')}\n`);
    return EXIT.ok;
  }
  if (stage !== undefined) {
    const row = await readShownRow({ record, folder }, stage, options.row);
    out.write(options.format === 'json' ? jsonText(row, finite) : wordRow(row, out.colors));
    return EXIT.ok;
  }
  if (options.format === 'json') {
    out.write(jsonText({ folder, ...labels, record }));
    return EXIT.ok;
  }
  const results = await readResults(record, folder);
  out.write(
    `${wordRecord(record, { folder, labels, cwd, colors: out.colors, expand: options.expand === true })}\n${wordResults(results, out, cwd)}`,
  );
  return EXIT.ok;
}

function finite(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
