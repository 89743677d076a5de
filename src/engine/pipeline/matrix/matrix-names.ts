import { canonicalJson, type Json, type JsonObject } from '../../../system/json.ts';
import { sha256 } from '../../../system/hash.ts';

/** Longest value that stands whole in the name of an instance: `TinyLlama/TinyLlama-1.1B-Chat-v1.0` has 34 characters. */
const maxWhole = 40;
/** How much of a longer one is shown before the digest that tells it apart. */
const headLength = 24;
/** A folder name may have 255 bytes on all common file systems; a path of several on Windows 260 in all. */
const maxFolder = 100;

/**
 * What an instance is called inside its stage: `model=a,shots=0`. Depends on its own values alone, so that it stays
 * the same when others come and go; different values never have the same name.
 */
export function instanceLabel(matrix: JsonObject): string {
  return Object.entries(matrix)
    .map(([axis, value]) => `${axis}=${wordAxisValue(value)}`)
    .join(',');
}

function wordAxisValue(value: Json): string {
  if (value === null || typeof value !== 'object') {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    if (typeof value !== 'string' || isPlain(text)) return text;
    if (text.length <= maxWhole && isPlain(`a${text}`)) return JSON.stringify(text);
  }
  const json = canonicalJson(value);
  const words = json.replaceAll(/[^\p{L}\p{N}._/]+/gu, '-').replaceAll(/^-+|-+$/g, '');
  const head = Array.from(words).slice(0, headLength).join('');
  return `${head}~${sha256(json).slice(0, 8)}`;
}

/** Text that reads as itself inside the brackets, and not as a number or another fixed word. */
function isPlain(text: string): boolean {
  return (
    text.length <= maxWhole &&
    /^[\p{L}\p{N}_.+/:@*-](?:[\p{L}\p{N}_.+/:@* -]*[\p{L}\p{N}_.+/:@*-])?$/u.test(text) &&
    !/^(?:true|false|null|~|[-+]?\.?\d[\d.eE+-]*)$/i.test(text)
  );
}

/**
 * The folder of each instance in its stage's folder of the run: the label, where that is a legal file name on every
 * system; else what is left of it and a digest.
 */
export function instanceFolders(labels: readonly string[]): string[] {
  const named = labels.map((label) => {
    const name = label.replaceAll(/[^A-Za-z0-9._=,+@-]+/g, '-').slice(0, maxFolder);
    // Some file systems see no difference between small and capital letters.
    return { label, name, seen: name.toLowerCase() };
  });
  const taken = new Map<string, number>();
  for (const { seen } of named) taken.set(seen, (taken.get(seen) ?? 0) + 1);
  return named.map(({ label, name, seen }) => {
    // Some file systems drop a dot at the end.
    if (taken.get(seen) === 1 && name === label && !name.endsWith('.')) return name;
    return `${name.replace(/[.-]+$/, '')}~${sha256(label).slice(0, 8)}`;
  });
}
