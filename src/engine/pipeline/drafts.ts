import { isMap, type Json, type JsonObject } from '../../system/json.ts';
import { entriesOf, mapOf } from '../../system/names-in-order.ts';
import { expandMatrix, type MatrixInstance } from './matrix/matrix.ts';
import type { Problems } from './problems.ts';
import { substitute } from './source/substitute.ts';

/** A stage as written. What is absent was wrong in a way that has been reported. */
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

const stageKeys = ['uses', 'from', 'with', 'matrix'];

export interface Drafted {
  /** The file with parameters put in, for checking its structure. Of a matrix stage it holds one instance's options. */
  readonly filled: Json;
  readonly drafts: readonly DraftStage[];
}

/** Puts parameters into the stages and takes matrices apart. Another phase checks the structure of the file. */
export function draftStages(file: Json, params: JsonObject, problems: Problems): Drafted {
  const stages = mapAt(file, 'stages');
  if (stages === undefined) return { filled: file, drafts: [] };
  const drafted = entriesOf(stages).map(([name, stage]) => {
    if (isMap(stage) && Object.hasOwn(stage, 'matrix')) return draftMatrix(name, stage, params, problems);
    const filled = substitute(stage, ['stages', name], { params, matrix: 'none' }, problems);
    const options = optionsIn(filled);
    return { name, filled, draft: { ...draftOutline(name, filled), ...(options && { options }) } };
  });
  return {
    filled: {
      ...(file as JsonObject),
      stages: mapOf(drafted.map(({ name, filled }) => [name, filled] as const)),
    },
    drafts: drafted.map(({ draft }) => draft),
  };
}

function draftMatrix(
  name: string,
  stage: JsonObject,
  params: JsonObject,
  problems: Problems,
): { readonly name: string; readonly filled: Json; readonly draft: DraftStage } {
  const path = ['stages', name];
  const { with: options, ...others } = stage;
  const head = substitute(others, path, { params, matrix: 'outside' }, problems) as JsonObject;
  const matrix = mapAt(head, 'matrix');
  const instances = (matrix && expandMatrix(name, matrix, problems)) ?? [];
  const filled = instances.map((instance) => ({
    instance,
    options: options && substitute(options, [...path, 'with'], { params, matrix: instance.values }, problems),
  }));
  // The structure of one is the structure of all, except where `with` as a whole comes from the matrix.
  const shown = filled.find((one) => one.options !== undefined && !isMap(one.options)) ?? filled[0];
  const whole = { ...head, ...(shown?.options !== undefined && { with: shown.options }) };
  const outline = draftOutline(name, whole);
  return {
    name,
    filled: whole,
    draft: {
      ...outline,
      instances: filled.map((one) => {
        const given = one.options ?? (outline.misspelt === true ? null : {});
        return { ...one.instance, ...(isMap(given) && { options: given }) };
      }),
    },
  };
}

/** What is right of a stage, its options aside. What is wrong is reported when the structure of the file is checked. */
function draftOutline(name: string, stage: Json): DraftStage {
  if (!isMap(stage) || typeof stage.uses !== 'string') return { name };
  const { uses, from } = stage;
  return {
    name,
    uses,
    from: typeof from === 'string' || (isMap(from) && areTexts(from)) ? from : undefined,
    misspelt: isMisspelt(stage),
  };
}

function optionsIn(stage: Json): JsonObject | undefined {
  if (!isMap(stage) || typeof stage.uses !== 'string') return undefined;
  const options = stage.with ?? (isMisspelt(stage) ? null : {});
  return isMap(options) ? options : undefined;
}

/** What a misspelt stage lacks may stand under the wrong key: it is not missed, because that key is reported. */
function isMisspelt(stage: JsonObject): boolean {
  return Object.keys(stage).some((key) => !stageKeys.includes(key));
}

function areTexts(map: JsonObject): map is Readonly<Record<string, string>> {
  return Object.values(map).every((value) => typeof value === 'string');
}

export function mapAt(value: Json, key: string): JsonObject | undefined {
  const inner = isMap(value) ? value[key] : undefined;
  return isMap(inner) ? inner : undefined;
}
