import { namesSchema } from '../given.ts';
import { unknownInput } from '../shapes.ts';
import { defineVerb } from '../verb.ts';

export const concat = defineVerb<readonly string[]>({
  name: 'concat',
  schema: { ...namesSchema, description: 'Append the rows of these inputs.' },

  shape(given, { table, at, inputs }) {
    const others = given.map((name) => inputs[name] ?? table);
    const problems = given.flatMap((name, index) => unknownInput(name, [...at, index], inputs));
    const names = new Set(table.columns.map(({ name }) => name));
    const added = others
      .flatMap(({ columns }) => columns)
      .filter(({ name }) => !names.has(name) && names.add(name));
    const open = [table, ...others].some((each) => each.open === true);
    return { shape: { type: 'table', columns: [...table.columns, ...added], key: [], open }, problems };
  },

  apply: (given, { rows, inputs }) => [...rows, ...given.flatMap((name) => inputs[name] ?? [])],
});
