import { Failure, type OptionProblem } from '../../system/failure.ts';
import type { JsonObject } from '../../system/json.ts';
import { unknownColumns } from '../../table/columns.ts';
import type { Cell, Row, TableShape } from '../../table/table.ts';

/** Where the candidates of a row come from. */
export type CandidatesOption =
  string | { readonly columns: readonly string[] } | { readonly texts: readonly string[] };

export const candidatesOption: JsonObject = {
  description:
    'What can be chosen: the name of a column that holds a list of texts; or `{ columns: [a, b] }`, one column for each; or `{ texts: [yes, no] }`, the same for every row.',
  anyOf: [
    { type: 'string', minLength: 1, description: 'Column with a list of texts.' },
    {
      type: 'object',
      additionalProperties: false,
      required: ['columns'],
      properties: {
        columns: {
          type: 'array',
          minItems: 1,
          items: { type: 'string' },
          description: 'Columns, each with one candidate.',
        },
      },
    },
    {
      type: 'object',
      additionalProperties: false,
      required: ['texts'],
      properties: {
        texts: {
          type: 'array',
          minItems: 1,
          items: { type: 'string' },
          description: 'The candidates of every row.',
        },
      },
    },
  ],
};

export function candidatesProblems(option: CandidatesOption, rows: TableShape): readonly OptionProblem[] {
  if (typeof option === 'string') {
    const column = rows.columns.find(({ name }) => name === option);
    if (column === undefined || column.type === 'json') {
      return unknownColumns(rows, [{ name: option, path: ['candidates'] }]);
    }
    return [
      {
        path: ['candidates'],
        message: `column \`${option}\` holds no lists but is of type ${column.type}`,
        found: option,
        candidates: rows.columns.filter(({ type }) => type === 'json').map(({ name }) => name),
      },
    ];
  }
  if ('texts' in option) return [];
  return unknownColumns(
    rows,
    option.columns.map((name, index) => ({ name, path: ['candidates', 'columns', index] })),
  );
}

/** What gives the candidates of a row. It throws the Failure `no-candidates` where a row has none, or a null among them. */
export function candidatesOf(option: CandidatesOption): (row: Row) => readonly Cell[] {
  return (row) => {
    const cells = cellsOf(option, row);
    if (!Array.isArray(cells) || cells.length === 0) {
      throw noCandidates('there are no candidates', cells as Cell, 'a list of at least one text');
    }
    const given = cells as readonly Cell[];
    const missing = given.indexOf(null);
    if (missing >= 0) {
      throw noCandidates(`candidate ${missing} is missing`, null, 'a text; the first candidate is 0');
    }
    return given;
  };
}

function cellsOf(option: CandidatesOption, row: Row): Cell {
  if (typeof option === 'string') return row[option] ?? null;
  return 'texts' in option ? option.texts : option.columns.map((name) => row[name] ?? null);
}

function noCandidates(message: string, found: Cell, expected: string): Failure {
  return new Failure({
    code: 'no-candidates',
    blame: 'user',
    message,
    path: ['candidates'],
    expected,
    found: JSON.stringify(found),
    next: 'correct the row, or leave such rows out with `onBad: skip`',
  });
}

/**
 * Which candidates are right, by the cell of the answer: a number from 0, a text (as it is given or as it is rendered), or a list of true
 * and false, or 1 and 0.
 *
 * @throws Failure `answer-unknown`
 */
export function rightOf(
  answer: Cell,
  given: readonly Cell[],
  rendered: readonly string[],
): readonly boolean[] {
  if (typeof answer === 'number' && Number.isInteger(answer) && answer >= 0 && answer < given.length) {
    return given.map((_, index) => index === answer);
  }
  if (typeof answer === 'string') {
    const own = given.findIndex((candidate) => candidate === answer || JSON.stringify(candidate) === answer);
    const right = own >= 0 ? own : rendered.indexOf(answer);
    if (right >= 0) return given.map((_, index) => index === right);
  }
  if (Array.isArray(answer) && answer.length === given.length) {
    const labels = answer as readonly Cell[];
    if (labels.every((label) => label === true || label === false || label === 0 || label === 1)) {
      return labels.map((label) => label === true || label === 1);
    }
  }
  const last = given.length - 1;
  throw new Failure({
    code: 'answer-unknown',
    blame: 'user',
    message: 'the answer names no candidate',
    path: ['answer'],
    expected: `a number from 0 to ${last}, the text of a candidate, or a list of ${given.length} of true and false`,
    found: JSON.stringify(answer),
    next: 'correct the row, or leave such rows out with `onBad: skip`',
  });
}
