import type { Cell } from '../table/table.ts';
import { Failure, type OptionProblem } from '../system/failure.ts';
import { nameProblems } from './free-names.ts';
import { templateFunctions } from './functions.ts';
import { Environment } from './jinja.ts';
import type { Known, KnownNames } from './known.ts';
import { StrictInterpreter, printedNodes } from './strict-interpreter.ts';
import { parseJinja, type Program } from './syntax.ts';

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
    program = parseJinja(source);
  } catch (error) {
    return [
      { path, message: `the template is not valid Jinja: ${messageOf(error)}`, found: shortened(source) },
    ];
  }
  const callable: readonly (readonly [string, Known])[] = Object.keys(templateFunctions).map(
    (name) => [name, { type: 'function' }] as const,
  );
  const names: KnownNames = new Map([...callable, ...known]);
  return nameProblems(program, names)
    .filter(({ about }) => !(open && about === 'name'))
    .map(({ message, found, candidates }) => ({
      path,
      message,
      found,
      candidates,
      ...(candidates.length === 0 && { expected: expectedOf(candidates) }),
    }));
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
    program = parseJinja(source);
  } catch (error) {
    throw new Failure({
      code: 'template-invalid',
      blame: 'user',
      message: `the template is not valid Jinja: ${messageOf(error)}`,
      path,
      found: shortened(source),
    });
  }
  const printed = printedNodes(program);
  return {
    render(values) {
      const environment = new Environment();
      for (const [name, value] of Object.entries({ ...constants, ...templateFunctions, ...values })) {
        environment.variables.delete(name);
        environment.set(name, value);
      }
      try {
        return String(new StrictInterpreter(environment, printed).run(program).value);
      } catch (error) {
        throw new Failure({
          code: 'template-failed',
          blame: 'user',
          message: `the template cannot be rendered: ${messageOf(error)}`,
          path,
          found: shortened(source),
          expected: expectedOf(Object.keys(values)),
        });
      }
    },
  };
}

const constants = {
  true: true,
  false: false,
  none: null,
  True: true,
  False: false,
  None: null,
  range: (start: number, stop?: number, step = 1): number[] => {
    const [from, to] = stop === undefined ? [0, start] : [start, stop];
    return Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step);
  },
  raise_exception: (message: string): never => {
    throw new Error(message);
  },
};

function expectedOf(names: readonly string[]): string {
  return names.length === 0 ? 'no names are known here' : `one of ${names.join(', ')}`;
}

function shortened(source: string): string {
  return source.length > 120 ? `${source.slice(0, 117)}...` : source;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
