import { undefinedValue, type Context } from './context.ts';
import { JinjaError } from './error.ts';
import { Scope } from './scope.ts';
import type { Body, Expression, ParameterNode } from './syntax/nodes.ts';
import { HostObject, Tuple, type Value, Dict } from './values/value.ts';

/** A macro, or the body of `{% call %}`. */
export interface MacroNode {
  readonly name: string;
  readonly parameters: readonly ParameterNode[];
  readonly body: Body;
}

/** What runs a macro's body and its defaults. */
export interface Runner {
  run(body: Body, scope: Scope): string;
  evaluate(node: Expression, scope: Scope): Value;
}

/** Names that a macro has where its body uses them; only then may it be called with more than its parameters. */
export interface SpecialNames {
  readonly caller: boolean;
  readonly kwargs: boolean;
  readonly varargs: boolean;
}

/** Macros may call themselves; more than this is a macro that never ends. */
const deepest = 100;

/** A macro as a value, closed over the names around it. */
export function macroObject(
  node: MacroNode,
  special: SpecialNames,
  outer: Scope,
  context: Context,
  runner: Runner,
): HostObject {
  const { name, parameters, body } = node;
  let depth = 0;
  return new HostObject(
    `the macro \`${name}\``,
    ({ positional, named }) => {
      const scope = new Scope(outer);
      const left = new Map(named);
      const given = parameters.map((parameter, index) => {
        if (index < positional.length) return positional[index];
        const value = left.get(parameter.name);
        left.delete(parameter.name);
        return value;
      });
      const caller = left.get('caller');
      if (special.caller && !parameters.some((each) => each.name === 'caller')) {
        left.delete('caller');
        scope.set(
          'caller',
          caller ?? undefinedValue(context, () => `\`${name}\` is not used with \`{% call %}\``),
        );
      }
      if (special.kwargs) scope.set('kwargs', new Dict(left));
      else if (left.size > 0)
        throw new JinjaError(`the macro \`${name}\` takes no argument \`${String([...left.keys()][0])}\``);
      if (special.varargs) scope.set('varargs', new Tuple(positional.slice(parameters.length)));
      else if (positional.length > parameters.length) {
        throw new JinjaError(
          `the macro \`${name}\` takes at most ${parameters.length} arguments, got ${positional.length}`,
        );
      }
      for (const [index, parameter] of parameters.entries()) {
        const value = given[index];
        if (value !== undefined) scope.set(parameter.name, value);
        else if (parameter.default !== undefined)
          scope.set(parameter.name, runner.evaluate(parameter.default, scope));
        else
          scope.set(
            parameter.name,
            undefinedValue(context, () => `the parameter \`${parameter.name}\` is not given`),
          );
      }
      depth += 1;
      if (depth > deepest)
        throw new JinjaError(`the macro \`${name}\` calls itself more than ${deepest} times deep`);
      try {
        return runner.run(body, scope);
      } finally {
        depth -= 1;
      }
    },
    new Map<string, () => Value>([
      ['name', () => name],
      ['arguments', () => new Tuple(parameters.map((each) => each.name))],
    ]),
  );
}
