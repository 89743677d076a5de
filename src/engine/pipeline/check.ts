import type { Diagnostic } from '../diagnostic.ts';
import type { JsonObject } from '../json.ts';
import {
  type InputPort,
  type OptionProblem,
  type Shape,
  type StageKind,
  StageFailure,
} from '../stage-kind.ts';
import type { DraftStage } from './drafts.ts';
import { gatherKind, gatherOptions, gatherTables } from './gather.ts';
import { sortGraph } from './graph.ts';
import type { Locator } from './locator.ts';
import type { MatrixInstance } from './matrix.ts';
import type { CheckedStage } from './pipeline.ts';
import { checkSchema } from './schema-problems.ts';
import { didYouMean, listNames, suggest } from './suggest.ts';
import { wordArtifact } from './words.ts';

/** By what `uses` says; undefined for a module that cannot be used. */
export type Kinds = ReadonlyMap<string, StageKind<unknown> | undefined>;

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
    checked: [{ name, node: name, uses, folder: name, kind, options, from, shape }],
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
      options,
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

interface BoundStage {
  readonly name: string;
  readonly uses: string;
  readonly instances?: readonly BoundInstance[];
  readonly kind?: StageKind<unknown>;
  readonly from: Readonly<Record<string, string>>;
  /** Path of the name of the stage that is read, by input name. */
  readonly fromPath: (input: string) => readonly string[];
  /** Present when they fit the schema; defaults filled in. */
  readonly options?: JsonObject | undefined;
  /** Whether its inputs are what the kind takes. */
  readonly sound: boolean;
}

interface BoundInstance extends MatrixInstance {
  /** Present when they fit the schema; defaults filled in. */
  readonly options: JsonObject | undefined;
}

function bindStage(
  draft: DraftStage,
  names: ReadonlySet<string>,
  kinds: Kinds,
  locator: Locator,
  problems: Diagnostic[],
): BoundStage {
  const { name } = draft;
  const path = ['stages', name];
  const kind = draft.uses === undefined ? undefined : kinds.get(draft.uses);
  // A module that cannot be used has been reported.
  if (draft.uses !== undefined && !kinds.has(draft.uses)) {
    const known = [...kinds.keys()].filter((name) => !name.startsWith('.'));
    const isFile = /\.[cm]?[jt]s$/.test(draft.uses);
    const next = isFile
      ? `write \`./${draft.uses}\` for a module beside the pipeline file`
      : didYouMean(draft.uses, known);
    problems.push({
      code: 'unknown-kind',
      severity: 'error',
      message: `no stage kind \`${draft.uses}\``,
      ...locator.value([...path, 'uses']),
      expected: listNames(known.sort()),
      found: draft.uses,
      ...(next !== undefined && { next }),
    });
  }
  const single = typeof draft.from === 'string';
  const firstPort = kind?.inputs.ports[0]?.name ?? 'input';
  const given = typeof draft.from === 'string' ? { [firstPort]: draft.from } : (draft.from ?? {});
  const fromPath = (input: string) => (single ? [...path, 'from'] : [...path, 'from', input]);
  const before = problems.length;
  for (const [input, source] of Object.entries(given)) {
    if (names.has(source)) continue;
    const others = [...names].filter((other) => other !== name);
    const next = didYouMean(source, others);
    problems.push({
      code: 'unknown-stage',
      severity: 'error',
      message: `no stage \`${source}\` in the pipeline`,
      ...locator.value(fromPath(input)),
      expected: listNames(others),
      found: source,
      ...(next !== undefined && { next }),
    });
  }
  if (kind !== undefined) checkInputNames(kind, draft, given, locator, problems);
  const sound = problems.length === before;
  const from = Object.fromEntries(Object.entries(given).filter(([, source]) => names.has(source)));

  const fill = (options: JsonObject | undefined): JsonObject | undefined => {
    if (kind === undefined || options === undefined) return undefined;
    const filled = structuredClone(options);
    return checkSchema(kind.options, filled, [...path, 'with'], locator, problems) ? filled : undefined;
  };
  const bound = { name, uses: draft.uses ?? '', from, fromPath, sound, ...(kind && { kind }) };
  if (draft.instances === undefined) return { ...bound, options: fill(draft.options) };
  return {
    ...bound,
    instances: draft.instances.map((instance) => ({ ...instance, options: fill(instance.options) })),
  };
}

function checkInputNames(
  kind: StageKind<unknown>,
  draft: DraftStage,
  given: Readonly<Record<string, string>>,
  locator: Locator,
  problems: Diagnostic[],
): void {
  const path = ['stages', draft.name];
  const { ports, open } = kind.inputs;
  const known = ports.map(({ name }) => name);
  if (ports.length === 0 && open !== true && Object.keys(given).length > 0) {
    problems.push({
      code: 'extra-input',
      severity: 'error',
      message: `\`${kind.name}\` reads no stage`,
      ...locator.key([...path, 'from']),
      expected: 'no `from`',
    });
    return;
  }
  const meant = new Set<string>();
  for (const input of Object.keys(given)) {
    if (open === true || known.includes(input)) continue;
    const near = suggest(input, known);
    if (near !== undefined) meant.add(near);
    problems.push({
      code: 'extra-input',
      severity: 'error',
      message: `\`${kind.name}\` has no input \`${input}\``,
      ...locator.key([...path, 'from', input]),
      expected: listNames(known),
      found: input,
      ...(near !== undefined && { next: `did you mean \`${near}\`?` }),
    });
  }
  // What is wrong with a `from` of another type has been said.
  if (draft.from === undefined && (draft.misspelt === true || locator.has([...path, 'from']))) return;
  const needed = ports.filter(({ optional }) => optional !== true);
  for (const port of needed) {
    if (given[port.name] !== undefined || meant.has(port.name)) continue;
    problems.push({
      code: 'missing-input',
      severity: 'error',
      message: `\`${kind.name}\` needs the input \`${port.name}\``,
      ...locator.key(draft.from === undefined ? path : [...path, 'from']),
      expected: `${port.name}: ${port.description} (${wordArtifact(port.type)})`,
      found: listNames(Object.keys(given)),
      next:
        known.length === 1
          ? 'add `from: STAGE`'
          : `add \`from: { ${needed.map(({ name }) => `${name}: STAGE`).join(', ')} }\``,
    });
  }
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
    const found = kind.check?.(options, inputs) ?? [];
    found.forEach(blame);
    const shape = kind.output(options, inputs);
    return found.length > 0 && shape.type === 'table' ? { ...shape, open: true } : shape;
  } catch (error) {
    if (!(error instanceof StageFailure)) throw error;
    blame({ path: [], ...error.details });
    return undefined;
  }
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
