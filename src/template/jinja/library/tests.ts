import type { Context } from '../context.ts';
import { JinjaError } from '../error.ts';
import { compare, isEqual, type CompareOperator } from '../values/compare.ts';
import { arithmetic } from '../values/operators.ts';
import { textOf } from '../values/text-of.ts';
import {
  DictView,
  HostObject,
  isList,
  isNumber,
  Markup,
  Namespace,
  Once,
  Range,
  Tuple,
  Undefined,
  type CallArguments,
  type Value,
  Dict,
} from '../values/value.ts';
import { bind, required, textArgument } from './arguments.ts';
import { filters } from './filters.ts';
import { textMethod } from './text-methods.ts';

/** A test: `value is name(arguments)`. */
export type Test = (context: Context, value: Value, args: CallArguments) => boolean;

function plain(name: string, holds: (value: Value) => boolean): [string, Test] {
  return [
    name,
    (_, value, args) => {
      bind(`the test \`${name}\``, [], args);
      return holds(value);
    },
  ];
}

function withOther(name: string, holds: (value: Value, other: Value) => boolean): [string, Test] {
  return [
    name,
    (_, value, args) => {
      const [other = null] = bind(`the test \`${name}\``, [required('other')], args);
      return holds(value, other);
    },
  ];
}

const comparisons: readonly (readonly [CompareOperator, readonly string[]])[] = [
  ['==', ['==', 'eq', 'equalto']],
  ['!=', ['!=', 'ne']],
  ['<', ['<', 'lt', 'lessthan']],
  ['<=', ['<=', 'le']],
  ['>', ['>', 'gt', 'greaterthan']],
  ['>=', ['>=', 'ge']],
  ['in', ['in']],
];

/** Every test that templates can use, by name. */
export const tests: ReadonlyMap<string, Test> = new Map([
  plain('defined', (value) => !(value instanceof Undefined)),
  plain('undefined', (value) => value instanceof Undefined),
  plain('none', (value) => value === null),
  plain('boolean', (value) => typeof value === 'boolean'),
  plain('true', (value) => value === true),
  plain('false', (value) => value === false),
  plain('integer', (value) => typeof value === 'bigint'),
  plain('float', (value) => typeof value === 'number'),
  plain('number', isNumber),
  plain('string', (value) => typeof value === 'string' || value instanceof Markup),
  plain('mapping', (value) => value instanceof Dict),
  plain('sequence', isSequence),
  plain('iterable', isIterable),
  // What is undefined can be called in Python, if only to complain.
  plain(
    'callable',
    (value) => value instanceof Undefined || (value instanceof HostObject && value.call !== undefined),
  ),
  plain('escaped', (value) => value instanceof Markup),
  plain('lower', (value) => textMethod(textOf(value), 'islower')?.(nothing) === true),
  plain('upper', (value) => textMethod(textOf(value), 'isupper')?.(nothing) === true),
  plain('odd', (value) => isEqual(arithmetic('%', value, 2n), 1n)),
  plain('even', (value) => isEqual(arithmetic('%', value, 2n), 0n)),
  withOther('divisibleby', (value, by) => isEqual(arithmetic('%', value, by), 0n)),
  withOther('sameas', isSame),
  plain('filter', (value) => filters.has(textArgument('the test `filter`', value))),
  plain('test', (value) => tests.has(textArgument('the test `test`', value))),
  ...comparisons.flatMap(([operator, names]) =>
    names.map((name) => withOther(name, (value, other) => compare(operator, value, other))),
  ),
]);

const nothing: CallArguments = { positional: [], named: new Map() };

function isSequence(value: Value): boolean {
  if (value instanceof Undefined) return !value.strict;
  return (
    typeof value === 'string' ||
    isList(value) ||
    value instanceof Tuple ||
    value instanceof Range ||
    value instanceof Dict ||
    value instanceof Markup
  );
}

function isIterable(value: Value): boolean {
  if (value instanceof Undefined) {
    if (value.strict) throw value.error;
    return true;
  }
  return isSequence(value) || value instanceof DictView || value instanceof Once;
}

/** Identity is known of constants only; Python's own answer for equal numbers and texts depends on where they come from. */
function isSame(value: Value, other: Value): boolean {
  if (value === null || other === null || typeof value === 'boolean' || typeof other === 'boolean') {
    return value === other;
  }
  if (value instanceof Namespace && other instanceof Namespace) return value === other;
  throw new JinjaError('the test `sameas` is answered for true, false and none only: use `==`');
}
