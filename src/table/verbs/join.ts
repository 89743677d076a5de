import { InternalError } from '../../system/internal-error.ts';
import { Failure, type OptionProblem } from '../../system/failure.ts';
import { cellKey, isMissing, kindOf, type CellKind } from '../cells.ts';
import { unknownColumns } from '../columns.ts';
import type { Frame } from '../frame.ts';
import { namesSchema } from '../given.ts';
import { RowNumbers } from '../storage/row-numbers.ts';
import { columnNamed, namedTwice, unknownInput, unknownListed } from '../shapes.ts';
import type { Cell, ColumnType, TableShape } from '../table.ts';
import { defineVerb, type ApplyContext, type ShapeContext } from '../verb.ts';

interface Join {
  readonly input: string;
  readonly on: readonly string[];
  readonly how: 'inner' | 'left' | 'semi' | 'anti';
  readonly allow?: Allowed | readonly Allowed[];
}

type Allowed = 'many' | 'unmatched';

const allowed = { type: 'string', enum: ['many', 'unmatched'] } as const;

export const join = defineVerb<Join>({
  name: 'join',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['input', 'on'],
    description: 'Add the columns of another input where all `on` columns are equal.',
    properties: {
      input: { type: 'string', description: 'Name of the input in `from`.' },
      on: { ...namesSchema, description: 'Columns that both tables have; rows match where all are equal.' },
      how: {
        type: 'string',
        enum: ['inner', 'left', 'semi', 'anti'],
        default: 'inner',
        description:
          'inner: rows with a match. left: all rows, null where there is none. semi, anti: rows with or without a match, no columns added.',
      },
      allow: {
        anyOf: [allowed, { type: 'array', items: allowed, minItems: 1, uniqueItems: true }],
        description:
          'What is meant, and else warned of, with counts. many: rows have several matches and then come several times. unmatched: rows without a match are left out of an inner join.',
      },
    },
  },

  shape({ input, on, how, allow }, context) {
    const { table, at, inputs } = context;
    const right = inputs.get(input);
    if (right === undefined) return { problems: unknownInput(input, [...at, 'input'], inputs) };
    const problems = [
      ...unknownListed(context, on, 'on'),
      ...unknownColumns(
        right,
        on.map((name, index) => ({ name, path: [...at, 'on', index] })),
      ),
      ...unlikeKeys(on, right, input, context),
    ];
    if (how === 'semi' || how === 'anti') return { problems };
    const added = right.columns.filter(({ name }) => !on.includes(name));
    const columns = [...table.columns, ...added];
    return {
      table: {
        type: 'table',
        columns,
        key: keyOfPairs(table.key, right.key, on, isAllowed('many', allow)),
        ...((table.open === true || right.open === true) && { open: true }),
      },
      // A column that was misspelt is not joined on, and so it would be there twice.
      problems: problems.length > 0 ? problems : namedTwice(columns, at),
    };
  },

  apply(given, context) {
    const { frame, columns, inputs, warn } = context;
    const { input, on, how, allow } = given;
    const right = inputs.get(input);
    if (right === undefined) throw new InternalError(`expected the input ${input}, was none`);
    const { firstOf, nextOf } = matchesOf(given, right, context);
    if (how === 'semi' || how === 'anti') {
      const wanted = how === 'semi';
      return frame.pick(places(frame.length).filter((row) => firstOf(row) >= 0 === wanted));
    }
    const [mine, theirs]: [number[], number[]] = [[], []];
    let several = 0;
    for (let row = 0; row < frame.length; row += 1) {
      let match = firstOf(row);
      if (match >= 0 && nextOf(match) >= 0) several += 1;
      if (match < 0 && how === 'left') {
        mine.push(row);
        theirs.push(-1);
      }
      for (; match >= 0; match = nextOf(match)) {
        mine.push(row);
        theirs.push(match);
      }
    }
    warnOfUnmatched(given, firstOf, context);
    if (several > 0 && !isAllowed('many', allow)) {
      warn(
        `${several} of ${frame.length} rows have several matches in \`${input}\`: ${frame.length} rows became ${mine.length}. Join on what tells the rows of \`${input}\` apart, or say \`allow: many\``,
      );
    }
    const added = right.columns.filter(({ name }) => !on.includes(name));
    const cells = added.map(({ name }): readonly [string, readonly Cell[]] => {
      const given = right.cells(name);
      return [name, theirs.map((match) => given[match] ?? null)];
    });
    return frame.pick(mine).withColumns(columns, new Map(cells));
  },
});

function isAllowed(what: Allowed, allow: Join['allow']): boolean {
  return allow !== undefined && [allow].flat().includes(what);
}

/** Rows that lack the key itself are told by themselves, and so is a table of which no row is left. */
function warnOfUnmatched(
  { input, on, how, allow }: Join,
  firstOf: Matches['firstOf'],
  { frame, warn }: ApplyContext,
): void {
  if (how !== 'inner' || isAllowed('unmatched', allow)) return;
  const here = on.map((name) => frame.cells(name));
  let [lost, found] = [0, 0];
  for (let row = 0; row < frame.length; row += 1) {
    if (firstOf(row) >= 0) found += 1;
    else if (!lacks(here, row)) lost += 1;
  }
  if (lost === 0 || found === 0) return;
  warn(
    `${lost} of ${frame.length} rows have no match in \`${input}\` and are gone. Keep them by \`how: left\`, or say \`allow: unmatched\``,
  );
}

