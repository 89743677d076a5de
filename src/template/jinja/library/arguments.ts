import { JinjaError } from '../error.ts';
import { typeName } from '../values/type-name.ts';
import type { CallArguments, Value } from '../values/value.ts';

/** A parameter of a filter, a method or a function; without a default it must be given. */
export interface Parameter {
  readonly name: string;
  readonly default?: Value;
  /** It cannot be given by name, as is so of most methods of Python's texts. */
  readonly positional?: true;
}

/** A parameter that must be given, by position only. */
export function required(name: string): Parameter {
  return { name, positional: true };
}

/** A parameter that may be left out, by position only. */
export function optional(name: string, value: Value = null): Parameter {
  return { name, default: value, positional: true };
}

/** A parameter that may be left out and may be given by name. */
export function named(name: string, value: Value = null): Parameter {
  return { name, default: value };
}

/**
 * The values of parameters, in their order.
 *
 * @param callee as messages name it: "the filter `join`"
 * @throws JinjaError for an argument that is missing, unknown, or one too many
 */
export function bind(
  callee: string,
  parameters: readonly Parameter[],
  args: CallArguments,
): readonly Value[] {
  if (args.positional.length > parameters.length) {
    throw new JinjaError(
      `${callee} takes at most ${parameters.length} arguments, got ${args.positional.length}`,
    );
  }
  const known = parameters.slice(args.positional.length).filter(({ positional }) => positional !== true);
  for (const name of args.named.keys()) {
    if (!known.some((parameter) => parameter.name === name)) {
      throw new JinjaError(`${callee} takes no argument \`${name}\` here`);
    }
  }
  return parameters.map(({ name, default: fallback }, index) => {
    const given = index < args.positional.length ? args.positional[index] : args.named.get(name);
    const value = given === undefined ? fallback : given;
    if (value === undefined) throw new JinjaError(`${callee} lacks its argument \`${name}\``);
    return value;
  });
}

/** @param what as messages name it: "the filter `center`" */
export function textArgument(what: string, value: Value | undefined): string {
  if (typeof value === 'string') return value;
  throw new JinjaError(`${what} takes a text, not ${typeName(value ?? null)}`);
}

/** A whole number; True counts as 1. */
export function integerArgument(what: string, value: Value | undefined): number {
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'bigint') {
    if (value > 1_000_000_000n || value < -1_000_000_000n)
      throw new JinjaError(`${what}: ${value} is out of range`);
    return Number(value);
  }
  throw new JinjaError(`${what} takes a whole number, not ${typeName(value ?? null)}`);
}
