import { isAlias, isMap, isScalar, isSeq, type Alias, type Node, type Scalar } from 'yaml';
import type { Diagnostic } from '../../diagnostic.ts';
import type { Json } from '../../../system/json.ts';
import type { Locator } from './locator.ts';

/**
 * A few aliases save typing; values that grow a hundred-thousandfold by them are a bomb ("billion laughs"). Counts
 * the values that are reached through an alias.
 */
const MAX_ALIASED = 100_000;

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
export function toJson(
  root: Node,
  aliases: ReadonlyMap<Alias, Node>,
  locator: Locator,
  problems: Diagnostic[],
): Json | undefined {
  let aliased = 0;
  const report = (node: Node, problem: Omit<Diagnostic, 'severity' | 'place'>): null => {
    problems.push({ severity: 'error', ...problem, place: locator.ofNode(node) });
    return null;
  };

  const convert = (node: unknown, through: Alias | undefined, open: readonly Node[]): Json => {
    if (through !== undefined && ++aliased > MAX_ALIASED) throw new TooManyAliases(through);
    if (isAlias(node)) {
      const target = aliases.get(node);
      if (target === undefined) {
        return report(node, {
          code: 'unknown-alias',
          message: `no anchor \`&${node.source}\` before this alias`,
          found: `*${node.source}`,
          next: 'quote the text if it is meant to begin with `*`',
        });
      }
      if (open.includes(target)) {
        return report(node, {
          code: 'alias-cycle',
          message: `\`*${node.source}\` stands inside its own anchor`,
        });
      }
      return convert(target, through ?? node, open);
    }
    if (isScalar(node)) return convertScalar(node, report);
    if (isSeq(node)) {
      const inside = [...open, node];
      return node.items.map((item) => convert(item, through, inside));
    }
    if (!isMap(node)) return null;
    const inside = [...open, node];
    const entries: [string, Json][] = [];
    for (const pair of node.items) {
      const key = convertKey(pair.key as Node, report);
      const value = convert(pair.value, through, inside);
      if (key !== undefined) entries.push([key, value]);
    }
    return Object.fromEntries(entries);
  };

  try {
    return convert(root, undefined, []);
  } catch (error) {
    if (!(error instanceof TooManyAliases)) throw error;
    report(error.alias, {
      code: 'alias-limit',
      message: 'aliases make the file grow beyond measure',
      expected: `at most ${MAX_ALIASED} values that come through aliases`,
      next: 'write the values out, or read them from a file with a `dataset` stage',
    });
    return undefined;
  }
}

type Report = (node: Node, problem: Omit<Diagnostic, 'severity' | 'place'>) => null;

function convertScalar(node: Scalar, report: Report): Json {
  const { value } = node;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) {
      return report(node, {
        code: 'not-finite',
        message: 'options have no infinite numbers and no NaN',
        expected: 'a finite number',
        found: node.source ?? String(value),
      });
    }
    if (Number.isInteger(value) && !Number.isSafeInteger(value) && /^[-+]?\d+$/.test(node.source ?? '')) {
      return report(node, {
        code: 'inexact-number',
        message: 'the number has more digits than a number can keep',
        expected: `a whole number up to ${Number.MAX_SAFE_INTEGER}`,
        found: node.source ?? String(value),
        next: 'quote it to keep it as text',
      });
    }
    return value;
  }
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  return report(node, { code: 'yaml-tag', message: 'not a plain YAML value', next: 'remove the tag' });
}

function convertKey(node: Node, report: Report): string | undefined {
  if (!isScalar(node) || node.value === null || typeof node.value === 'object') {
    report(node, {
      code: 'bad-key',
      message: 'a key is text',
      expected: 'text',
      found: isScalar(node) ? 'an empty key' : 'a list, a map or an alias',
    });
    return undefined;
  }
  const key = String(node.value);
  if (key === '<<') {
    report(node, {
      code: 'merge-key',
      message: 'merge keys (`<<`) are not part of YAML 1.2',
      next: 'write the keys out, or use a parameter: `${params.name}`',
    });
    return undefined;
  }
  if (key === '__proto__') {
    report(node, { code: 'bad-key', message: 'the key `__proto__` is not allowed' });
    return undefined;
  }
  return key;
}
