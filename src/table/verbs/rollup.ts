import { entriesOf } from '../../system/names-in-order.ts';
import { isMissing } from '../cells.ts';
import { cellFrom, checkedExpression, columnTypeOf, computation } from '../expression/index.ts';
import { Frame } from '../frame.ts';
import { expressionSchema } from '../given.ts';
import { columnNamed, namedTwice, settingOf, unknownListed, withoutLabel } from '../shapes.ts';
import type { Cell, Column } from '../table.ts';
import { defineVerb, type ShapeContext } from '../verb.ts';

interface Rollup {
  readonly by?: readonly string[];
  readonly columns: Readonly<Record<string, string>>;
}

export const rollup = defineVerb<Rollup>({
  name: 'rollup',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['columns'],
    description: 'One row per group, with columns from aggregate expressions.',
    properties: {
      by: {
        type: 'array',
        items: { type: 'string' },
        uniqueItems: true,
        description:
          'Columns whose combinations are the groups; without it those of `groupby`, and without that all rows are one.',
      },
      columns: {
        type: 'object',
        minProperties: 1,
        additionalProperties: expressionSchema,
        description: 'Expressions by the name of their column.',
      },
    },
  },

  shape({ by, columns }, context) {
    const { table, at } = context;
    const groups = by ?? context.groups;
    const setting = { ...settingOf(context), groups };
    const checked = entriesOf(columns).map(([name, expression]) => {
      const { type, problems } = checkedExpression(expression, setting, [...at, 'columns', name]);
      return { column: { name, type: columnTypeOf(type) } satisfies Column, problems };
    });
    const after = [...groups.map((name) => columnNamed(table, name)), ...checked.map(({ column }) => column)];
    return {
      table: { type: 'table', columns: after, key: groups },
      groups: [],
      ordered: false,
      problems: [
        ...(by === undefined ? lostGroups(context) : unknownListed(context, by, 'by')),
        ...checked.flatMap(({ problems }) => problems),
        ...namedTwice(after, [...at, 'columns']),
      ],
    };
  },

  apply({ by, columns: given }, { frame, columns, groups, at, warn }) {
    const names = by ?? groups;
    const grouped = by === undefined ? frame : frame.groupedBy(by);
    if (by !== undefined) {
      const labels = by.map((name) => ({ name, missing: frame.cells(name).filter(isMissing).length }));
      withoutLabel(labels, frame.length).forEach(warn);
    }
    // A filter may have emptied groups of a `groupby`; without groups there is one, even of no rows.
    const rolled = [...grouped.groups.entries()].filter(
      ([, members]) => members.length > 0 || !grouped.grouped,
    );
    const labels = names.map((name): readonly [string, readonly Cell[]] => {
      const cells = frame.cells(name);
      return [name, rolled.map(([, members]) => cells[members[0] ?? -1] ?? null)];
    });
    const computed = entriesOf(given).map(([name, expression]): readonly [string, readonly Cell[]] => {
      const valueIn = computation(expression, grouped, [...at, 'columns', name]);
      return [name, rolled.map(([group, members]) => cellFrom(valueIn(members[0] ?? -1, group)))];
    });
    return Frame.of(columns, new Map([...labels, ...computed]), rolled.length);
  },
});

/** `groupby` holds, but its columns are no longer there to label the groups. */
function lostGroups({ table, groups, at }: ShapeContext): ReturnType<typeof unknownListed> {
  if (table.open === true) return [];
  return groups
    .filter((name) => !table.columns.some((column) => column.name === name))
    .map((name) => ({
      path: at,
      message: `rows are grouped by \`${name}\`, which is no column any more`,
      next: 'keep the column, or say `by`',
    }));
}
