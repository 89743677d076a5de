import type { Diagnostic } from '../diagnostic.ts';
import type { Json, JsonObject } from '../../system/json.ts';
import type { Locator } from './source/locator.ts';
import { expandMatrix, type MatrixInstance } from './matrix/matrix.ts';
import { substitute } from './source/params.ts';

/** A stage as written; what is absent was wrong in a way that has been reported. */
export interface DraftStage {
  readonly name: string;
  readonly uses?: string;
  readonly from?: string | Readonly<Record<string, string>> | undefined;
  readonly options?: JsonObject;
  /** Of a stage with `matrix`, which has no options of its own. */
  readonly instances?: readonly DraftInstance[];
  /** It has keys that are not known. */
  readonly misspelt?: boolean;
}

export interface DraftInstance extends MatrixInstance {
  readonly options?: JsonObject;
}

const STAGE_KEYS = ['uses', 'from', 'with', 'matrix'];

export interface Drafted {
  /** The file with parameters put in, for checking its structure. Of a matrix stage it holds one instance's options. */
  readonly filled: Json;
  readonly drafts: readonly DraftStage[];
}

/** Puts parameters into the stages and takes matrices apart. What the structure of the file is, is not checked here. */
export function draftStages(
  file: Json,
  params: JsonObject,
  locator: Locator,
  problems: Diagnostic[],
  warnings: Diagnostic[],
): Drafted {
  const stages = mapAt(file, 'stages');
  if (stages === undefined) return { filled: file, drafts: [] };
  const filled: [string, Json][] = [];
  const drafts: DraftStage[] = [];
  for (const [name, stage] of Object.entries(stages)) {
    const path = ['stages', name];
    if (!isMap(stage) || !Object.hasOwn(stage, 'matrix')) {
      const whole = substitute(stage, path, { params, matrix: 'none' }, locator, problems);
      filled.push([name, whole]);
      drafts.push(draft(name, whole));
      continue;
    }
    const { with: options, ...others } = stage;
    const head = substitute(others, path, { params, matrix: 'outside' }, locator, problems) as JsonObject;
    const matrix = isMap(head.matrix) ? head.matrix : undefined;
    const instances = matrix && expandMatrix(name, matrix, locator, problems, warnings);
    const optionsOf = (values: JsonObject): Json | undefined =>
      options && substitute(options, [...path, 'with'], { params, matrix: values }, locator, problems);
    const withOptions = instances?.map((instance) => ({ instance, options: optionsOf(instance.values) }));
    // The structure of one is the structure of all, except where `with` as a whole comes from the matrix.
    const shown =
      withOptions?.find((one) => one.options !== undefined && !isMap(one.options)) ?? withOptions?.[0];
    const whole = { ...head, ...(shown?.options !== undefined && { with: shown.options }) };
    filled.push([name, whole]);
    const outline = draft(name, whole, false);
    drafts.push({
      ...outline,
      instances: (withOptions ?? []).map((one) => {
        const given = one.options ?? (outline.misspelt === true ? null : {});
        return { ...one.instance, ...(isMap(given) && { options: given }) };
      }),
    });
  }
  return { filled: { ...(file as JsonObject), stages: Object.fromEntries(filled) }, drafts };
}

/** What is right of a stage's outline; what is wrong is reported when the structure of the file is checked. */
function draft(name: string, stage: Json, hasOptions = true): DraftStage {
  const uses = isMap(stage) ? stage.uses : undefined;
  if (!isMap(stage) || typeof uses !== 'string') return { name };
  const { from } = stage;
  // What is missing may stand under a misspelt key, which is reported.
  const misspelt = Object.keys(stage).some((key) => !STAGE_KEYS.includes(key));
  const options = stage.with ?? (misspelt ? null : {});
  const texts = isMap(from) ? Object.values(from).every((source) => typeof source === 'string') : true;
  return {
    name,
    uses,
    from: (typeof from === 'string' || (isMap(from) && texts) ? from : undefined) as DraftStage['from'],
    ...(hasOptions && isMap(options) && { options }),
    misspelt,
  };
}

export function mapAt(value: Json, key: string): JsonObject | undefined {
  const inner = isMap(value) ? value[key] : undefined;
  return isMap(inner) ? inner : undefined;
}

function isMap(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
