import type { Context } from '../context.ts';
import type { CallArguments, Value } from '../values/value.ts';
import { bind, type Parameter } from './arguments.ts';

/** A filter: `value | name(arguments)`. */
export type Filter = (context: Context, value: Value, args: CallArguments) => Value;

export type Filters = ReadonlyMap<string, Filter>;

/** A filter of fixed parameters. @param run gets their values in order */
export function filter(
  name: string,
  parameters: readonly Parameter[],
  run: (value: Value, args: readonly Value[], context: Context, what: string) => Value,
): readonly [string, Filter] {
  const what = `the filter \`${name}\``;
  return [name, (context, value, args) => run(value, bind(what, parameters, args), context, what)];
}
