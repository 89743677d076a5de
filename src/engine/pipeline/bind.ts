import type { Diagnostic } from '../diagnostic.ts';
import type { JsonObject } from '../../system/json.ts';
import type { StageKind } from '../stage-kind.ts';
import type { DraftStage } from './drafts.ts';
import type { Locator } from './source/locator.ts';
import type { MatrixInstance } from './matrix/matrix.ts';
import { fitOptions, type FittedOptions } from './schema/schema-problems.ts';
import { didYouMean, listNames, suggest } from './suggest.ts';
import { wordArtifact } from './words.ts';

/** By what `uses` says; undefined for a module that cannot be used. */
export type Kinds = ReadonlyMap<string, StageKind<unknown> | undefined>;

/** A stage whose kind, inputs and options have been looked up and checked one by one. */
export interface BoundStage {
  readonly name: string;
  readonly uses: string;
  readonly instances?: readonly BoundInstance[];
  readonly kind?: StageKind<unknown>;
  readonly from: Readonly<Record<string, string>>;
  /** Path of the name of the stage that is read, by input name. */
  readonly fromPath: (input: string) => readonly string[];
  readonly options?: FittedOptions | undefined;
  /** Whether its inputs are what the kind takes. */
  readonly sound: boolean;
}

export interface BoundInstance extends MatrixInstance {
  readonly options: FittedOptions | undefined;
}

/** Finds what a stage names, and checks its inputs by name and its options against the kind's schema. */
export function bindStage(
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

  const fit = (options: JsonObject | undefined): FittedOptions | undefined =>
    kind && options && fitOptions(kind.options, options, [...path, 'with'], locator, problems);
  const bound = { name, uses: draft.uses ?? '', from, fromPath, sound, ...(kind && { kind }) };
  if (draft.instances === undefined) return { ...bound, options: fit(draft.options) };
  return {
    ...bound,
    instances: draft.instances.map((instance) => ({ ...instance, options: fit(instance.options) })),
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
