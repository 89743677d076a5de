import { isAlias, isMap, isScalar, isSeq, type Alias, type Node, type Scalar } from 'yaml';
import type { Json } from '../../../system/json.ts';
import { mapOf } from '../../../system/names-in-order.ts';
import type { Problems } from '../problems.ts';
import type { Located } from './locator.ts';

/** Plain YAML 1.2: `yes` is text, and `<<` is no merge key. */
export const yamlOptions = { prettyErrors: false, version: '1.2', schema: 'core', merge: false } as const;

/**
 * A few aliases save typing; values that grow a hundred-thousandfold by them are a bomb ("billion laughs"). Counts
 * the values that are reached through an alias.
 */
const maxAliased = 100_000;

class TooManyAliases extends Error {
  readonly alias: Alias;

  constructor(alias: Alias) {
    super('too many aliases');
    this.alias = alias;
  }
}

/**
 * The JSON that YAML nodes stand for: strings, finite numbers that are exact, booleans, null, lists, maps with text
 * keys. What JSON cannot say is a problem. Undefined when an alias bomb stopped the conversion.
 */
export function toJson(root: Node, aliases: ReadonlyMap<Alias, Node>, problems: Problems): Json | undefined {
  const placeOf = (node: Node) => ({ place: problems.locator.ofNode(node) });
  let aliased = 0;

  const convert = (node: unknown, through: Alias | undefined, open: readonly Node[], key?: Node): Json => {
    // A value that is not read leaves a hole, which is told at the key.
    const unread = (...more: readonly Node[]): void =>
      problems.unread(...[...(key === undefined ? [] : [key]), ...more].map(placeOf));
    if (through !== undefined) {
      aliased += 1;
      if (aliased > maxAliased) throw new TooManyAliases(through);
    }
    if (isAlias(node)) {
      const target = aliases.get(node);
      if (target === undefined) {
        problems.error('unknown-alias', `no anchor \`&${node.source}\` before this alias`, placeOf(node), {
          expected: `an anchor \`&${node.source}\` further up`,
          found: `*${node.source}`,
          next: 'quote the text if it is meant to begin with `*`',
        });
        unread(node);
        return null;
      }
      if (open.includes(target)) {
        problems.error('alias-cycle', `\`*${node.source}\` stands inside its own anchor`, placeOf(node));
        unread(node, target);
        return null;
      }
      return convert(target, through ?? node, open, key);
    }
    if (isScalar(node)) return convertScalar(node, problems);
    if (isSeq(node)) {
      const inside = [...open, node];
      return node.items.map((item) => convert(item, through, inside, key));
    }
    if (!isMap(node)) return null;
    const inside = [...open, node];
    const entries: [string, Json][] = [];
    for (const [index, pair] of node.items.entries()) {
      const name = convertKey(pair.key as Node, problems);
      if (name === undefined) unread(node, ...mergedKeys(root, pair.value, aliases));
      if (node.flow === true && pair.value === null && name !== undefined) {
        reportLoneKey(pair.key as Node, node.items[index - 1]?.value, problems);
      }
      const value = convert(pair.value, through, inside, pair.key as Node);
      if (name !== undefined) entries.push([name, value]);
    }
    return mapOf(entries);
  };

  try {
    return convert(root, undefined, []);
  } catch (error) {
    if (!(error instanceof TooManyAliases)) throw error;
    problems.error('alias-limit', 'aliases make the file grow beyond measure', placeOf(error.alias), {
      expected: `at most ${maxAliased} values that come through aliases`,
      next: 'write the values out, or read them from a file with a `dataset` stage',
    });
    return undefined;
  }
}

/** Keys of the file itself that hold nothing but what is merged elsewhere. */
function mergedKeys(root: Node, merged: unknown, aliases: ReadonlyMap<Alias, Node>): readonly Node[] {
  const target = isAlias(merged) ? aliases.get(merged) : undefined;
  if (target === undefined || !isMap(root)) return [];
  return root.items.filter(({ value }) => value === target).map(({ key }) => key as Node);
}

/** In `{ q: Who, then?, a: Me }` the comma ends the text, and what is behind it stands there like a key. */
function reportLoneKey(key: Node, before: unknown, problems: Problems): void {
  const own = isScalar(key) ? String(key.value) : '';
  const cut = isScalar(before) && typeof before.value === 'string' && before.type === 'PLAIN';
  problems.error(
    'missing-value',
    `\`${own}\` has no value`,
    { place: problems.locator.ofNode(key) },
    {
      expected: '`key: value`',
      next: cut
        ? `if a comma of the text is meant, quote the text: ${JSON.stringify(`${String(before.value)}, ${own}`)}`
        : 'give it a value, or quote the text that has the comma',
    },
  );
}

/** A value that JSON cannot say is null, and a problem. */
function convertScalar(node: Scalar, problems: Problems): Json {
  const { value } = node;
  const at = { place: problems.locator.ofNode(node) };
  if (typeof value === 'string') return wellFormed(value, at, problems);
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value !== 'number') {
    problems.error('yaml-tag', 'not a plain YAML value', at, { next: 'remove the tag' });
    return null;
  }
  const found = node.source ?? String(value);
  if (!Number.isFinite(value)) {
    problems.error('not-finite', 'options have no infinite numbers and no NaN', at, {
      expected: 'a finite number',
      found,
    });
    return null;
  }
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && /^[-+]?\d+$/.test(found)) {
    problems.error('inexact-number', 'the number has more digits than a number can keep', at, {
      expected: `a whole number up to ${Number.MAX_SAFE_INTEGER}`,
      found,
      next: 'quote it to keep it as text',
    });
    return null;
  }
  return value;
}

function convertKey(node: Node, problems: Problems): string | undefined {
  const at = { place: problems.locator.ofNode(node) };
  if (!isScalar(node) || !isPlain(node.value)) {
    problems.error('bad-key', 'a key is text', at, {
      expected: 'text',
      found: isScalar(node) ? 'an empty key' : 'a list, a map or an alias',
      ...(!isScalar(node) && {
        next: 'quote the text if its braces or brackets are meant: "{{ question }}"',
      }),
    });
    return undefined;
  }
  const key = wellFormed(String(node.value), at, problems);
  if (key === '<<') {
    problems.error('merge-key', 'merge keys (`<<`) are not part of YAML 1.2', at, {
      expected: 'keys that are written out',
      found: '<<',
      next: 'write the keys out, or use a parameter: `${params.name}`',
    });
    return undefined;
  }
  return key;
}

/** A text without what is no character; that is a problem. */
function wellFormed(text: string, at: Located, problems: Problems): string {
  if (text.isWellFormed()) return text;
  const half = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.exec(text)?.[0] ?? '';
  problems.error('not-a-character', 'the text holds half of a surrogate pair: a character that was cut', at, {
    expected: 'whole characters',
    found: `\\u${half.charCodeAt(0).toString(16).padStart(4, '0')}`,
    next: 'write the whole character, as itself or as `\\U` with eight digits',
  });
  return text.toWellFormed();
}

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
