import { cellKey, isList, kindOf } from '../../cells.ts';
import type { Cell } from '../../table.ts';
import { cellFrom, isMissingValue, type Type, type Value } from '../value.ts';
import {
  characterAt,
  codePoints,
  finderOf,
  lastPlaceOf,
  lengthOf,
  refuseLong,
  sliceOf,
} from './characters.ts';
import {
  listAt,
  numberAt,
  Refusal,
  scalar,
  textAt,
  wholeAt,
  type Args,
  type ScalarFunction,
} from './function.ts';
import { objectAt, objectFrom } from './object.ts';
import { textFrom } from './text.ts';

/** Longer lists are made by mistake, or to fill the memory. */
const mostElements = 1_000_000;

const sameAsFirst = ([first = 'any']: readonly Type[]): Type => first;

export const listFunctions: readonly ScalarFunction[] = [
  scalar(
    'length',
    'value:list|text',
    'number',
    'how many elements, or characters (code points)',
    ([value]) => (typeof value === 'string' ? lengthOf(value) : listAt([value ?? null], 0).length),
  ),
  {
    ...scalar(
      'includes',
      'value:list|text search from?:number',
      'boolean',
      'whether an element, or a part of a text, is `search`: `includes(["a", "b"], d.x)`',
      (args) => positionOf(args, wholeAt(args, 2, 0)) >= 0,
    ),
  },
  scalar(
    'indexof',
    'value:list|text search',
    'number',
    'where `search` is first (from 0), -1 where it is not',
    (args) => positionOf(args, 0),
  ),
  scalar(
    'lastindexof',
    'value:list|text search',
    'number',
    'where `search` is last (from 0), -1 where it is not',
    (args) => {
      const [value = null] = args;
      if (typeof value === 'string') return characterAt(value, lastPlaceOf(value, searchedText(args)));
      const wanted = searchedKey(args);
      return listAt(args, 0).findLastIndex((cell) => cellKey(cell) === wanted);
    },
  ),
  scalar(
    'slice',
    'value:list|text start?:number end?:number',
    sameAsFirst,
    'elements or characters from `start` up to, not including, `end`; negative ones count from the end',
    (args) => {
      const [start, end] = [wholeAt(args, 1, 0), wholeAt(args, 2, Infinity)];
      const [value = null] = args;
      return typeof value === 'string' ? sliceOf(value, start, end) : listAt(args, 0).slice(start, end);
    },
  ),
  scalar('reverse', 'value:list|text', sameAsFirst, 'the other way round', (args) => {
    const [value = null] = args;
    return typeof value === 'string' ? codePoints(value).toReversed().join('') : listAt(args, 0).toReversed();
  }),
  scalar(
    'join',
    'list:list separator?:text',
    'text',
    'the elements as one text, by `,` or another separator',
    (args) => {
      const parts = listAt(args, 0).map((cell) => {
        if (cell !== null && typeof cell === 'object') {
          throw new Refusal('an element is no text', { expected: 'texts, numbers, true or false' });
        }
        return cell === null ? '' : textFrom(cell);
      });
      const separator = textAt(args, 1, ',');
      refuseLong(parts.reduce((sum, part) => sum + part.length + separator.length, 0));
      return parts.join(separator);
    },
  ),
  scalar('concat', 'value...', 'list', 'one list of the elements of lists and of other values', (args) =>
    args.flatMap((value) => (isList(value) ? value : [cellFrom(value)])),
  ),
  scalar('compact', 'list:list', 'list', 'without null and NaN', (args) =>
    listAt(args, 0).filter((cell) => !isMissingValue(cell)),
  ),
  scalar('pluck', 'list:list name:text', 'list', 'the part of that name of each object in a list', (args) =>
    listAt(args, 0).map((cell) => objectAt([cell], 0)?.get(textAt(args, 1)) ?? null),
  ),
  scalar(
    'sequence',
    'start:number stop?:number step?:number',
    'list',
    'numbers from `start` (0 where one number is given) up to, not including, `stop`',
    (args) => {
      const [start, stop] = args.length > 1 ? [numberAt(args, 0), numberAt(args, 1)] : [0, numberAt(args, 0)];
      const step = numberAt(args, 2, 1);
      const count = Math.max(0, Math.ceil((stop - start) / step));
      if (!(count <= mostElements)) {
        throw new Refusal('the list would be too long', {
          expected: `at most ${mostElements} elements`,
          found: String(count),
        });
      }
      return Array.from({ length: count }, (_, index) => start + index * step);
    },
  ),
  scalar(
    'has',
    'object:object name:text',
    'boolean',
    'whether an object has a part of that name',
    (args) => objectAt(args, 0)?.has(textAt(args, 1)) ?? false,
  ),
  scalar('keys', 'object:object', 'list', 'names of the parts of an object', (args) => [
    ...(objectAt(args, 0)?.keys() ?? []),
  ]),
  scalar('values', 'object:object', 'list', 'parts of an object', (args) => [
    ...(objectAt(args, 0)?.values() ?? []),
  ]),
  scalar('entries', 'object:object', 'list', 'pairs of name and part of an object', (args) => [
    ...(objectAt(args, 0)?.entries() ?? []),
  ]),
  scalar('object', 'pairs:list', 'object', 'object from a list of pairs of name and part', (args) =>
    objectFrom(
      listAt(args, 0).map((pair) => {
        if (!isList(pair) || pair.length !== 2) {
          throw new Refusal('an element is no pair', { expected: '`[name, value]`' });
        }
        return [pair[0] ?? null, pair[1] ?? null];
      }),
    ),
  ),
  scalar(
    'recode',
    'value:text|number|boolean object:object otherwise?',
    'any',
    'the part of an object that is named like the value, else `otherwise` or the value itself',
    (args) => {
      const [value = null, , otherwise = value] = args;
      const found = objectAt(args, 1)?.get(textFrom(value));
      return found === undefined ? otherwise : found;
    },
  ),
  {
    ...scalar(
      'equal',
      'a b',
      'boolean',
      'whether two values match as keys of a join do: false where one is missing or of another type',
      ([a = null, b = null]) =>
        !isMissingValue(a) && !isMissingValue(b) && cellKey(cellFrom(a)) === cellKey(cellFrom(b)),
    ),
    takesNull: true,
  },
];

function positionOf(args: Args, from: number): number {
  const [value = null] = args;
  if (typeof value === 'string') {
    const before = sliceOf(value, 0, from).length;
    return characterAt(value, finderOf(searchedText(args))(value, before));
  }
  const wanted = searchedKey(args);
  return listAt(args, 0).findIndex((cell: Cell, index) => index >= from && cellKey(cell) === wanted);
}

/** A number is never found among texts: that is told, not answered by no. */
function searchedKey(args: Args): string {
  const search = cellFrom(args[1] ?? null);
  const kinds = new Set(listAt(args, 0).map(kindOf));
  kinds.delete('nothing');
  if (kinds.size > 0 && !kinds.has(kindOf(search))) {
    throw new Refusal('the types differ', {
      expected: `a ${kindOf(search)} among the elements`,
      found: [...kinds].join(', '),
    });
  }
  return cellKey(search);
}

function searchedText(args: Args): string {
  const search: Value = args[1] ?? null;
  if (typeof search === 'string') return search;
  throw new Refusal('in a text only texts are looked for', { expected: 'text' });
}