/**
 * What tells the pairs apart: the key of the left row, and where several matches are meant also what is left of the key of
 * the right one. Where none are meant, the stage looks whether there are some.
 */
function keyOfPairs(
  left: readonly string[],
  right: readonly string[],
  on: readonly string[],
  severalAreMeant: boolean,
): readonly string[] {
  if (!severalAreMeant) return left;
  return left.length === 0 || right.length === 0
    ? []
    : [...left, ...right.filter((name) => !on.includes(name))];
}

function places(length: number): readonly number[] {
  return Array.from({ length }, (_, place) => place);
}

/** Keys of types that never match, known before there are rows. */
function unlikeKeys(
  on: readonly string[],
  right: TableShape,
  input: string,
  { table, at }: ShapeContext,
): readonly OptionProblem[] {
  return on.flatMap((name, index) => {
    const [here, there] = [columnNamed(table, name).type, columnNamed(right, name).type];
    if (here === 'json' || there === 'json' || kindOfColumn(here) === kindOfColumn(there)) return [];
    return [
      {
        path: [...at, 'on', index],
        message: `column \`${name}\` is of another type in \`${input}\`: no rows would match`,
        expected: here,
        found: there,
        next: 'give the column one type where it is read, or derive it in a `table` stage',
      },
    ];
  });
}

function kindOfColumn(type: ColumnType): string {
  return type === 'integer' ? 'number' : type;
}

/** Rows of the other table by the rows that they match, each -1 where there is none. */
interface Matches {
  /** The first match of a row. */
  readonly firstOf: (row: number) => number;
  /** The match after that one. */
  readonly nextOf: (match: number) => number;
}

/** The rows of the other table that match each row, in their order. What is missing matches nothing. */
function matchesOf({ input, on, how }: Join, right: Frame, { frame, at, warn }: ApplyContext): Matches {
  const here = on.map((name) => frame.cells(name));
  const there = on.map((name) => right.cells(name));
  const numbers = new RowNumbers();
  const theirs = numbers.of(there, right.length);
  const mine = numbers.of(here, frame.length);
  const firsts = new Int32Array(numbers.size).fill(-1);
  const nexts = new Int32Array(right.length);
  for (let row = right.length - 1; row >= 0; row -= 1) {
    const number = theirs[row] ?? 0;
    nexts[row] = firsts[number] ?? -1;
    firsts[number] = row;
  }
  let lacking = 0;
  for (let row = 0; row < frame.length; row += 1) {
    if (!lacks(here, row)) continue;
    lacking += 1;
    mine[row] = -1;
  }
  if (lacking > 0) {
    const fate = { inner: 'and are gone', left: '', semi: 'and are gone', anti: 'and are kept' }[how];
    warn(`${lacking} of ${frame.length} rows have no ${on.join(', ')}; they match nothing ${fate}`.trimEnd());
  }
  for (const [index, name] of on.entries()) {
    const cells = alike(here[index] ?? [], there[index] ?? []);
    if (cells !== undefined) throw sameInText(name, input, cells, [...at, 'on', index]);
  }
  return {
    firstOf: (row) => firsts[mine[row] ?? -1] ?? -1,
    nextOf: (match) => nexts[match] ?? -1,
  };
}

function lacks(columns: readonly (readonly Cell[])[], row: number): boolean {
  return columns.some((cells) => isMissing(cells[row] ?? null));
}

/** A cell that matches nothing there, though one of another type reads the same: 1 and "1". */
function alike(here: readonly Cell[], there: readonly Cell[]): readonly [Cell, Cell] | undefined {
  if (new Set([...kindsOf(here), ...kindsOf(there)]).size < 2) return undefined;
  const keys = new Set(there.map(cellKey));
  const texts = new Map(there.filter((cell) => cell !== null).map((cell) => [readAs(cell), cell]));
  for (const cell of here) {
    if (isMissing(cell) || keys.has(cellKey(cell))) continue;
    const other = texts.get(readAs(cell));
    if (other !== undefined && kindOf(other) !== kindOf(cell)) return [cell, other];
  }
  return undefined;
}

/** The kinds of what is not missing. */
function kindsOf(cells: readonly Cell[]): ReadonlySet<CellKind> {
  const kinds = new Set<CellKind>();
  for (const cell of cells) if (!isMissing(cell)) kinds.add(kindOf(cell));
  return kinds;
}

function readAs(cell: Cell): string {
  return typeof cell === 'string' ? cell.trim() : cellKey(cell);
}

function sameInText(
  name: string,
  input: string,
  [here, there]: readonly [Cell, Cell],
  path: readonly (string | number)[],
): Failure {
  return new Failure({
    code: 'unlike-keys',
    blame: 'user',
    message: `\`${name}\` is ${wordCell(here)} in one table and ${wordCell(there)} in \`${input}\`: they do not match`,
    path,
    expected: 'one type in both tables',
    next: 'give the column one type where it is read, or derive it in a `table` stage',
  });
}

function wordCell(cell: Cell): string {
  return `the ${kindOf(cell)} ${cellKey(cell)}`;
}
