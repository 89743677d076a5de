import { inferColumns } from '../../src/table/columns.ts';
import { applySteps, outlineSteps, type Step } from '../../src/table/steps.ts';
import type { Cell, Row, Table } from '../../src/table/table.ts';
import { type OptionProblem, Failure, type FailureDetails } from '../../src/system/failure.ts';

export function tableOf(rows: readonly Row[], key: readonly string[] = []): Table {
  return { columns: inferColumns(rows), key, rows };
}

export interface Applied {
  readonly table: Table;
  readonly warnings: readonly string[];
}

/** Steps on rows, as a stage applies them to tables that it did not know before. */
export function apply(
  rows: readonly Row[] | Table,
  steps: readonly Step[],
  inputs: Readonly<Record<string, readonly Row[] | Table>> = {},
): Applied {
  const warnings: string[] = [];
  const others = new Map(
    Object.entries(inputs).map(([name, each]) => [name, 'columns' in each ? each : tableOf(each)]),
  );
  const table = applySteps(steps, 'columns' in rows ? rows : tableOf(rows), others, {
    allowEmpty: false,
    warn: (message) => warnings.push(message),
  });
  return { table, warnings };
}

/** What an expression gives in each row. */
export function values(
  expression: string,
  rows: readonly Row[] = [{ x: 1 }],
  before: readonly Step[] = [],
): readonly Cell[] {
  const { table } = apply(rows, [...before, { derive: { result: expression } }]);
  return table.rows.map((row) => row['result'] ?? null);
}

/** What is wrong with an expression before there are rows. */
export function problems(expression: string, rows: readonly Row[] = [{ x: 1 }]): readonly OptionProblem[] {
  return stepProblems([{ derive: { result: expression } }], rows);
}

export function stepProblems(
  steps: readonly Step[],
  rows: readonly Row[],
  inputs: Readonly<Record<string, readonly Row[]>> = {},
): readonly OptionProblem[] {
  const shapes = Object.entries(inputs).map(
    ([name, each]) => [name, { type: 'table', ...tableOf(each) }] as const,
  );
  return outlineSteps(steps, { type: 'table', ...tableOf(rows) }, new Map(shapes)).problems;
}

/** The details of the failure that it ends with. */
export function failureIn(compute: () => unknown): FailureDetails {
  try {
    compute();
  } catch (error) {
    if (error instanceof Failure) return error.details;
    throw error;
  }
  throw new Error('expected a failure, was none');
}
