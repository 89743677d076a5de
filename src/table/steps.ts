import type { JsonObject } from '../system/json.ts';
import { verbs } from './verbs/index.ts';
import type { Verb } from './verb.ts';

/** An entry of `verbs:` as the file has it: `{ filter: "d.x > 0" }`. */
export type Step = Readonly<Record<string, unknown>>;

const byName = new Map(verbs.map((verb) => [verb.name, verb]));

/** The verb that a step names, and what it is given. The schema has seen to it that there is one. */
export function verbOf(step: Step): { readonly verb: Verb<unknown>; readonly given: unknown } {
  const [name, given] = Object.entries(step)[0] ?? [];
  const verb = byName.get(name ?? '');
  if (verb === undefined) throw new Error(`Internal error: expected a verb, was ${String(name)}`);
  return { verb, given };
}

export const stepsSchema: JsonObject = {
  type: 'array',
  minItems: 1,
  description: 'The steps, in order.',
  items: {
    type: 'object',
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1,
    properties: Object.fromEntries(verbs.map(({ name, schema }) => [name, schema])),
  },
};
