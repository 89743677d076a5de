import type { RunDiff, StageDiff } from '../../engine/diff/run-diff.ts';
import { checkedExpression, computation, type Setting } from '../../table/expression/index.ts';
import { Frame } from '../../table/frame.ts';
import type { Column, Row } from '../../table/table.ts';
import { usageFailure } from '../usage-failure.ts';

/** What an expression of `--fail-on` may read: a row for each stage of each run that is compared with the baseline. */
const columns: readonly Column[] = [
  { name: 'run', type: 'string' },
  { name: 'baseline', type: 'string' },
  { name: 'stage', type: 'string' },
  { name: 'kind', type: 'string', description: 'what its `uses` names' },
  {
    name: 'state',
    type: 'string',
    description: 'cached, ran, failed, skipped, cancelled; null: not in the run',
  },
  {
    name: 'result',
    type: 'string',
    description: 'same, within-tolerance, within-noise, changed, only-before, ...',
  },
  { name: 'changed', type: 'integer', description: 'rows, values or lines that changed' },
  { name: 'added', type: 'integer' },
  { name: 'removed', type: 'integer' },
  { name: 'measure', type: 'string' },
  { name: 'mean_change', type: 'number', description: 'of the measure; 0 where the table is the same' },
  { name: 'change_low', type: 'number', description: 'end of its 95 % interval' },
  { name: 'change_high', type: 'number' },
  { name: 'up', type: 'integer' },
  { name: 'down', type: 'integer' },
  { name: 'largest_change', type: 'number', description: 'of a number of its rows, without its sign' },
  {
    name: 'edited',
    type: 'boolean',
    description: 'whether anything that was asked differs between the runs',
  },
];

const setting: Setting = { columns, open: false, ordered: false };

/** What became of a `--fail-on`: the stages of which it holds, and those of which it cannot be said. */
export interface Failing {
  readonly holds: readonly { readonly run: string; readonly stage: string }[];
  readonly unknown: readonly { readonly run: string; readonly stage: string }[];
}

/** @throws UsageFailure `bad-fail-on` for an expression that is none, or that is not true or false */
export function checkFailOn(expression: string): void {
  const { type, problems } = checkedExpression(expression, setting, []);
  const [problem] = problems;
  if (problem !== undefined) {
    throw usageFailure('bad-fail-on', `--fail-on: ${problem.message}`, {
      ...(problem.expected !== undefined && { expected: problem.expected }),
      ...(problem.found !== undefined && { found: problem.found }),
      next: problem.next ?? `columns are ${columns.map(({ name }) => name).join(', ')}`,
    });
  }
  if (type !== 'boolean' && type !== 'any' && type !== 'null') {
    throw usageFailure('bad-fail-on', '--fail-on asks for true or false', {
      expected: 'a condition, as in `d.stage == "scores" && d.change_high < 0`',
      found: `a ${type}`,
    });
  }
}

/** Of which stages the expression holds. */
export function judgeFailOn(expression: string, diffs: readonly RunDiff[]): Failing {
  const places = diffs.flatMap((diff) => diff.stages.map((stage) => ({ run: diff.b.id, stage: stage.name })));
  const rows = diffs.flatMap((diff) => diff.stages.map((stage) => rowOf(stage, diff)));
  const valueIn = computation(expression, Frame.ofTable({ columns, key: ['run', 'stage'], rows }), []);
  const values = rows.map((_, place) => valueIn(place, 0));
  return {
    holds: places.filter((_, place) => values[place] === true),
    unknown: places.filter((_, place) => values[place] === null),
  };
}

function rowOf(stage: StageDiff, diff: RunDiff): Row {
  const { table, value, text, result } = stage;
  const isSame = ['same', 'within-tolerance', 'within-noise'].includes(result);
  const isTable = (stage.after ?? stage.before)?.artifact?.type === 'table';
  const still = isSame && isTable ? 0 : null;
  const change = table?.change;
  const deltas = table?.changed.flatMap(({ cells }) => cells.map(({ delta = 0 }) => Math.abs(delta))) ?? [];
  return {
    run: diff.b.id,
    baseline: diff.a.id,
    stage: stage.name,
    kind: stage.uses,
    state: stage.after?.state ?? null,
    result,
    changed: isSame
      ? 0
      : (table?.changed.length ?? value?.length ?? (text ? text.added + text.removed : null)),
    added: isSame ? 0 : (table?.added.length ?? null),
    removed: isSame ? 0 : (table?.removed.length ?? null),
    measure: table?.measure?.column ?? null,
    mean_change: change?.mean ?? (table !== undefined && table.measure !== undefined ? 0 : still),
    change_low: change === undefined ? still : (change.interval?.low ?? null),
    change_high: change === undefined ? still : (change.interval?.high ?? null),
    up: change?.up ?? still,
    down: change?.down ?? still,
    largest_change: deltas.length > 0 ? deltas.reduce((most, each) => Math.max(most, each), 0) : still,
    edited: isEdited(diff),
  };
}

function isEdited({ params, pipeline, externals, code, versions }: RunDiff): boolean {
  return [params, pipeline, externals, code, versions].some((changes) => changes.length > 0);
}
