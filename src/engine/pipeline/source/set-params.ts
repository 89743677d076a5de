import { parseDocument, visit, type Document } from 'yaml';
import { isMap, type Json, type JsonObject } from '../../../system/json.ts';
import type { Problems } from '../problems.ts';
import { didYouMean, listNames } from '../../../system/suggest.ts';
import { follow } from './follow.ts';
import { describe, wordType } from '../words.ts';
import type { Settings } from './settings.ts';
import { warnOfReading } from './written.ts';
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
    const read = typeof found.value === 'string' ? { value: raw } : readValue(raw);
    if ('message' in read) {
      const next = `as text it is set by \`${write(`${name}=${JSON.stringify(raw)}`)}\``;
      const details = { expected: 'a YAML value', found: raw, next };
      problems.error('bad-set', `\`${name}\` cannot be set: ${read.message}`, { where }, details);
      continue;
    }
    warnOfSetting(name, { before: found.value, raw, read }, where, problems);
    result = withValue(result, steps, read.value);
  }
  return result as JsonObject;
}

interface ReadValue {
  readonly value: Json;
  /** Scalars that YAML reads as something else than what was typed. */
  readonly otherwise?: readonly { readonly text: string; readonly read: string }[];
}

/**
 * What is typed for a parameter that is no text, as YAML; or why it cannot be read. Nothing after `=` is empty text: that is
 * what a shell user means.
 */
function readValue(raw: string): ReadValue | { readonly message: string } {
  if (raw.trim() === '') return { value: raw };
  const document = parseDocument(raw, yamlOptions);
  if (document.errors.length > 0 || document.warnings.length > 0)
    return { message: 'it is not a YAML value' };
  try {
    const value = document.toJS({ maxAliasCount: 0 }) as Json;
    if (!isExact(value, raw)) return { message: 'the number has more digits than a number can keep' };
    return { value, otherwise: readOtherwise(document) };
  } catch {
    return { message: 'an alias refers to nothing here' };
  }
}

/** Warns of what becomes something else than what was typed, or than what the file has. A number may be typed in any way. */
function warnOfSetting(
  name: string,
  { before, raw, read }: { readonly before: Json; readonly raw: string; readonly read: ReadValue },
  where: string,
  problems: Problems,
): void {
  const { value, otherwise = [] } = read;
  const isTyped = typeof before === 'number' || typeof before === 'boolean';
  if (isTyped && typeof value !== typeof before) {
    problems.warning(
      'reads-otherwise',
      `\`${name}\` is ${wordType(typeof before)} in the file, and becomes ${describe(value)}`,
      { where },
      {
        found: raw,
        expected: wordType(typeof before),
        next: 'check what is set; a text in the file is set as it is typed',
      },
    );
  } else if (typeof before !== 'number') {
    for (const each of otherwise) warnOfReading(problems, { where }, each.text, each.read);
  }
}

function readOtherwise(document: Document): NonNullable<ReadValue['otherwise']> {
  const found: { text: string; read: string }[] = [];
  visit(document, {
    Scalar(_key, { type, source, value }) {
      if (type !== 'PLAIN' || source === undefined || typeof value === 'string') return;
      const read = String(value);
      if (source !== read && !(value === null && /^~?$/.test(source))) found.push({ text: source, read });
    },
  });
  return found;
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
