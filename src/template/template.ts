import { Failure, type FailureDetails, type OptionProblem } from '../system/failure.ts';
import type { Cell } from '../table/table.ts';
import { nameProblems } from './free-names.ts';
import { templateFunctions } from './functions.ts';
import { promptDialect } from './jinja/context.ts';
import { JinjaError, lineOf, NotDefined, withinStack } from './jinja/error.ts';
import { render } from './jinja/render.ts';
import { parseProgram, type Program } from './jinja/syntax/parser.ts';
import { valueOf } from './jinja/values/convert.ts';
import type { Known, KnownNames } from './known.ts';

type Path = readonly (string | number)[];

/** A Jinja template, parsed once and rendered strictly for many rows. */
export interface Template {
  render(values: Readonly<Record<string, Cell>>): string;
}

/**
 * What is wrong with a template that the names in `known` are there for: its syntax, a name or a column that nobody
 * gives, a filter that does not exist.
 *
 * @param open there may be further names than those known, so that unknown ones are left to the run.
 */
export function checkTemplate(
  source: string,
  path: Path,
  known: KnownNames,
  { open = false }: { readonly open?: boolean } = {},
): readonly OptionProblem[] {
  let program: Program;
  try {
    program = parseProgram(source, promptDialect);
  } catch (error) {
    return [{ path, ...syntaxProblem(source, error) }];
  }
  const callable: readonly (readonly [string, Known])[] = [...templateFunctions.keys()].map(
    (name) => [name, { type: 'function' }] as const,
  );
  const names: KnownNames = new Map([...callable, ...known]);
  return namesWithin(program, names)
    .filter(({ about }) => !(open && about === 'name'))
    .map(({ message, at, found, candidates }) => ({
      path,
      message: message + placeIn(program.source, at),
      found,
      candidates,
      ...(candidates.length === 0 && { expected: expectedOf(candidates) }),
    }));
}

/** As `nameProblems`; a template too long to be walked is left to the run, which refuses it. */
function namesWithin(program: Program, names: KnownNames): ReturnType<typeof nameProblems> {
  try {
    return withinStack(() => nameProblems(program, names));
  } catch (error) {
    if (error instanceof JinjaError) return [];
    throw error;
  }
}

/**
 * A template that is ready to render.
 *
 * @throws Failure `template-invalid`, `template-failed` with the option's path: an unknown name that no check
 * could see, a null that would be printed, a function called with the wrong thing.
 */
export function compileTemplate(source: string, path: Path): Template {
  let program: Program;
  try {
    program = parseProgram(source, promptDialect);
  } catch (error) {
    throw new Failure({ code: 'template-invalid', blame: 'user', path, ...syntaxProblem(source, error) });
  }
  return {
    render(values) {
      const named = Object.entries(values).map(([name, value]) => [name, valueOf(value)] as const);
      try {
        return render(program, new Map([...templateFunctions, ...named]), promptDialect);
      } catch (error) {
        if (!(error instanceof JinjaError)) throw error;
        throw new Failure({
          code: 'template-failed',
          blame: 'user',
          message: `the template cannot be rendered: ${error.message}${placeIn(program.source, error.at)}`,
          path,
          found: lineAt(program.source, error.at),
          ...(error instanceof NotDefined && /^`[\p{ID_Continue}]+` is not defined$/u.test(error.message)
            ? { expected: expectedOf(Object.keys(values)) }
            : { next: 'mend the template, or what it reads' }),
        });
      }
    },
  };
}

/** What is said of a text that is no template. @throws what is no problem of the template */
function syntaxProblem(source: string, error: unknown): Pick<FailureDetails, 'message' | 'found' | 'next'> {
  if (!(error instanceof JinjaError)) throw error;
  return {
    message: `the template is not valid Jinja: ${error.message}${placeIn(source, error.at)}`,
    found: lineAt(source, error.at),
    next: 'mend the template there; text that only looks like Jinja goes between {% raw %} and {% endraw %}',
  };
}

/** Of a template with several lines, the line that is at fault. */
function placeIn(source: string, at: number | undefined): string {
  return at === undefined || !source.trimEnd().includes('\n')
    ? ''
    : ` (line ${lineOf(source, at)} of the template)`;
}

function lineAt(source: string, at = 0): string {
  const line = source.split(/\r\n?|\n/)[lineOf(source, at) - 1] ?? '';
  return line.length > 120 ? `${line.slice(0, 117)}...` : line;
}

function expectedOf(names: readonly string[]): string {
  return names.length === 0 ? 'no names are known here' : `one of ${names.join(', ')}`;
}
