import { Failure, type OptionProblem } from '../../system/failure.ts';
import type { Frame } from '../frame.ts';
import { checkExpression, type Setting } from './check.ts';
import { compileExpression } from './compile.ts';
import { ExpressionError, type Fault } from './fault.ts';
import { parseExpression } from './parse.ts';
import type { Type, Value } from './value.ts';

export type { Setting } from './check.ts';
export { cellFrom, columnTypeOf, type Type, type Value } from './value.ts';

type Path = readonly (string | number)[];

/** The type of an expression, and what is wrong with it: with its syntax, its names, its types. */
export function checkedExpression(
  source: string,
  setting: Setting,
  path: Path,
): { readonly type: Type; readonly problems: readonly OptionProblem[] } {
  try {
    const { type, faults } = checkExpression(parseExpression(source), setting);
    return { type, problems: faults.map((fault) => problemOf(fault, source, path)) };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { type: 'any', problems: [problemOf(error.fault, source, path)] };
  }
}

/** The value of a checked expression in a row of a group. Throws a Failure with the place in the expression and the row. */
export type Computation = (row: number, group: number) => Value;

export function computation(source: string, frame: Frame, path: Path): Computation {
  const valueOf = compileExpression(parseExpression(source), frame);
  return (row, group) => {
    try {
      return valueOf(row, group);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      throw failureOf(error, source, path);
    }
  };
}

/** What an expression gives is not what the verb needs. */
export function wrongResult(
  fault: Omit<Fault, 'start' | 'end'>,
  source: string,
  path: Path,
  row?: number,
): Failure {
  return failureOf(new ExpressionError({ ...fault, start: 0, end: source.length }, row), source, path);
}

function failureOf({ fault, row }: ExpressionError, source: string, path: Path): Failure {
  return new Failure({
    code: 'expression-failed',
    blame: 'user',
    ...problemOf(fault, source, path),
    ...(row !== undefined && { where: `row ${row + 1}` }),
  });
}

/** The place is told to programs as a span, and to people beside what was found. */
function problemOf(
  { message, start, end, expected, found, next, candidates }: Fault,
  source: string,
  path: Path,
): OptionProblem {
  const character = Array.from(source.slice(0, start)).length + 1;
  const what = found ?? shortened(source.slice(start, end));
  return {
    path,
    message,
    span: { start, end },
    ...(expected !== undefined && { expected }),
    found: `${what}, at character ${character}`,
    ...(next !== undefined && { next }),
    ...(candidates !== undefined && { meant: what, candidates }),
  };
}

function shortened(text: string): string {
  const points = Array.from(text);
  return points.length > 60 ? `${points.slice(0, 57).join('')}...` : text;
}
