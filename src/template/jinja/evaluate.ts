import { shownText, undefinedValue, type Context } from './context.ts';
import { JinjaError, notSupported } from './error.ts';
import { itemOrAttribute, attributeOrItem, sequenceOf } from './library/members.ts';
import type { Scope } from './scope.ts';
import type { Arguments, Expression, FilterUse, SliceBounds } from './syntax/nodes.ts';
import { partsOf } from './syntax/walk.ts';
import { compare, isTrue } from './values/compare.ts';
import { itemsOf } from './values/iterate.ts';
import { arithmetic, plainNumber, signed } from './values/operators.ts';
import { textOf } from './values/text-of.ts';
import { typeName } from './values/type-name.ts';
import {
  HostObject,
  isList,
  isNumber,
  Range,
  Tuple,
  Undefined,
  type CallArguments,
  type Value,
  Dict,
} from './values/value.ts';

/** The value of an expression. What is not defined is a value too, which complains when it is used. @throws JinjaError */
export function evaluate(
  node: Expression,
  scope: Scope,
  context: Context & { readonly source: string },
): Value {
  const of = (each: Expression): Value => evaluate(each, scope, context);
  const notDefined = (): Undefined =>
    undefinedValue(context, () => `\`${context.source.slice(node.at, node.end)}\` is not defined`);
  switch (node.type) {
    case 'constant':
      return node.value;
    case 'name':
      return orUndefined(scope.get(node.name), notDefined);
    case 'list':
      return context.made(node.items.map(of));
    case 'tuple':
      return context.made(new Tuple(node.items.map(of)));
    case 'dict':
      return new Dict(node.entries.map(([key, value]) => [of(key), of(value)] as const));
    case 'attribute':
      return orUndefined(attributeOrItem(of(node.object), node.name), notDefined);
    case 'item':
      return orUndefined(itemOrAttribute(of(node.object), of(node.key)), notDefined);
    case 'slice':
      return context.made(sliceOf(of(node.object), node.bounds, of));
    case 'call':
      return context.made(callOf(of(node.callee), argumentsOf(node.args, of)));
    case 'filter':
      return filtered(of(node.operand), [node.filter], scope, context);
    case 'test':
      return context.test(node.name, of(node.operand), argumentsOf(node.args, of));
    case 'not':
      return !isTrue(of(node.operand));
    case 'sign':
      return signed(node.operator, of(node.operand));
    case 'arithmetic': {
      const left = of(node.left);
      if (node.operator === '**') refuseLostSign(node, left);
      return context.made(arithmetic(node.operator, left, of(node.right)));
    }
    case 'and': {
      const left = of(node.left);
      return isTrue(left) ? of(node.right) : left;
    }
    case 'or': {
      const left = of(node.left);
      return isTrue(left) ? left : of(node.right);
    }
    case 'concatenation':
      return context.made(
        node.parts
          .map((part) => shownText(context, of(part), `\`${context.source.slice(part.at, part.end)}\``))
          .join(''),
      );
    case 'comparison':
      return compared(node, of);
    case 'conditional':
      if (isTrue(of(node.test))) return of(node.then);
      // Without `else` it is Jinja's way to print nothing.
      return node.otherwise === undefined
        ? new Undefined(() => 'the expression is not defined', false)
        : of(node.otherwise);
  }
}

/** A value through filters, from left to right. */
export function filtered(
  value: Value,
  filters: readonly FilterUse[],
  scope: Scope,
  context: Context & { readonly source: string },
): Value {
  const of = (each: Expression): Value => evaluate(each, scope, context);
  return filters.reduce(
    (each, { name, args }) => context.made(context.filter(name, each, argumentsOf(args, of))),
    value,
  );
}

/**
 * Jinja2 computes constant parts first and then writes Python: of `(-1) ** n` it writes `-1 ** n`, which Python reads as
 * `-(1 ** n)`. That depends on what is constant, so it is refused.
 */
function refuseLostSign(node: Expression & { readonly type: 'arithmetic' }, base: Value): void {
  if (!(isNumber(base) && plainNumber(base) < 0) || !isConstant(node.left) || isConstant(node.right)) return;
  throw notSupported('a power of a negative constant', 'put the base into a name with `set`', node.at);
}

function isConstant(node: Expression): boolean {
  if (node.type === 'constant') return true;
  return (node.type === 'sign' || node.type === 'arithmetic') && partsOf(node).every(isConstant);
}

function orUndefined(value: Value | undefined, notDefined: () => Undefined): Value {
  return value === undefined ? notDefined() : value;
}

function compared(
  node: Expression & { readonly type: 'comparison' },
  of: (each: Expression) => Value,
): boolean {
  let left = of(node.first);
  for (const { operator, operand } of node.rest) {
    const right = of(operand);
    if (!compare(operator, left, right)) return false;
    left = right;
  }
  return true;
}

export function callOf(callee: Value, args: CallArguments): Value {
  if (callee instanceof Undefined) throw callee.error;
  if (callee instanceof HostObject && callee.call !== undefined) return callee.call(args);
  throw new JinjaError(`${typeName(callee)} cannot be called`);
}

export function argumentsOf(args: Arguments, of: (each: Expression) => Value): CallArguments {
  const positional = args.positional.map(of);
  const named = new Map(args.named.map(([name, value]) => [name, of(value)] as const));
  if (args.list !== undefined) positional.push(...itemsOf(of(args.list)));
  if (args.mapping !== undefined) {
    const mapping = of(args.mapping);
    if (!(mapping instanceof Dict)) throw new JinjaError(`\`**\` takes a mapping, not ${typeName(mapping)}`);
    for (const [name, value] of mapping.entries()) {
      if (typeof name !== 'string') throw new JinjaError('`**` takes a mapping with names that are texts');
      if (named.has(name)) throw new JinjaError(`the argument \`${name}\` is given twice`);
      named.set(name, value);
    }
  }
  return { positional, named };
}

/** `value[start:stop:step]` of Python, texts in code points. @throws JinjaError */
function sliceOf(value: Value, bounds: SliceBounds, of: (each: Expression) => Value): Value {
  if (value instanceof Undefined) throw value.error;
  const [start, stop, step] = bounds.map((each) => (each === undefined ? undefined : boundOf(of(each))));
  const items = sequenceOf(value);
  if (items === undefined) throw new JinjaError(`${typeName(value)} cannot be cut by \`[:]\``);
  const stride = step ?? 1;
  if (stride === 0) throw new JinjaError('the step of a slice is 0');
  const [low, high] = stride > 0 ? [0, items.length] : [-1, items.length - 1];
  const clamped = (bound: number): number =>
    bound < 0 ? Math.max(bound + items.length, low) : Math.min(bound, high);
  const from = start === undefined ? (stride > 0 ? low : high) : clamped(start);
  const to = stop === undefined ? (stride > 0 ? high : low) : clamped(stop);
  if (value instanceof Range) {
    const at = (index: number): bigint => value.start + BigInt(index) * value.step;
    return new Range(at(from), at(to), value.step * BigInt(stride));
  }
  const kept: Value[] = [];
  for (let index = from; stride > 0 ? index < to : index > to; index += stride)
    kept.push(items[index] ?? null);
  if (typeof value === 'string') return kept.map(textOf).join('');
  return isList(value) ? kept : new Tuple(kept);
}

function boundOf(value: Value): number | undefined {
  if (value === null) return undefined;
  if (value instanceof Undefined) throw value.error;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'bigint') return Number(value);
  throw new JinjaError(`a slice takes whole numbers, not ${typeName(value)}`);
}
