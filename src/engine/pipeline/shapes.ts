import { isFailure } from '../../system/failure.ts';
import type { JsonObject, Path } from '../../system/json.ts';
import type { CheckContext, InputPort, Shape, StageKind } from '../stage-kind.ts';
import { optionProblems } from '../column-options.ts';
import type { BoundStage } from './bind.ts';
import type { CheckedStage } from './pipeline.ts';
import type { Problems } from './problems.ts';
import type { FittedOptions } from './schema/fit.ts';
import { wordArtifact } from './words.ts';

/** What a stage gives, for those who read it. */
export interface Given {
  /** Undefined when that cannot be known. */
  readonly shape: Shape | undefined;
  /** A matrix stage whose instances make no gathered stage: there is nothing to read. */
  readonly instancesOnly?: true;
}

/** What became of one entry of `stages`. */
export interface CheckedEntry {
  /** Its stage; or its instances and the stage that gathers them; none where something is wrong. */
  readonly stages: readonly CheckedStage[];
  readonly given: Given;
}

/** The shape of what a stage gives; undefined when that cannot be known. */
export async function shapeOf(
  stage: BoundStage,
  givens: ReadonlyMap<string, Given>,
  problems: Problems,
  context: CheckContext,
): Promise<Shape | undefined> {
  const { loaded, options } = stage;
  if (loaded === undefined) return undefined;
  const inputs = inputsOf(stage, loaded.kind, givens, problems);
  if (inputs === undefined || options === undefined || !stage.sound) return undefined;
  await loaded.kind.ask?.(options.value, inputs, context);
  if (options.without.length === 0) {
    return wholeShape(stage.name, loaded.kind, options.value, inputs, problems, context);
  }
  checkRest(stage.name, loaded.kind, options, inputs, problems, context);
  return undefined;
}

type Inputs = Readonly<Record<string, Shape>>;

/** Shapes by input name; undefined when the kind cannot read one of them. */
function inputsOf(
  stage: BoundStage,
  kind: StageKind<unknown>,
  givens: ReadonlyMap<string, Given>,
  problems: Problems,
): Inputs | undefined {
  const inputs: [string, Shape][] = [];
  let fitting = true;
  for (const [input, source] of Object.entries(stage.from)) {
    const port = kind.inputs.ports.find(({ name }) => name === input);
    const given = givens.get(source);
    const shape = given?.shape ?? openShape(port);
    const at = { value: stage.fromPath(input) };
    if (given?.instancesOnly === true) {
      fitting = false;
      problems.error(
        'scattered-input',
        `\`${source}\` has a matrix: it gives ${wordArtifact(shape.type)} for each instance, and they cannot be read as one`,
        at,
        { expected: 'a table or a value from each instance, or a stage without `matrix`' },
      );
    } else if (port !== undefined && shape.type !== port.type) {
      fitting = false;
      problems.error('wrong-input-type', `\`${kind.name}\` cannot read \`${source}\``, at, {
        expected: `${wordArtifact(port.type)} (${port.description})`,
        found: wordArtifact(shape.type),
      });
    }
    inputs.push([input, shape]);
  }
  return fitting ? Object.fromEntries(inputs) : undefined;
}

/** Lets the kind check options that fit its schema. */
function wholeShape(
  stage: string,
  kind: StageKind<unknown>,
  options: JsonObject,
  inputs: Inputs,
  problems: Problems,
  context: CheckContext,
): Shape | undefined {
  try {
    const found = optionProblems(kind, options, inputs, context);
    for (const problem of found) problems.ofStage(stage, problem);
    if (found.length === 0) {
      for (const doubt of kind.doubts?.(options, inputs) ?? []) problems.doubtOfStage(stage, doubt);
    }
    const shape = kind.output(options, inputs, context);
    return found.length > 0 && shape.type === 'table' ? { ...shape, open: true } : shape;
  } catch (error) {
    if (!isFailure(error)) throw error;
    problems.ofStage(stage, { path: [], ...error.details });
    return undefined;
  }
}

/**
 * Lets the kind check what is left of options that do not fit its schema. A problem is told only where the file has a
 * value and nothing was left out: the kind must not miss what was left out, nor blame a default.
 */
function checkRest(
  stage: string,
  kind: StageKind<unknown>,
  { value, without }: FittedOptions,
  inputs: Inputs,
  problems: Problems,
  context: CheckContext,
): void {
  try {
    const found = optionProblems(kind, value, inputs, context);
    const written = found.filter(({ path }) => problems.locator.has(['stages', stage, 'with', ...path]));
    for (const problem of written) {
      if (!without.some((gone) => startsWith(gone, problem.path))) problems.ofStage(stage, problem);
    }
  } catch (error) {
    // The kind has failed by what was left out, which has been reported.
    if (!isFailure(error)) throw error;
  }
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((step, index) => path[index] === step);
}

function openShape(port: InputPort | undefined): Shape {
  return port === undefined || port.type === 'table'
    ? { type: 'table', columns: [], key: [], open: true }
    : { type: port.type };
}
