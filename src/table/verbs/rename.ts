import { entriesOf } from '../../system/names-in-order.ts';
import { unknownColumns } from '../columns.ts';
import { namedTwice } from '../shapes.ts';
import { defineVerb } from '../verb.ts';

export const rename = defineVerb<Readonly<Record<string, string>>>({
  name: 'rename',
  schema: {
    type: 'object',
    minProperties: 1,
    additionalProperties: { type: 'string', minLength: 1 },
    description: 'New names by old name. All at once: two columns can swap their names.',
  },

  shape(given, { table, at, groups }) {
    const names = new Map(entriesOf(given));
    const renamed = (name: string): string => names.get(name) ?? name;
    const columns = table.columns.map((column) => ({ ...column, name: renamed(column.name) }));
    const problems = [
      ...unknownColumns(
        table,
        [...names.keys()].map((name) => ({ name, path: [...at, name] })),
      ),
      ...namedTwice(columns, at),
    ];
    return {
      table: { ...table, columns, key: table.key.map(renamed) },
      groups: groups.map(renamed),
      problems,
    };
  },

  apply(_given, { frame, columns }) {
    const cells = columns.map(
      ({ name }, index) => [name, frame.cells(frame.columns[index]?.name ?? '')] as const,
    );
    return frame.withColumns(columns, new Map(cells));
  },
});
