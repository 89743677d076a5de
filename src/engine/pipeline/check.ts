import type { Diagnostic } from '../diagnostic.ts';
import { type InputPort, type Shape } from '../stage-kind.ts';
import type { OptionProblem } from '../../system/option-problem.ts';
import { Failure } from '../../system/failure.ts';
import { bindStage, type BoundInstance, type BoundStage, type Kinds } from './bind.ts';
import type { DraftStage } from './drafts.ts';
import { gatherKind, gatherOptions, gatherTables } from './matrix/gather.ts';
import { sortGraph } from './graph.ts';
import type { Locator, Path } from './source/locator.ts';
import type { CheckedStage } from './pipeline.ts';
import { didYouMean, listNames } from './suggest.ts';
import { wordArtifact } from './words.ts';

/**
 * Checks each stage, sorts them, and lets the shapes of tables flow along the edges, so that unknown columns and
 * template variables are found before anything runs. A stage with problems counts as giving a table of any columns:
 * its readers are not blamed for it. A matrix stage becomes its instances, and one stage that gathers them.
 */
export function checkStages(
  drafts: readonly DraftStage[],
  kinds: Kinds,
  locator: Locator,
  problems: Diagnostic[],
): CheckedStage[] {
  const names = new Set(drafts.map(({ name }) => name));
  const stages = new Map(
    drafts.map((draft) => [draft.name, bindStage(draft, names, kinds, locator, problems)]),
  );
  const { order, cycles } = sortGraph(new Map([...stages].map(([name, { from }]) => [name, from])));
  for (const cycle of cycles) problems.push(cycleProblem(cycle, stages, locator));

  const shapes = new Map<string, Given>();
  return order.flatMap((name) => {
    const stage = stages.get(name);
    if (stage === undefined) return [];
    const { checked, given } = stage.instances
      ? checkInstances(stage, stage.instances, shapes, locator, problems)
      : checkStage(stage, shapes, locator, problems);
    shapes.set(name, given);
    return checked;
  });
}

/** What a stage gives, for those who read it. */
interface Given {
  /** Undefined when that cannot be known. */
  readonly shape: Shape | undefined;
  /** A matrix stage whose instances cannot be gathered: there is nothing to read. */
  readonly scattered?: true;
}

interface Checked {
  readonly checked: readonly CheckedStage[];
  readonly given: Given;
}

function checkStage(
  stage: BoundStage,
  shapes: ReadonlyMap<string, Given>,
  locator: Locator,
  problems: Diagnostic[],
): Checked {
  const { name, uses, kind, from, options } = stage;
  const shape = flow(stage, shapes, locator, problems);
  if (!kind || !options || !shape) return { checked: [], given: { shape } };
  return {
    checked: [{ name, node: name, uses, folder: name, kind, options: options.value, from, shape }],
    given: { shape },
  };
}

function checkInstances(
  stage: BoundStage,
  instances: readonly BoundInstance[],
  shapes: ReadonlyMap<string, Given>,
  locator: Locator,
  problems: Diagnostic[],
): Checked {
  const { name: node, uses, kind, from } = stage;
  const checked: CheckedStage[] = [];
  for (const { label, folder, values, options } of instances) {
    const shape = flow({ ...stage, options }, shapes, locator, problems);
    if (!kind || !options || !shape) continue;
    const name = `${node}[${label}]`;
    checked.push({
      name,
      node,
      uses,
      folder: `${node}/${folder}`,
      matrix: values,
      kind,
      options: options.value,
      from,
      shape,
    });
  }
  if (checked.length < instances.length || checked.length === 0)
    return { checked, given: { shape: undefined } };
  const given = gatherShapes(stage, checked, instances, locator, problems);
  if (given.shape === undefined || given.scattered === true) return { checked, given };
  const gathered: CheckedStage = {
    name: node,
    node,
    uses,
    folder: node,
    gathers: true,
    kind: gatherKind,
    options: gatherOptions(instances),
    from: Object.fromEntries(checked.map(({ name }, index) => [instances[index]?.label ?? '', name])),
    shape: given.shape,
  };
  return { checked: [...checked, gathered], given };
}

function gatherShapes(
  { name }: BoundStage,
  checked: readonly CheckedStage[],
  instances: readonly BoundInstance[],
  locator: Locator,
  problems: Diagnostic[],
): Given {
  const at = ['stages', name, 'matrix'];
  const types = new Set(checked.map(({ shape }) => shape.type));
  const [type] = types;
  if (type === undefined || types.size > 1) {
    problems.push({
      code: 'matrix-mixed',
      severity: 'error',
      message: `the instances of \`${name}\` give different things`,
      ...locator.key(at),
      expected: 'the same from all',
      found: [...types].map(wordArtifact).join(', '),
    });
    return { shape: undefined };
  }
  if (type === 'value') return { shape: { type } };
  if (type !== 'table') return { shape: { type }, scattered: true };
  const parts = checked.flatMap(({ shape }, index) =>
    shape.type === 'table' ? [{ label: instances[index]?.label ?? '', shape }] : [],
  );
  const { shape, clashes } = gatherTables(
    instances.map(({ values }) => values),
    parts,
  );
  for (const { code, axis, message, next } of clashes) {
    const place = axis === undefined || !locator.has([...at, axis]) ? at : [...at, axis];
    problems.push({ code, severity: 'error', message, ...locator.key(place), next });
  }
  return { shape: clashes.length > 0 ? undefined : shape };
}

