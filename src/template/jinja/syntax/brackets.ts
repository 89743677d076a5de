import { JinjaError } from '../error.ts';
import type { Arguments, Expression, SliceBounds } from './nodes.ts';
import type { TokenReader } from './token-reader.ts';

/** Reads one expression: what is in brackets is made of such. */
export type Parse = (reader: TokenReader) => Expression;

export const noArguments: Arguments = { positional: [], named: [], list: undefined, mapping: undefined };

/** `[a, b]` */
export function parseList(reader: TokenReader, parse: Parse): Expression {
  const at = reader.at;
  reader.take();
  const items: Expression[] = [];
  while (!reader.isOperator(']')) {
    if (items.length > 0) reader.expect('operator', ',');
    if (reader.isOperator(']')) break;
    items.push(parse(reader));
  }
  reader.expect('operator', ']');
  return { type: 'list', items, at, end: reader.end };
}

/** `{a: b}` */
export function parseDict(reader: TokenReader, parse: Parse): Expression {
  const at = reader.at;
  reader.take();
  const entries: (readonly [Expression, Expression])[] = [];
  while (!reader.isOperator('}')) {
    if (entries.length > 0) reader.expect('operator', ',');
    if (reader.isOperator('}')) break;
    const key = parse(reader);
    reader.expect('operator', ':');
    entries.push([key, parse(reader)]);
  }
  reader.expect('operator', '}');
  return { type: 'dict', entries, at, end: reader.end };
}

/**
 * `object[key]`, `object[a, b]` and `object[start:stop:step]`.
 *
 * @param at where the object begins
 */
export function parseSubscript(
  reader: TokenReader,
  object: Expression,
  at: number,
  parse: Parse,
): Expression {
  reader.expect('operator', '[');
  const start = reader.isOperator(':') ? undefined : parse(reader);
  if (start !== undefined && reader.isOperator(',')) {
    const items = [start];
    while (reader.skip('operator', ',')) items.push(parse(reader));
    reader.expect('operator', ']');
    const key: Expression = { type: 'tuple', items, at: start.at, end: reader.end };
    return { type: 'item', object, key, at, end: reader.end };
  }
  if (start !== undefined && reader.skip('operator', ']')) {
    return { type: 'item', object, key: start, at, end: reader.end };
  }
  reader.expect('operator', ':');
  const bound = (): Expression | undefined => (reader.isOperator(']', ':') ? undefined : parse(reader));
  const stop = bound();
  const step = reader.skip('operator', ':') ? bound() : undefined;
  reader.expect('operator', ']');
  const bounds: SliceBounds = [start, stop, step];
  return { type: 'slice', object, bounds, at, end: reader.end };
}

/** `(a, name=b, *list, **mapping)` */
export function parseArguments(reader: TokenReader, parse: Parse): Arguments {
  reader.expect('operator', '(');
  const positional: Expression[] = [];
  const named: (readonly [string, Expression])[] = [];
  let list: Expression | undefined;
  let mapping: Expression | undefined;
  let first = true;
  while (!reader.isOperator(')')) {
    if (!first) reader.expect('operator', ',');
    first = false;
    if (reader.isOperator(')')) break;
    const at = reader.at;
    if (reader.skip('operator', '*')) {
      if (list !== undefined || mapping !== undefined)
        throw new JinjaError('only one `*` may stand here', at);
      list = parse(reader);
    } else if (reader.skip('operator', '**')) {
      if (mapping !== undefined) throw new JinjaError('only one `**` may stand here', at);
      mapping = parse(reader);
    } else {
      const value = parse(reader);
      if (value.type === 'name' && reader.skip('operator', '=')) {
        if (mapping !== undefined) throw new JinjaError('an argument by name stands in front of `**`', at);
        named.push([value.name, parse(reader)]);
      } else {
        if (named.length > 0 || list !== undefined || mapping !== undefined) {
          throw new JinjaError('an argument without a name stands in front of those with one', at);
        }
        positional.push(value);
      }
    }
  }
  reader.expect('operator', ')');
  return { positional, named, list, mapping };
}
