import { checkedExpression, computation } from '../../table/expression/index.ts';
import { Frame } from '../../table/frame.ts';
import type { Table } from '../../table/table.ts';
import { didYouMean } from '../../system/suggest.ts';
import { usageFailure } from '../usage-failure.ts';

/** What of a table is asked for. */
export interface Picked {
  /** An expression over its columns, as in `filter` of a `table` stage. */
  readonly where?: string;
  /** Names, in the order in which they are to stand. */
  readonly columns?: readonly string[];
}

/** @throws UsageFailure `bad-where`, `unknown-column` */
export function pickRows(table: Table, { where, columns }: Picked): Table {
  const kept = where === undefined ? table : whereHolds(table, where);
  if (columns === undefined) return kept;
  const names = table.columns.map(({ name }) => name);
  const shown = columns.map((name) => {
    const column = table.columns.find((each) => each.name === name);
    if (column !== undefined) return column;
    const next = didYouMean(name, names);
    throw usageFailure('unknown-column', `--columns: no column \`${name}\``, {
      expected: names.join(', '),
      ...(next !== undefined && { next }),
    });
  });
  return { ...kept, columns: shown };
}

function whereHolds(table: Table, where: string): Table {
  const setting = { columns: table.columns, open: false, ordered: false };
  const { type, problems } = checkedExpression(where, setting, []);
  const [problem] = problems;
  if (problem !== undefined) {
    const meant = problem.candidates && didYouMean(problem.meant ?? '', problem.candidates);
    const next = problem.next ?? meant;
    throw usageFailure('bad-where', `--where: ${problem.message}`, {
      ...(problem.expected !== undefined && { expected: problem.expected }),
      ...(problem.found !== undefined && { found: problem.found }),
      ...(next !== undefined && { next }),
    });
  }
  if (!['boolean', 'any', 'null'].includes(type)) {
    throw usageFailure('bad-where', '--where asks for true or false', {
      expected: 'a condition, as in `d.rank <= 5`',
      found: `a ${type}`,
    });
  }
  const valueIn = computation(where, Frame.ofTable(table), []);
  return { ...table, rows: table.rows.filter((_, row) => valueIn(row, 0) === true) };
}
