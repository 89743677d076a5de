import type { JsonObject } from '../../system/json.ts';
import type { Shape, StageKind } from '../stage-kind.ts';
import type { OptionProblem } from '../../system/option-problem.ts';
import { isFailure, Failure } from '../../system/failure.ts';
/** What is wrong with a descriptor. */
export interface DescriptorProblem {
  readonly message: string;
  readonly expected: string;
  readonly found: string;
}

const TYPES = ['table', 'value', 'text', 'figure'];

/** What must be there for the engine to use a module's default export as a stage kind. */
export function descriptorProblems(exported: unknown): DescriptorProblem[] {
  if (!isMap(exported)) {
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
  if (typeof exported['name'] !== 'string' || exported['name'] === '') wrong('name', 'text');
  for (const field of ['summary', 'description', 'example']) {
    if (exported[field] !== undefined && typeof exported[field] !== 'string') wrong(field, 'text');
  }
  if (!isMap(exported['options'])) wrong('options', 'a JSON Schema: { type: "object", properties: { ... } }');
  const ports = isMap(exported['inputs']) ? exported['inputs']['ports'] : undefined;
  if (!Array.isArray(ports)) wrong('inputs', '{ ports: [{ name, type, description }] }');
  else {
    ports.forEach((port: unknown, index) => {
      const right = isMap(port) && typeof port['name'] === 'string' && TYPES.includes(String(port['type']));
      if (!right)
        wrong(
          `inputs.ports[${index}]`,
          `{ name: text, type: one of ${TYPES.join(', ')}, description: text }`,
          port,
        );
    });
  }
  for (const field of ['output', 'run'])
    if (typeof exported[field] !== 'function') wrong(field, 'a function');
  for (const field of ['check', 'externals', 'resources']) {
    if (exported[field] !== undefined && typeof exported[field] !== 'function') wrong(field, 'a function');
  }
  return problems;
}

/**
 * The kind with its functions guarded: what goes wrong in the user's code before a run is a failure of the user's
 * module, not of this program.
 */
export function guarded(kind: StageKind<unknown>, uses: string, module: string): StageKind<unknown> {
  const failure = (name: string, what: string, next?: string) =>
    new Failure({
      code: 'stage-code-failed',
      blame: 'user',
      message: `\`${name}\` of ${uses} ${what}`,
      ...(next !== undefined && { next }),
    });
  const caught = (name: string, error: unknown): unknown => {
    if (isFailure(error)) return error;
    return failure(
      name,
      `threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`,
    );
  };
  const guard = <T>(name: string, call: () => T, fits: (value: T) => boolean, expected: string): T => {
    let value: T;
    try {
      value = call();
    } catch (error) {
      throw caught(name, error);
    }
    if (fits(value)) return value;
    throw failure(name, `gave ${typeOf(value)}`, `let it return ${expected}`);
  };
  const { check, externals, resources } = kind;
  return {
    name: kind.name,
    module,
    summary: kind.summary ?? '',
    description: kind.description ?? '',
    example: kind.example ?? '',
    options: kind.options,
    inputs: {
      ...kind.inputs,
      ports: kind.inputs.ports.map((port) => ({ ...port, description: port.description ?? '' })),
    },
    output: (options, inputs) =>
      guard('output', () => kind.output(options, inputs), isShape, 'the shape of the result'),
    ...(check && {
      check: (options: unknown, inputs: Readonly<Record<string, Shape>>) =>
        guard(
          'check',
          () => check.call(kind, options, inputs),
          isListOfProblems,
          'a list of { path, message }',
        ),
    }),
    ...(resources && {
      resources: (...args: Parameters<typeof resources>) =>
        guard('resources', () => resources.apply(kind, args), isMap, 'amounts by name'),
    }),
    ...(externals && {
      externals: async (...args: Parameters<typeof externals>) => {
        const given = await externals.apply(kind, args).catch((error: unknown) => {
          throw caught('externals', error);
        });
        return guard('externals', () => given, areExternals, '{ name: { identity } }, by content');
      },
    }),
    run: (context) => kind.run(context),
  };
}

function isShape(value: unknown): boolean {
  if (!isMap(value) || !TYPES.includes(String(value['type']))) return false;
  return value['type'] !== 'table' || (Array.isArray(value['columns']) && Array.isArray(value['key']));
}

function isListOfProblems(value: readonly OptionProblem[]): boolean {
  return Array.isArray(value) && value.every((problem) => isMap(problem) && Array.isArray(problem['path']));
}

function areExternals(value: unknown): boolean {
  return (
    isMap(value) &&
    Object.values(value).every((external) => isMap(external) && external['identity'] !== undefined)
  );
}

function isMap(value: unknown): value is Record<string, unknown> & JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
