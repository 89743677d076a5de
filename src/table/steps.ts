import { InternalError } from '../system/internal-error.ts';
import type { JsonObject } from '../system/json.ts';
import { Failure, type OptionProblem } from '../system/failure.ts';
import { inferType } from './columns.ts';
import { Frame } from './frame.ts';
import type { Column, Table, TableShape } from './table.ts';
import type { Outline, Path, Verb } from './verb.ts';
import { verbs } from './verbs/index.ts';

/** An entry of `verbs:` as the file has it: `{ filter: "d.x > 0" }`. */
export type Step = Readonly<Record<string, unknown>>;

const byName = new Map(verbs.map((verb) => [verb.name, verb]));

export const stepsSchema: JsonObject = {
  type: 'array',
  minItems: 1,
  description: 'The steps, in order.',
  items: {
    type: 'object',
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1,
    properties: Object.fromEntries(verbs.map(({ name, schema }) => [name, schema])),
  },
};

/** The shape after all steps, and what is wrong with them. */
export function outlineSteps(
  steps: readonly Step[],
  table: TableShape,
  inputs: ReadonlyMap<string, TableShape>,
): { readonly shape: TableShape; readonly problems: readonly OptionProblem[] } {
  const problems: OptionProblem[] = [];
  let outline: Outline = { table, groups: [], ordered: false };
  for (const [index, step] of steps.entries()) {
    const { verb, given } = verbOf(step);
    const after = outlineAfter(verb, given, outline, ['verbs', index, verb.name], inputs);
    problems.push(...after.problems);
    // One mistake makes the columns uncertain: what follows is not blamed for it.
    const open = after.problems.length > 0 || after.outline.table.open === true;
    outline = { ...after.outline, table: { ...after.outline.table, ...(open && { open }) } };
  }
  return { shape: outline.table, problems };
}

/**
 * The table after all steps.
 *
 * @throws Failure at the step that cannot be applied: columns of files are known only now, so what could not be checked
 * before is checked here.
 */
export function applySteps(
  steps: readonly Step[],
  table: Table,
  inputs: ReadonlyMap<string, Table>,
  { allowEmpty, warn }: { readonly allowEmpty: boolean; readonly warn: (message: string) => void },
): Table {
  const shapes = new Map([...inputs].map(([name, each]) => [name, shapeOf(each)]));
  const frames = new Map([...inputs].map(([name, each]) => [name, Frame.ofTable(each)]));
  let outline: Outline = { table: shapeOf(table), groups: [], ordered: false };
  let frame = Frame.ofTable(table);
  for (const [index, step] of steps.entries()) {
    const { verb, given } = verbOf(step);
    const at = ['verbs', index, verb.name];
    const after = outlineAfter(verb, given, outline, at, shapes);
    const [problem] = after.problems;
    if (problem !== undefined) {
      throw new Failure({ code: 'bad-verb', blame: 'user', ...problem });
    }
    const place = `verbs[${index}].${verb.name}`;
    const before = frame;
    frame = verb.apply(given, {
      frame,
      columns: after.outline.table.columns,
      groups: outline.groups,
      at,
      inputs: frames,
      warn: (message) => warn(`${place}: ${message}`),
    });
    if (frame.length === 0 && before.length > 0 && !allowEmpty) {
      warn(`${place}: no row is left of ${before.length}; if that can be so, say \`allow: empty\``);
    }
    frame = frame.withColumns(frame.columns.map((column) => settled(column, frame)));
    outline = { ...after.outline, table: { ...after.outline.table, columns: frame.columns } };
  }
  return frame.table(outline.table.key);
}

/** The verb that a step names, and what it is given. The schema has seen to it that there is one. */
function verbOf(step: Step): { readonly verb: Verb<unknown>; readonly given: unknown } {
  const [name, given] = Object.entries(step)[0] ?? [];
  const verb = byName.get(name ?? '');
  if (verb === undefined) throw new InternalError(`expected a verb, was ${String(name)}`);
  return { verb, given };
}

function outlineAfter(
  verb: Verb<unknown>,
  given: unknown,
  outline: Outline,
  at: Path,
  inputs: ReadonlyMap<string, TableShape>,
): { readonly outline: Outline; readonly problems: readonly OptionProblem[] } {
  const { problems, ...changed } = verb.shape(given, { ...outline, at, inputs });
  return { outline: { ...outline, ...changed }, problems };
}

function shapeOf({ columns, key }: Table): TableShape {
  return { type: 'table', columns, key };
}

/** A column gets the type of its cells where nobody knew it; numbers are not called integers because they happen to be. */
function settled(column: Column, frame: Frame): Column {
  if (column.type !== 'json') return column;
  const type = inferType(frame.cells(column.name));
  return { ...column, type: type === 'integer' ? 'number' : type };
}
