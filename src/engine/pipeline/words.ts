import type { ArtifactType } from '../artifact.ts';
import type { Json, Path } from '../../system/json.ts';

/** Longest text that is quoted whole in a message. */
const maxQuoted = 60;

/** A value as messages name it: quoted when short, described when not. */
export function describe(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'an empty value';
  if (typeof value === 'string') {
    return value.length > maxQuoted ? `text of ${value.length} characters` : JSON.stringify(value);
  }
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value))
    return value.length === 1 ? 'a list of 1 item' : `a list of ${value.length} items`;
  return Object.keys(value).length === 0 ? 'an empty map' : 'a map';
}

/** JSON Schema types as people who write YAML know them. */
export function wordType(type: string): string {
  const words: Record<string, string> = {
    string: 'text',
    number: 'a number',
    integer: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a map',
    null: 'an empty value',
  };
  return words[type] ?? type;
}

export function wordTypes(types: readonly string[]): string {
  return orList(types.map(wordType));
}

export function orList(words: readonly string[]): string {
  const last = words.slice(-1).join('');
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}

/** A sentence of another program in the middle of one of ours. */
export function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** A path as one would write it in code: `formats.plain.template`, `items[2]`. */
export function wordPath(path: Path): string {
  let text = '';
  for (const step of path) {
    text += typeof step === 'number' ? `[${step}]` : text === '' ? step : `.${step}`;
  }
  return text;
}

export function wordArtifact(type: ArtifactType): string {
  return type === 'text' ? 'text' : `a ${type}`;
}
