import type { JsonObject, Path } from '../../system/json.ts';
import type { StageKind } from '../stage-kind.ts';
import type { DraftStage } from './drafts.ts';
import type { Kinds, LoadedKind } from './kinds.ts';
import type { MatrixInstance } from './matrix/matrix.ts';
import { isModulePath } from './module-path.ts';
import type { Problems } from './problems.ts';
import { fitOptions, type FittedOptions } from './schema/fit.ts';
import { didYouMean, listNames, suggest } from '../../system/suggest.ts';
import { wordArtifact } from './words.ts';

/** A stage whose kind, inputs and options have been looked up and checked one by one. */
export interface BoundStage {
  readonly name: string;
  readonly uses: string;
  readonly instances?: readonly BoundInstance[];
  readonly loaded?: LoadedKind;
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
  problems: Problems,
): BoundStage {
  const { name, uses = '' } = draft;
  const path = ['stages', name];
  const loaded = findKind(draft, kinds, problems);
  const kind = loaded?.kind;
  const single = typeof draft.from === 'string';
  const firstPort = kind?.inputs.ports[0]?.name ?? 'input';
  const given = typeof draft.from === 'string' ? { [firstPort]: draft.from } : (draft.from ?? {});
  const fromPath = (input: string) => (single ? [...path, 'from'] : [...path, 'from', input]);

  const stagesThere = Object.entries(given)
    .map(([input, source]) => checkSource(name, source, fromPath(input), names, problems))
    .every((there) => there);
  const inputsFit = kind === undefined || checkInputNames(kind, draft, given, problems);
  const fit = (options: JsonObject | undefined): FittedOptions | undefined =>
    kind && options && fitOptions(kind.options, options, [...path, 'with'], problems);
  return {
    name,
    uses,
    from: Object.fromEntries(Object.entries(given).filter(([, source]) => names.has(source))),
    fromPath,
    sound: stagesThere && inputsFit,
    ...(loaded && { loaded }),
    ...(draft.instances === undefined
      ? { options: fit(draft.options) }
      : { instances: draft.instances.map((each) => ({ ...each, options: fit(each.options) })) }),
  };
}

function findKind({ name, uses }: DraftStage, kinds: Kinds, problems: Problems): LoadedKind | undefined {
  if (uses === undefined) return undefined;
  // A module that cannot be used has an entry without a kind: it has been reported.
  if (kinds.has(uses)) return kinds.get(uses);
  const known = [...kinds.keys()].filter((other) => !isModulePath(other));
  const isFile = /\.[cm]?[jt]s$/.test(uses);
  problems.error(
    'unknown-kind',
    `no stage kind \`${uses}\``,
    { value: ['stages', name, 'uses'] },
    {
      expected: listNames([...known].sort()),
      found: uses,
      next: isFile ? `write \`./${uses}\` for a module beside the pipeline file` : didYouMean(uses, known),
    },
  );
  return undefined;
}

/** Whether the stage that an input names is in the pipeline. */
function checkSource(
  name: string,
  source: string,
  path: Path,
  names: ReadonlySet<string>,
  problems: Problems,
): boolean {
  if (names.has(source)) return true;
  const others = [...names].filter((other) => other !== name);
  problems.error(
    'unknown-stage',
    `no stage \`${source}\` in the pipeline`,
    { value: path },
    {
      expected: listNames(others),
      found: source,
      next: didYouMean(source, others),
    },
  );
  return false;
}

/** Whether the inputs have the names that the kind gives them, and none that it needs is missing. */
function checkInputNames(
  kind: StageKind<unknown>,
  draft: DraftStage,
  given: Readonly<Record<string, string>>,
  problems: Problems,
): boolean {
  const path = ['stages', draft.name];
  const { ports, open } = kind.inputs;
  if (ports.length === 0 && open !== true && Object.keys(given).length > 0) {
    problems.error(
      'extra-input',
      `\`${kind.name}\` reads no stage`,
      { key: [...path, 'from'] },
      {
        expected: 'no `from`',
      },
    );
    return false;
  }
  const known = ports.map(({ name }) => name);
  // A `from` that is no text and no map has been reported: then nobody knows which inputs were meant.
  const unknown =
    draft.from === undefined && (draft.misspelt === true || problems.locator.has([...path, 'from']));
  const needed = unknown ? [] : ports.filter(({ optional }) => optional !== true);
  const lacking = needed.filter(({ name }) => given[name] === undefined);
  const extra = open === true ? [] : Object.keys(given).filter((input) => !known.includes(input));
  const meant = new Set<string>();
  for (const input of extra) {
    // One that is too many and one that is missing are the same.
    const only = extra.length === 1 && lacking.length === 1 ? lacking[0]?.name : undefined;
    const near = suggest(input, known) ?? only;
    if (near !== undefined) meant.add(near);
    problems.error(
      'extra-input',
      `\`${kind.name}\` has no input \`${input}\``,
      { key: [...path, 'from', input] },
      {
        expected: listNames(known),
        found: input,
        next: near === undefined ? undefined : `did you mean \`${near}\`?`,
      },
    );
  }
  const missing = lacking.filter(({ name }) => !meant.has(name));
  for (const port of missing) {
    problems.error(
      'missing-input',
      `\`${kind.name}\` needs the input \`${port.name}\``,
      { key: draft.from === undefined ? path : [...path, 'from'] },
      {
        expected: `${port.name}: ${port.description} (${wordArtifact(port.type)})`,
        found: listNames(Object.keys(given)),
        next: wayToGive(port.name, kind, given),
      },
    );
  }
  return extra.length === 0 && missing.length === 0;
}

function wayToGive(
  port: string,
  { inputs }: StageKind<unknown>,
  given: Readonly<Record<string, string>>,
): string {
  const names = inputs.ports.map(({ name }) => name);
  const [stranger, ...others] = Object.keys(given).filter((name) => !names.includes(name));
  if (stranger !== undefined && others.length === 0) {
    return `call the input \`${port}\`: \`from: { ${port}: ${given[stranger] ?? 'STAGE'} }\``;
  }
  if (stranger !== undefined) return `call the input that it works on \`${port}\``;
  if (names.length === 1) return 'add `from: STAGE`';
  const needed = inputs.ports.filter(({ optional }) => optional !== true);
  return `add \`from: { ${needed.map(({ name }) => `${name}: STAGE`).join(', ')} }\``;
}
