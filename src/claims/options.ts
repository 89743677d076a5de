import type { JsonObject } from '../system/json.ts';

/** Options of stages that make a claim, as JSON Schema; which of them a stage takes is in its own schema. */
export const levelOption: JsonObject = {
  type: 'number',
  exclusiveMinimum: 0.5,
  exclusiveMaximum: 1,
  default: 0.95,
  description: 'Coverage of the intervals; 1 less it is the largest p of a finding.',
};

export const drawsOption: JsonObject = {
  type: 'object',
  additionalProperties: false,
  default: {},
  properties: {
    samples: {
      type: 'integer',
      minimum: 99,
      maximum: 1_000_000,
      default: 9999,
      description: 'Random orders or sign vectors, where not all of them are counted.',
    },
    seed: { type: 'integer', minimum: 0, default: 1, description: 'Of the random numbers.' },
  },
  description: 'How random orders or sign vectors are drawn.',
};

export const testOption: JsonObject = {
  type: 'string',
  enum: ['sign-flip', 'wilcoxon', 't'],
  default: 'sign-flip',
  description: 'How p is found: from the signs of differences, of signed ranks, or by the t of the interval.',
};

/** The columns that lay out rows as a grid (see grid.ts). */
export const gridOptions: JsonObject = {
  by: { type: 'string', description: 'Column whose values are compared.' },
  measure: { type: 'string', description: 'Column that is compared: numbers, or true and false.' },
  pair: {
    type: 'array',
    items: { type: 'string' },
    minItems: 1,
    uniqueItems: true,
    description:
      'Columns that say which rows are of the same item. Default: the key of the table without `by`.',
  },
  cluster: {
    type: 'string',
    description:
      'Column whose values were sampled independently. Default: `item` where a pair is more than an item, otherwise each pair.',
  },
};

export const correctionOption: JsonObject = {
  type: 'string',
  enum: ['holm', 'benjamini-hochberg', 'bonferroni', 'none'],
  default: 'holm',
  description: 'How p is corrected for the number of comparisons.',
};
