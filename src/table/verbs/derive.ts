import { entriesOf } from '../../system/names-in-order.ts';
import { cellFrom, checkedExpression, columnTypeOf, computation } from '../expression/index.ts';
import { expressionSchema } from '../given.ts';
import { settingOf } from '../shapes.ts';
import type { Column } from '../table.ts';
import { defineVerb } from '../verb.ts';

export const derive = defineVerb<Readonly<Record<string, string>>>({
  name: 'derive',
  schema: {
    type: 'object',
    minProperties: 1,
    additionalProperties: expressionSchema,
    description: 'New or replaced columns, by name, from expressions. All read the table as it was before.',
  },

  shape(given, context) {
    const { table, at } = context;
    const checked = entriesOf(given).map(([name, expression]) => {
      const { type, problems } = checkedExpression(expression, settingOf(context), [...at, name]);
      return { column: { name, type: columnTypeOf(type) } satisfies Column, problems };
    });
    const derived = new Map(checked.map(({ column }) => [column.name, column]));
    const known = new Set(table.columns.map(({ name }) => name));
    const columns = [
      ...table.columns.map((column) => derived.get(column.name) ?? column),
      ...[...derived.values()].filter(({ name }) => !known.has(name)),
    ];
    const key = table.key.some((name) => derived.has(name)) ? [] : table.key;
    return { table: { ...table, columns, key }, problems: checked.flatMap(({ problems }) => problems) };
  },

  apply(given, { frame, columns, at }) {
    const cells = entriesOf(given).map(([name, expression]) => {
      const valueIn = computation(expression, frame, [...at, name]);
      const column = Array.from({ length: frame.length }, (_, row) =>
        cellFrom(valueIn(row, frame.groupOf(row))),
      );
      return [name, column] as const;
    });
    return frame.withColumns(columns, new Map(cells));
  },
});
