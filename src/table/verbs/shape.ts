import type { Column, TableShape } from '../table.ts';
import type { OptionProblem } from '../../system/failure.ts';
import { unknownColumns } from '../columns.ts';
import { parseOrder } from '../order.ts';
import { columnsRead, irreproducibleCall } from './expression.ts';
import type { Verb } from './verbs.ts';

type Path = readonly (string | number)[];

export interface VerbShape {
  readonly shape: TableShape;
  readonly problems: readonly OptionProblem[];
}

/** What a verb makes of a table's shape, and what is wrong with what it names. */
export function shapeAfter(
  table: TableShape,
  verb: Verb,
  path: Path,
  inputs: Readonly<Record<string, TableShape>>,
): VerbShape {
  const at: Path = [...path, verb.name];
  const listed = (names: readonly string[], ...more: Path): readonly OptionProblem[] =>
    unknownColumns(
      table,
      names.map((name, index) => ({ name, path: [...at, ...more, index] })),
    );
  const kept = (columns: readonly Column[]): TableShape => ({
    ...table,
    columns,
    key: table.key.every((name) => columns.some((column) => column.name === name)) ? table.key : [],
  });
  switch (verb.name) {
    case 'filter':
      return { shape: table, problems: expressionProblems(table, verb.given, at) };
    case 'derive': {
      const names = Object.keys(verb.given);
      const columns = [
        ...table.columns.map((column) => (names.includes(column.name) ? derived(column.name) : column)),
        ...names.filter((name) => !table.columns.some((column) => column.name === name)).map(derived),
      ];
      const shape = {
        ...table,
        columns,
        key: table.key.some((name) => names.includes(name)) ? [] : table.key,
      };
      const problems = Object.entries(verb.given).flatMap(([name, expression]) =>
        expressionProblems(table, expression, [...at, name]),
      );
      return { shape, problems };
    }
    case 'select': {
      const columns = verb.given.map(
        (name) => table.columns.find((column) => column.name === name) ?? derived(name),
      );
      return { shape: { ...kept(columns), open: false }, problems: listed(verb.given) };
    }
    case 'drop':
      return {
        shape: kept(table.columns.filter(({ name }) => !verb.given.includes(name))),
        problems: listed(verb.given),
      };
    case 'rename': {
      const renamed = (name: string): string =>
        Object.hasOwn(verb.given, name) ? (verb.given[name] ?? name) : name;
      const columns = table.columns.map((column) => ({ ...column, name: renamed(column.name) }));
      const problems = [
        ...unknownColumns(
          table,
          Object.keys(verb.given).map((name) => ({ name, path: [...at, name] })),
        ),
        ...taken(columns, at),
      ];
      return { shape: { ...table, columns, key: table.key.map(renamed) }, problems };
    }
    case 'orderby':
      return { shape: table, problems: listed(verb.given.map((term) => parseOrder(term).column)) };
    case 'slice':
      return { shape: table, problems: [] };
    case 'dedupe':
      return {
        shape: table.key.length === 0 ? { ...table, key: verb.given } : table,
        problems: listed(verb.given),
      };
    case 'unroll': {
      const columns = table.columns.map((column) =>
        verb.given.includes(column.name) ? derived(column.name) : column,
      );
      return { shape: { ...table, columns, key: [] }, problems: listed(verb.given) };
    }
    case 'concat': {
      const others = verb.given.map((name) => inputs[name] ?? table);
      const problems = verb.given.flatMap((name, index) => unknownInput(name, [...at, index], inputs));
      const names = new Set(table.columns.map(({ name }) => name));
      const added = others
        .flatMap(({ columns }) => columns)
        .filter(({ name }) => !names.has(name) && names.add(name));
      const open = [table, ...others].some((each) => each.open === true);
      return { shape: { type: 'table', columns: [...table.columns, ...added], key: [], open }, problems };
    }
    case 'join': {
      const { input, on, how } = verb.given;
      const right = inputs[input];
      if (right === undefined)
        return { shape: table, problems: unknownInput(input, [...at, 'input'], inputs) };
      const problems = [
        ...listed(on, 'on'),
        ...unknownColumns(
          right,
          on.map((name, index) => ({ name, path: [...at, 'on', index] })),
        ),
      ];
      if (how === 'semi' || how === 'anti') return { shape: table, problems };
      const added = right.columns.filter(({ name }) => !on.includes(name));
      const columns = [...table.columns, ...added];
      // One match at most for each row keeps the rows apart; more make new rows.
      const single = right.key.length > 0 && right.key.every((name) => on.includes(name));
      return {
        shape: {
          type: 'table',
          columns,
          key: single ? table.key : [],
          ...((table.open === true || right.open === true) && { open: true }),
        },
        problems: [...problems, ...taken(columns, at)],
      };
    }
    case 'rollup': {
      const { by, columns } = verb.given;
      const problems = [
        ...listed(by, 'by'),
        ...Object.entries(columns).flatMap(([name, expression]) =>
          expressionProblems(table, expression, [...at, 'columns', name]),
        ),
      ];
      const groups = by.map((name) => table.columns.find((column) => column.name === name) ?? derived(name));
      const shape: TableShape = {
        type: 'table',
        columns: [...groups, ...Object.keys(columns).map(derived)],
        key: by,
      };
      return { shape, problems };
    }
    case 'fold': {
      const { columns: folded, as } = verb.given;
      const [key = 'key', value = 'value'] = as;
      const columns: readonly Column[] = [
        ...table.columns.filter(({ name }) => !folded.includes(name)),
        { name: key, type: 'string' },
        derived(value),
      ];
      const rest = table.key.filter((name) => !folded.includes(name));
      return {
        shape: {
          ...table,
          columns,
          key: rest.length === table.key.length && rest.length > 0 ? [...rest, key] : [],
        },
        problems: [...listed(folded, 'columns'), ...taken(columns, at)],
      };
    }
  }
}

/** What an expression gives is known when it has been computed. */
function derived(name: string): Column {
  return { name, type: 'json' };
}

function expressionProblems(table: TableShape, expression: string, path: Path): readonly OptionProblem[] {
  const call = irreproducibleCall(expression);
  return [
    ...unknownColumns(
      table,
      [...new Set(columnsRead(expression))].map((name) => ({ name, path })),
    ),
    ...(call === undefined
      ? []
      : [{ path, message: `\`${call}()\` gives another result each time`, found: expression }]),
  ];
}

function taken(columns: readonly Column[], path: Path): readonly OptionProblem[] {
  const names = columns.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return [];
  return [
    {
      path,
      message: `the result would have two columns \`${twice}\``,
      next: 'rename or drop one of them first',
    },
  ];
}

function unknownInput(
  name: string,
  path: Path,
  inputs: Readonly<Record<string, TableShape>>,
): readonly OptionProblem[] {
  if (Object.hasOwn(inputs, name)) return [];
  return [
    { path, message: `no input \`${name}\` in \`from\``, found: name, candidates: Object.keys(inputs) },
  ];
}
