import { canonicalJson, type JsonObject } from '../../system/json.ts';
import { sha256 } from '../../system/hash.ts';
import { entriesOf, mapOf, openOrders } from '../../system/names-in-order.ts';
import type { StageToRun } from '../pipeline/pipeline.ts';
import type { StageKey } from '../record.ts';

/** Raised when the stored form of an artifact, or of what a key means, changes. */
const keyFormat = 2;

/** The key of a stage, given the digests of its inputs by input name (all of them, or those that are known). */
export function stageKey(
  stage: Omit<StageToRun, 'forced'>,
  inputs: Readonly<Record<string, string>>,
): StageKey {
  const { kind, source, packages, externals } = stage;
  const options = countingOptions(stage);
  const order = openOrders(options, kind.options);
  return {
    format: keyFormat,
    kind: kind.name,
    source,
    packages,
    options,
    ...(Object.keys(order).length > 0 && { order }),
    inputs,
    externals: Object.fromEntries(Object.entries(externals).map(([name, { identity }]) => [name, identity])),
  };
}

/** Options but for those that only name what the externals identify by content. */
function countingOptions({ kind, options }: Pick<StageToRun, 'kind' | 'options'>): JsonObject {
  const { namesOnly = [] } = kind;
  return namesOnly.length === 0
    ? options
    : mapOf(entriesOf(options).filter(([name]) => !namesOnly.includes(name)));
}

/**
 * SHA-256 of the canonical JSON of a key. `source` and `packages` are the largest part and the same object for all
 * stages of a kind: their text is made once.
 */
export function digestOfKey(key: StageKey): string {
  const { source, packages, ...others } = key;
  // RFC 8785 sorts names, and these two sort after all others.
  const head = canonicalJson({ ...others }).slice(0, -1);
  return sha256(`${head},"packages":${textOf(packages)},"source":${textOf(source)}}`);
}

const texts = new WeakMap<JsonObject, string>();

function textOf(part: JsonObject): string {
  let text = texts.get(part);
  if (text === undefined) {
    text = canonicalJson(part);
    texts.set(part, text);
  }
  return text;
}