function cycleProblem(
  cycle: readonly string[],
  stages: ReadonlyMap<string, BoundStage>,
  locator: Locator,
): Diagnostic {
  const edges = cycle.map((name, index) => {
    const source = cycle[(index + 1) % cycle.length] ?? name;
    const stage = stages.get(name);
    const input = Object.entries(stage?.from ?? {}).find(([, from]) => from === source)?.[0] ?? '';
    return { name, source, place: locator.value(stage?.fromPath(input) ?? []).place };
  });
  const [first, ...others] = edges;
  return {
    code: 'cycle',
    severity: 'error',
    message:
      cycle.length === 1
        ? `the stage \`${cycle[0] ?? ''}\` reads itself`
        : `stages read each other in a circle: ${[...cycle, cycle[0] ?? ''].join(' -> ')}`,
    ...(first && { place: first.place }),
    ...(others.length > 0 && {
      related: others.map(({ name, source, place }) => ({
        message: `\`${name}\` reads \`${source}\``,
        place,
      })),
    }),
    next: 'let one of them read another stage',
  };
}

/** The shape of what a stage gives; undefined when that cannot be known. */
function flow(
  stage: BoundStage,
  shapes: ReadonlyMap<string, Given>,
  locator: Locator,
  problems: Diagnostic[],
): Shape | undefined {
  const { kind, options } = stage;
  if (kind === undefined) return undefined;
  const inputs: Record<string, Shape> = {};
  let fitting = stage.sound;
  for (const [input, source] of Object.entries(stage.from)) {
    const port = kind.inputs.ports.find(({ name }) => name === input);
    const { shape = openShape(port), scattered } = shapes.get(source) ?? {};
    if (scattered === true) {
      fitting = false;
      problems.push({
        code: 'scattered-input',
        severity: 'error',
        message: `\`${source}\` has a matrix: it gives ${wordArtifact(shape.type)} for each instance, and they cannot be read as one`,
        ...locator.value(stage.fromPath(input)),
        expected: 'a table or a value from each instance, or a stage without `matrix`',
      });
    } else if (port !== undefined && shape.type !== port.type) {
      fitting = false;
      problems.push({
        code: 'wrong-input-type',
        severity: 'error',
        message: `\`${kind.name}\` cannot read \`${source}\``,
        ...locator.value(stage.fromPath(input)),
        expected: `${wordArtifact(port.type)} (${port.description})`,
        found: wordArtifact(shape.type),
      });
    }
    inputs[input] = shape;
  }
  if (options === undefined || !fitting) return undefined;
  const { value, without } = options;
  const whole = without.length === 0;
  const blame = (problem: OptionProblem & { readonly code?: string }) => {
    const next = problem.candidates && didYouMean(problem.found ?? '', problem.candidates);
    const advice = [next, problem.next].filter((text) => text !== undefined).join(' ');
    problems.push({
      code: problem.code ?? 'bad-option',
      severity: 'error',
      message: problem.message,
      ...locator.value(['stages', stage.name, 'with', ...problem.path]),
      ...expectation(problem),
      ...(problem.found !== undefined && { found: problem.found }),
      ...(advice !== '' && { next: advice }),
    });
  };
  try {
    const found = kind.check?.(value, inputs) ?? [];
    if (!whole) {
      // What was left out must not be missed in what is left, nor what a default says be blamed.
      const own = found.filter(({ path }) => locator.has(['stages', stage.name, 'with', ...path]));
      own.filter(({ path }) => !without.some((gone) => startsWith(gone, path))).forEach(blame);
      return undefined;
    }
    found.forEach(blame);
    const shape = kind.output(value, inputs);
    return found.length > 0 && shape.type === 'table' ? { ...shape, open: true } : shape;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (whole) blame({ path: [], ...error.details });
    return undefined;
  }
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((step, index) => path[index] === step);
}

function expectation({ expected, candidates }: OptionProblem): { expected?: string } {
  if (expected !== undefined) return { expected };
  return candidates === undefined ? {} : { expected: listNames(candidates) };
}

function openShape(port: InputPort | undefined): Shape {
  return port === undefined || port.type === 'table'
    ? { type: 'table', columns: [], key: [], open: true }
    : { type: port.type };
}
