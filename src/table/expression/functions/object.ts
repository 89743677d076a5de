import { isList } from '../../cells.ts';
import type { Cell } from '../../table.ts';
import type { Value } from '../value.ts';
import { Refusal, scalar, textAt, type Args, type ScalarFunction } from './function.ts';
import { textFrom } from './text.ts';

/** Lists in lists; what reads cells follows a call into each. */
const deepestJson = 100;

/** The parts of an object by name: its own, never what every object inherits. */
export function objectAt(args: Args, index: number): ReadonlyMap<string, Cell> | undefined {
  const value = args[index];
  if (value === null || typeof value !== 'object' || isList(value) || value instanceof Date) return undefined;
  return new Map(Object.entries(value));
}

/** @throws Refusal for a name that is given twice, or is none. */
export function objectFrom(pairs: readonly (readonly [Value, Cell])[]): Value {
  const parts = new Map<string, Cell>();
  for (const [label, cell] of pairs) {
    if (label === null || (typeof label === 'object' && !(label instanceof Date))) {
      throw new Refusal('a name of an object is text', { found: JSON.stringify(label) });
    }
    const name = textFrom(label);
    if (parts.has(name)) throw new Refusal('an object would have a name twice', { found: name });
    parts.set(name, cell);
  }
  return Object.fromEntries(parts);
}

export const jsonFunctions: readonly ScalarFunction[] = [
  scalar('parse_json', 'text:text', 'any', 'the value that a JSON text says', (args) =>
    parseJson(textAt(args, 0)),
  ),
  scalar('to_json', 'value', 'text', 'the value as JSON text', ([value = null]) => {
    const text = JSON.stringify(value, (_, cell: unknown) => {
      if (typeof cell === 'number' && !Number.isFinite(cell)) {
        throw new Refusal('JSON has no such number', { found: String(cell) });
      }
      return cell;
    });
    return text;
  }),
];

function parseJson(text: string): Cell {
  let value: Cell;
  try {
    value = JSON.parse(text) as Cell;
  } catch {
    throw new Refusal('the text is not valid JSON', { found: JSON.stringify(text.slice(0, 40)) });
  }
  // Cells are visited by a list of what is left to do: they may be nested deeper than the stack.
  const left: (readonly [cell: Cell, depth: number])[] = [[value, 0]];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [cell, depth] = next;
    if (depth > deepestJson)
      throw new Refusal('the JSON is nested too deeply', { expected: `at most ${deepestJson} levels` });
    refuseLoss(cell);
    if (cell === null || typeof cell !== 'object') continue;
    for (const [name, part] of Object.entries<Cell>(cell)) {
      refuseLoss(name);
      left.push([part, depth + 1]);
    }
  }
  return value;
}

/** Long identifiers are rounded by `JSON.parse`, and half a character cannot be written. */
function refuseLoss(cell: Cell): void {
  if (typeof cell === 'string' && !cell.isWellFormed()) throw new Refusal('the JSON holds half a character');
  if (typeof cell === 'number' && Number.isInteger(cell) && !Number.isSafeInteger(cell)) {
    throw new Refusal('a number has more digits than are kept', {
      expected: 'at most 9007199254740991; longer identifiers as text',
      found: String(cell),
    });
  }
}
