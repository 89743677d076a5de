import { undefinedValue, type Context } from './context.ts';
import { JinjaError } from './error.ts';
import { isEqual } from './values/compare.ts';
import { HostObject, type CallArguments, type Value } from './values/value.ts';

/** What `loop` needs to know of the loop that it belongs to. */
export interface LoopState {
  readonly items: readonly Value[];
  /** Counted from 0. */
  index: number;
  /** How many loops this one was called from, counted from 0. */
  readonly depth: number;
  /** What `changed` was last asked about. */
  last: readonly Value[] | undefined;
}

/** The name `loop` inside of `for`. @param recurse runs the same loop over other items, where the loop is recursive */
export function loopObject(
  context: Context,
  state: LoopState,
  recurse: ((items: Value) => Value) | undefined,
): HostObject {
  const { items } = state;
  const near = (offset: number, which: string) => (): Value => {
    const item = items[state.index + offset];
    return item === undefined
      ? undefinedValue(context, () => `the ${which} item of a loop is not defined`)
      : item;
  };
  const method = (name: string, call: (args: CallArguments) => Value) =>
    [name, () => new HostObject(`the method \`${name}\``, call)] as const;
  const attributes = new Map<string, () => Value>([
    ['index', () => BigInt(state.index + 1)],
    ['index0', () => BigInt(state.index)],
    ['revindex', () => BigInt(items.length - state.index)],
    ['revindex0', () => BigInt(items.length - state.index - 1)],
    ['first', () => state.index === 0],
    ['last', () => state.index === items.length - 1],
    ['length', () => BigInt(items.length)],
    ['depth', () => BigInt(state.depth + 1)],
    ['depth0', () => BigInt(state.depth)],
    ['previtem', near(-1, 'previous')],
    ['nextitem', near(1, 'next')],
    method('cycle', ({ positional }) => {
      if (positional.length === 0) throw new JinjaError('`loop.cycle` takes one or more items');
      return positional[state.index % positional.length] ?? null;
    }),
    method('changed', ({ positional }) => {
      const before = state.last;
      state.last = positional;
      return before === undefined || !isEqual(before, positional);
    }),
  ]);
  return new HostObject(
    '`loop`',
    recurse === undefined
      ? undefined
      : ({ positional, named }) => {
          const [again, ...more] = positional;
          if (again === undefined || more.length > 0 || named.size > 0)
            throw new JinjaError('`loop` takes one argument: items');
          return recurse(again);
        },
    attributes,
  );
}
