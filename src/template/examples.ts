import type { Artifact } from '../engine/artifact.ts';
import type { InputPort } from '../engine/stage-kind.ts';
import type { JsonObject } from '../system/json.ts';
import type { OptionProblem } from '../system/failure.ts';
import { tableOf } from '../table/columns.ts';
import type { Row, TableShape } from '../table/table.ts';

/** What prompts show before the item (few-shot). */
export const examplesPort: InputPort = {
  name: 'examples',
  type: 'table',
  optional: true,
  description: 'what prompts show before the item (few-shot): the list `examples` in templates',
};

export const shotsOption: JsonObject = {
  type: 'integer',
  minimum: 0,
  description: 'How many examples to show: the first of the table `examples`. Default: all.',
};

/** What is said where there is no table of examples. */
export const noExamples = {
  message: 'there are no examples',
  expected: 'a table of examples in `from`: `from: { items: ..., examples: ... }`',
};

/** What is wrong between examples, their number and the items' fields. */
export function examplesProblems(
  shots: number | undefined,
  items: TableShape,
  examples: TableShape | undefined,
): readonly OptionProblem[] {
  if (examples === undefined) return shots === undefined ? [] : [{ path: ['shots'], ...noExamples }];
  if (!items.columns.some(({ name }) => name === 'examples')) return [];
  return [
    {
      path: [],
      message: 'items cannot have a field `examples`: templates know the examples by that name',
      next: 'give the field another name',
    },
  ];
}

/** The first `shots` examples, or all; undefined without a table of them. */
export function examplesOf(
  inputs: Readonly<Record<string, Artifact>>,
  shots: number | undefined,
): readonly Row[] | undefined {
  const { examples } = inputs;
  return examples === undefined ? undefined : tableOf(examples).rows.slice(0, shots);
}
