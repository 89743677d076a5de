import type { Cell, Column, Table, TableShape } from '../table/table.ts';
import { cellsOf } from '../table/storage/table-of-columns.ts';
import { notNumeric, numberOf } from '../table/columns.ts';
import type { OptionProblem } from '../system/failure.ts';

/** A measured cell as a number: true and false are 1 and 0, so that their mean is a share; NaN for what is missing. */
export function measureOf(cell: Cell | undefined): number {
  return typeof cell === 'boolean' ? Number(cell) : numberOf(cell);
}

/** Whether a column holds true and false and nothing else, as far as it holds anything. */
export function isTrueFalse(cells: readonly Cell[]): boolean {
  let found = false;
  for (const cell of cells) {
    if (cell === null) continue;
    if (typeof cell !== 'boolean') return false;
    found = true;
  }
  return found;
}

/** A problem for each column that is known to hold neither numbers nor true and false. */
export function notMeasured(
  table: TableShape,
  uses: readonly { readonly name: string; readonly path: readonly (string | number)[] }[],
): readonly OptionProblem[] {
  const isShare = (name: string): boolean =>
    table.columns.some((column) => column.name === name && column.type === 'boolean');
  return notNumeric(
    table,
    uses.filter(({ name }) => !isShare(name)),
  );
}

/** Values that a measure can take; an interval beyond them says nothing. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** What a column's name says of its values: log-probabilities end at 0 nats, perplexities begin at 1. */
export function boundsOf(name: string): Bounds {
  if (isLogProbability(name)) return { max: 0 };
  if (/(^|_)log_?perplexity$/.test(name)) return { min: 0 };
  if (/(^|_)perplexity$/.test(name)) return { min: 1 };
  return {};
}

export function isLogProbability(name: string): boolean {
  return /(^|_)log_?prob(ability)?(_per_(token|character|byte))?$/.test(name);
}

/** The column that says how many tokens a measure is over: `target_token_count` of `target_log_prob`. */
export function tokenColumn(table: Pick<TableShape, 'columns'>, measure: string): Column | undefined {
  const stem = /^(.*?)(log_?prob|log_?perplexity|perplexity)/.exec(measure)?.[1];
  return stem === undefined ? undefined : table.columns.find(({ name }) => name === `${stem}token_count`);
}

/** The surprisal of a text in nats from a measure of it; undefined where the name does not say what it measures. */
export function surprisalOf(measure: string, value: number, tokens: number): number | undefined {
  if (/log_?prob_per_token$/.test(measure)) return -value * tokens;
  if (/log_?prob(ability)?$/.test(measure)) return -value;
  if (/log_?perplexity$/.test(measure)) return value * tokens;
  if (/perplexity$/.test(measure)) return Math.log(value) * tokens;
  return undefined;
}

/** A problem for each measure that is no perplexity or log-probability, or whose tokens are not counted. */
export function withoutTokens(
  table: TableShape,
  uses: readonly { readonly name: string; readonly path: readonly (string | number)[] }[],
): readonly OptionProblem[] {
  if (table.open === true) return [];
  return uses
    .filter(({ name }) => tokenColumn(table, name) === undefined || surprisalOf(name, 0, 1) === undefined)
    .map(({ name, path }) => ({
      path,
      message: `there is no corpus perplexity of \`${name}\``,
      expected:
        'a log-probability, log-perplexity or perplexity with its token count beside it, as `log_perplexity` and `token_count`',
      found: name,
    }));
}

/** The fewest and most tokens that a measure is a sum over, where it is one and they differ. */
export function unlikeSums(
  table: Table,
  measure: string,
): { readonly fewest: number; readonly most: number } | undefined {
  const tokens = tokenColumn(table, measure);
  if (tokens === undefined || !/log_?prob(ability)?$/.test(measure)) return undefined;
  let [fewest, most] = [Infinity, -Infinity];
  for (const cell of cellsOf(table, tokens.name)) {
    const count = numberOf(cell);
    if (Number.isNaN(count)) continue;
    fewest = Math.min(fewest, count);
    most = Math.max(most, count);
  }
  return fewest >= most ? undefined : { fewest, most };
}
