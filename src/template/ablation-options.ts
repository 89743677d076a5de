import type { OptionProblem } from '../system/failure.ts';
import type { JsonObject } from '../system/json.ts';
import type { AblationOptions } from './ablation.ts';
import type { ControlOptions } from './control-texts.ts';

/** Options that say what is done with phrases, as JSON Schema. */
export const deedOptions: JsonObject = {
  do: {
    type: 'string',
    enum: ['add', 'remove', 'leave-one-out'],
    default: 'add',
    description: 'What is done with a phrase.',
  },
  positions: {
    type: 'array',
    items: { type: 'string', enum: ['before', 'after', 'system'] },
    minItems: 1,
    uniqueItems: true,
    description: 'Where phrases stand, in turn. Default: where `template` says.',
  },
  separator: {
    type: 'string',
    default: '\n',
    description: 'What stands between the phrases of a source, with `do: leave-one-out`.',
  },
  controls: {
    type: 'object',
    additionalProperties: false,
    properties: {
      random: {
        type: 'integer',
        minimum: 0,
        maximum: 9999,
        default: 99,
        description: 'How many random texts of as many tokens as the phrase.',
      },
      shuffled: {
        type: 'integer',
        minimum: 0,
        maximum: 9999,
        default: 0,
        description: 'How many phrases of other sources, their words in random order.',
      },
      text: {
        type: 'string',
        minLength: 1,
        description:
          'What random texts are cut out of. Default: the prompts and phrases themselves, token by token.',
      },
      seed: { type: 'integer', minimum: 0, default: 1, description: 'Of the random numbers.' },
    },
    description: 'What phrases are compared with. Default: nothing but the prompt without them.',
  },
};

/** What does not go together. */
export function deedProblems(
  options: AblationOptions & { readonly controls?: ControlOptions },
): readonly OptionProblem[] {
  const { do: deed, positions, controls, triggers } = options;
  const problems: OptionProblem[] = [];
  if (deed === 'remove' && positions !== undefined) {
    problems.push({
      path: ['positions'],
      message: 'a phrase that is taken out stands where `baseline` has it',
      next: 'leave `positions` out',
    });
  }
  if (controls === undefined || controls.shuffled === 0) return problems;
  const path = ['controls', 'shuffled'];
  if (deed === 'remove') {
    problems.push({
      path,
      message: 'nothing is put where a phrase is taken out',
      expected: '`random` alone',
    });
  } else if (Object.keys(triggers).length < 2) {
    problems.push({ path, message: 'there are no other sources whose phrases could be shuffled' });
  }
  return problems;
}
