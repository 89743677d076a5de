import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ArtifactType } from '../artifact.ts';
import type { External, InputPort, ResourceHold, Shape, StageInputs, StageKind } from '../stage-kind.ts';
import { Failure, isFailure, type OptionProblem } from '../../system/failure.ts';
import { NoAnswer } from './apart/no-answer.ts';
import { holdExit } from './hold-exit.ts';

/** What is wrong with a descriptor. */
export interface DescriptorProblem {
  readonly message: string;
  readonly expected: string;
  readonly found: string;
}

type ForPeople = 'summary' | 'description' | 'example';

/** A descriptor that has no problems. What is for people may be missing, and the engine knows the module. */
export interface Described
  extends Omit<StageKind<unknown>, ForPeople | 'module' | 'inputs'>, Partial<Pick<StageKind, ForPeople>> {
  readonly inputs: Omit<StageInputs, 'ports'> & {
    readonly ports: readonly (Omit<InputPort, 'description'> & Partial<Pick<InputPort, 'description'>>)[];
  };
}

const artifactTypes: readonly ArtifactType[] = ['table', 'value', 'text', 'figure'];

/** What must be there for the engine to use a module's default export as a stage kind. */
export function descriptorProblems(exported: unknown): DescriptorProblem[] {
  if (!isObject(exported)) {
    return [
      {
        message:
          exported === undefined ? 'the module has no default export' : 'the default export is no stage',
        expected: 'export default defineStage({ ... })',
        found: typeOf(exported),
      },
    ];
  }
  const problems: DescriptorProblem[] = [];
  const wrong = (field: string, expected: string, value: unknown = exported[field]) =>
    problems.push({ message: `\`${field}\` of the stage is not right`, expected, found: typeOf(value) });
  if (typeof exported.name !== 'string' || exported.name === '') wrong('name', 'text');
  for (const field of ['summary', 'description', 'example']) {
    if (exported[field] !== undefined && typeof exported[field] !== 'string') wrong(field, 'text');
  }
  if (!isObject(exported.options)) wrong('options', 'a JSON Schema: { type: "object", properties: { ... } }');
  const ports = isObject(exported.inputs) ? exported.inputs.ports : undefined;
  if (!Array.isArray(ports)) wrong('inputs', '{ ports: [{ name, type, description }] }');
  else {
    const expected = `{ name: text, type: one of ${artifactTypes.join(', ')}, description: text }`;
    ports.forEach((port: unknown, index) => {
      const right = isObject(port) && typeof port.name === 'string' && isArtifactType(port.type);
      if (!right) wrong(`inputs.ports[${index}]`, expected, port);
    });
  }
  for (const field of ['output', 'run']) {
    if (typeof exported[field] !== 'function') wrong(field, 'a function');
  }
  for (const field of ['check', 'externals', 'resources']) {
    if (exported[field] !== undefined && typeof exported[field] !== 'function') wrong(field, 'a function');
  }
  if (exported.computedBy !== undefined && !areModules(exported.computedBy)) {
    wrong('computedBy', "URLs of modules that are there: [new URL('./worker.ts', import.meta.url).href]");
  }
  return problems;
}

/**
 * The kind with its functions guarded: what goes wrong in the user's code before a run is a failure of the user's
 * module, not of this program.
 *
 * @param uses as in the pipeline file
 * @param module URL of the module
 */
export function guarded(kind: Described, uses: string, module: string): StageKind<unknown> {
  const guard = guardFor(uses);
  const { name, summary = '', description = '', example = '', options, inputs, computedBy } = kind;
  return {
    name,
    module,
    ...(computedBy && { computedBy }),
    summary,
    description,
    example,
    options,
    inputs: {
      ...inputs,
      ports: inputs.ports.map((port) => ({ ...port, description: port.description ?? '' })),
    },
    ...(kind.ask && {
      ask: async (...args: Parameters<NonNullable<StageKind<unknown>['ask']>>) => kind.ask?.(...args),
    }),
    output: (...args) => guard.now('output', () => kind.output(...args), isShape, 'the shape of the result'),
    ...(kind.check && {
      check: (...args: Parameters<NonNullable<StageKind<unknown>['check']>>) =>
        guard.now('check', () => kind.check?.(...args), areProblems, 'a list of { path, message }'),
    }),
    ...(kind.resources && {
      resources: (...args: Parameters<NonNullable<StageKind<unknown>['resources']>>) =>
        guard.now('resources', () => kind.resources?.(...args), areHolds, 'amounts by name'),
    }),
    ...(kind.externals && {
      externals: (...args: Parameters<NonNullable<StageKind<unknown>['externals']>>) =>
        guard.later(
          'externals',
          async () => kind.externals?.(...args),
          areExternals,
          '{ name: { identity } }, by content',
        ),
    }),
    run: (context) => kind.run(context),
  };
}

/** Calls functions of a user's module: what they throw, and what does not fit, is the failure of that module. */
function guardFor(uses: string) {
  const failure = (name: string, what: string, next?: string) =>
    new Failure({
      code: 'stage-code-failed',
      blame: 'user',
      message: `\`${name}\` of ${uses} ${what}`,
      ...(next !== undefined && { next }),
    });
  const caught = (name: string, error: unknown): unknown =>
    isFailure(error)
      ? error
      : error instanceof NoAnswer
        ? failure(name, error.message)
        : failure(
            name,
            `threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`,
          );
  const fitting = <T>(
    name: string,
    value: unknown,
    fits: (value: unknown) => value is T,
    expected: string,
  ): T => {
    if (fits(value)) return value;
    throw failure(name, `gave ${typeOf(value)}`, `let it return ${expected}`);
  };
  return {
    now<T>(name: string, call: () => unknown, fits: (value: unknown) => value is T, expected: string): T {
      let value: unknown;
      try {
        value = holdExit(call);
      } catch (error) {
        throw caught(name, error);
      }
      return fitting(name, value, fits, expected);
    },
    async later<T>(
      name: string,
      call: () => Promise<unknown>,
      fits: (value: unknown) => value is T,
      expected: string,
    ): Promise<T> {
      const value = await holdExit(call).catch((error: unknown) => {
        throw caught(name, error);
      });
      return fitting(name, value, fits, expected);
    },
  };
}

function isShape(value: unknown): value is Shape {
  if (!isObject(value) || !isArtifactType(value.type)) return false;
  return value.type !== 'table' || (Array.isArray(value.columns) && Array.isArray(value.key));
}

function areProblems(value: unknown): value is readonly OptionProblem[] {
  return Array.isArray(value) && value.every((problem) => isObject(problem) && Array.isArray(problem.path));
}

function areHolds(value: unknown): value is Readonly<Record<string, ResourceHold>> {
  return isObject(value);
}

function areExternals(value: unknown): value is Readonly<Record<string, External>> {
  return (
    isObject(value) &&
    Object.values(value).every((external) => isObject(external) && external.identity !== undefined)
  );
}

function areModules(value: unknown): value is readonly string[] {
  const isModule = (url: unknown) =>
    typeof url === 'string' && url.startsWith('file:') && existsSync(fileURLToPath(url));
  return Array.isArray(value) && value.every(isModule);
}

function isArtifactType(value: unknown): boolean {
  return artifactTypes.some((type) => type === value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
