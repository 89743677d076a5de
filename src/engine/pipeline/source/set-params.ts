import { parseDocument } from 'yaml';
import { isMap, type Json, type JsonObject } from '../../../system/json.ts';
import type { Problems } from '../problems.ts';
import { didYouMean, listNames } from '../../../system/suggest.ts';
import { follow } from './follow.ts';
import type { Settings } from './settings.ts';
import { yamlOptions } from './yaml-json.ts';

/**
 * The parameters with the settings put in. A parameter that is text in the file stays text, as it was typed; the setting
 * of any other is read as YAML. A setting that cannot be read leaves the parameter as it is in the file.
 */
export function setParams(params: JsonObject, { set, write }: Settings, problems: Problems): JsonObject {
  let result: Json = params;
  for (const [name, raw] of Object.entries(set)) {
    const steps = name.split('.');
    const where = write(`${name}=${raw}`);
    const found = follow(params, steps);
    if (!('value' in found)) {
      problems.error(
        'unknown-param',
        `no parameter \`${name}\` in the pipeline`,
        { where },
        {
          expected: listNames(found.known),
          found: name,
          next: didYouMean(found.missing, found.known),
        },
      );
      continue;
    }
    const value = typeof found.value === 'string' ? raw : parseValue(raw);
    if (value === undefined) {
      problems.error(
        'bad-set',
        `the value of \`${write(name)}\` is not a YAML value`,
        { where },
        {
          found: raw,
          next: `quote it to set it as text: ${write(`'${name}=${JSON.stringify(raw)}'`)}`,
        },
      );
      continue;
    }
    result = withValue(result, steps, value);
  }
  return result as JsonObject;
}

/** Nothing after `=` is empty text: that is what a shell user means. */
function parseValue(raw: string): Json | undefined {
  if (raw.trim() === '') return raw;
  const document = parseDocument(raw, yamlOptions);
  if (document.errors.length > 0 || document.warnings.length > 0) return undefined;
  try {
    const value = document.toJS({ maxAliasCount: 0 }) as Json;
    return isExact(value, raw) ? value : undefined;
  } catch {
    // An alias: there is nothing that one could refer to.
    return undefined;
  }
}

function isExact(value: Json, raw: string): boolean {
  if (Array.isArray(value)) return value.every((each: Json) => isExact(each, raw));
  if (isMap(value)) return Object.values(value).every((each) => isExact(each, raw));
  // A whole number of more digits than a number keeps would become another one.
  if (typeof value !== 'number') return true;
  return Number.isFinite(value) && (Number.isSafeInteger(value) || !/\d{16}/.test(raw));
}

function withValue(at: Json, steps: readonly string[], value: Json): Json {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if (Array.isArray(at)) {
    return at.map((item: Json, index) => (String(index) === step ? withValue(item, rest, value) : item));
  }
  const map = at as JsonObject;
  return { ...map, [step]: withValue(map[step] ?? null, rest, value) };
}
