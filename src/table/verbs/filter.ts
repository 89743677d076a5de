import { checkedExpression, computation, wrongResult } from '../expression/index.ts';
import { expressionSchema } from '../given.ts';
import { settingOf } from '../shapes.ts';
import { defineVerb } from '../verb.ts';

export const filter = defineVerb<string>({
  name: 'filter',
  schema: { ...expressionSchema, description: 'Keep the rows for which the expression holds.' },

  shape(given, context) {
    const { type, problems } = checkedExpression(given, settingOf(context), context.at);
    if (problems.length > 0 || ['boolean', 'any', 'null'].includes(type)) return { problems };
    const { details } = wrongResult(notTrueOrFalse(`a ${type}`), given, context.at);
    return { problems: [{ ...details, path: context.at }] };
  },

  apply(given, { frame, at, warn }) {
    const valueIn = computation(given, frame, at);
    let unknown = 0;
    const kept: number[] = [];
    for (let row = 0; row < frame.length; row += 1) {
      const holds = valueIn(row, frame.groupOf(row));
      if (holds === true) kept.push(row);
      else if (holds === null) unknown += 1;
      else if (holds !== false) throw wrongResult(notTrueOrFalse(`a ${typeof holds}`), given, at, row);
    }
    if (unknown > 0) {
      warn(
        `for ${unknown} of ${frame.length} rows the condition is null, because something in it is missing; they are dropped`,
      );
    }
    return frame.pick(kept);
  },
});

function notTrueOrFalse(found: string): { message: string; expected: string; found: string; next: string } {
  return {
    message: 'a filter asks for true or false',
    expected: 'true or false',
    found,
    next: 'compare it with something, as in `d.x > 0` or `d.x != null`',
  };
}
