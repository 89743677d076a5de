import { Failure, type OptionProblem } from '../../system/failure.ts';
import type { JsonObject } from '../../system/json.ts';
import { unknownColumns } from '../../table/columns.ts';
import type { Cell, Row, TableShape } from '../../table/table.ts';

/** Where the regions of a row come from. */
export type RegionsOption = string | { readonly columns: readonly string[] };

/** A part of a sentence that is measured as one. */
export interface Region {
  readonly name: string;
  /** Empty where the sentence lacks it. */
  readonly text: string;
}

export const regionsOption: JsonObject = {
  description:
    'The regions that make up the sentence, in order: `{ columns: [subject, verb] }`, each named as its column; or the name of a column that holds lists of `{ name: verb, text: fell }`, or of texts, which are named by their number.',
  anyOf: [
    { type: 'string', minLength: 1, description: 'Column with a list of regions.' },
    {
      type: 'object',
      additionalProperties: false,
      required: ['columns'],
      properties: {
        columns: {
          type: 'array',
          minItems: 1,
          uniqueItems: true,
          items: { type: 'string' },
          description: 'Columns, each with the text of one region.',
        },
      },
    },
  ],
};

export function regionsProblems(option: RegionsOption, rows: TableShape): readonly OptionProblem[] {
  const columns = typeof option === 'string' ? [] : option.columns;
  if (typeof option !== 'string') {
    const uses = columns.map((name, index) => ({ name, path: ['regions', 'columns', index] }));
    const wrong = uses.filter(({ name }) => !['string', 'json'].includes(typeOf(rows, name)));
    return [
      ...unknownColumns(rows, uses),
      ...wrong.map(({ name, path }) => ({
        path,
        message: `column \`${name}\` holds no texts but is of type ${typeOf(rows, name)}`,
        found: name,
      })),
    ];
  }
  const type = typeOf(rows, option);
  if (type === 'json') return unknownColumns(rows, [{ name: option, path: ['regions'] }]);
  return [
    {
      path: ['regions'],
      message: `column \`${option}\` holds no lists but is of type ${type}`,
      found: option,
      candidates: rows.columns.filter((column) => column.type === 'json').map(({ name }) => name),
      next: 'for one column per region: `regions: { columns: [...] }`',
    },
  ];
}

function typeOf(rows: TableShape, name: string): string {
  return rows.columns.find((column) => column.name === name)?.type ?? 'json';
}

/** What gives the regions of a row. It throws the Failure `no-regions` where a row has none, or one that is no text. */
export function regionsOf(option: RegionsOption): (row: Row) => readonly Region[] {
  if (typeof option !== 'string') {
    return (row) => option.columns.map((name) => ({ name, text: textIn(row[name] ?? null, name) }));
  }
  return (row) => {
    const cell = row[option] ?? null;
    if (!Array.isArray(cell) || cell.length === 0) {
      throw noRegions('there are no regions', cell, 'a list of at least one region');
    }
    return (cell as readonly Cell[]).map((each, index) => {
      const number = String(index + 1);
      if (each === null || typeof each !== 'object' || Array.isArray(each)) {
        return { name: number, text: textIn(each, number) };
      }
      const { name, text = null, ...others } = each as Readonly<Record<string, Cell>>;
      if (typeof name !== 'string' || name === '' || Object.keys(others).length > 0) {
        throw noRegions(`region ${number} is no region`, each, 'a text, or `{ name: verb, text: fell }`');
      }
      return { name, text: textIn(text, name) };
    });
  };
}

function textIn(cell: Cell, name: string): string {
  if (typeof cell === 'string') return cell;
  throw noRegions(
    `region \`${name}\` has no text`,
    cell,
    'a text; an empty one where the sentence lacks the region',
  );
}

function noRegions(message: string, found: Cell, expected: string): Failure {
  return new Failure({
    code: 'no-regions',
    blame: 'user',
    message,
    path: ['regions'],
    expected,
    found: JSON.stringify(found),
    next: 'correct the row, or leave such rows out with `onBad: skip`',
  });
}
