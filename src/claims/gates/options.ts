import type { Region } from '../../statistics/comparison/region.ts';
import type { JsonObject } from '../../system/json.ts';
import type { Cell } from '../../table/table.ts';
import { countNames, estimateNames } from './figures.ts';

export type Bounds = Region & { readonly atLeast?: number; readonly atMost?: number; readonly equals?: Cell };

/** What must hold of a figure. One of `value`, `interval`, `p` and `verdict` is there. */
export interface GateOptions {
  readonly figure?: string;
  readonly value?: Bounds;
  readonly interval?: Region;
  readonly p?: 'positive' | 'negative' | 'any';
  readonly verdict?: string | readonly string[];
  readonly unit?: string;
  readonly units?: string;
  readonly minimum?: number;
  readonly coverage: number;
  readonly sides: 1 | 2;
  readonly undecided?: 'passes' | 'breaks';
}

/** What all gates of a stage share. */
export interface FamilyOptions {
  readonly level: number;
  readonly minimum: number;
  readonly undecided: 'passes' | 'breaks';
}

const region: JsonObject = {
  above: {
    type: 'number',
    description: 'Bound below, in the unit of the figure; it is not part of what is claimed.',
  },
  below: { type: 'number', description: 'Bound above, likewise.' },
};

const undecidedOption: JsonObject = {
  type: 'string',
  enum: ['passes', 'breaks'],
  description: 'What becomes of a run whose claim is undecided: it passes, or breaks as by one that fails.',
};

const minimumOption: JsonObject = {
  type: 'integer',
  minimum: 2,
  description: 'Fewest units over which a claim is decided.',
};

/** Options that all gates share, as JSON Schema. */
export const familyOptions: JsonObject = {
  level: {
    type: 'number',
    exclusiveMinimum: 0.5,
    exclusiveMaximum: 1,
    default: 0.95,
    description: '1 less the chance of any false decision of the gates together.',
  },
  minimum: { ...minimumOption, default: 5 },
  undecided: { ...undecidedOption, default: 'passes' },
};

/** One gate, as JSON Schema. */
export const gateOption: JsonObject = {
  type: 'object',
  additionalProperties: false,
  properties: {
    input: { type: 'string', description: 'Name of the input in `from`. Default: the only one.' },
    path: {
      type: 'string',
      minLength: 1,
      description: 'Place inside a value, steps separated by dots: `spearman`.',
    },
    where: {
      type: 'object',
      minProperties: 1,
      additionalProperties: { type: ['string', 'number', 'boolean'] },
      description: 'Cells by column that pick the row of a table: `{ format: chat, against: plain }`.',
    },
    figure: {
      type: 'string',
      description: `Name of the figure. Default: the first that is there of ${estimateNames.join(', ')}.`,
    },
    value: {
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      properties: {
        ...region,
        atLeast: { type: 'number', description: 'Bound below, which is part of what is claimed.' },
        atMost: { type: 'number', description: 'Bound above, likewise.' },
        equals: { type: ['number', 'string', 'boolean'], description: 'What the figure is.' },
      },
      description: 'The figure alone, without its uncertainty: it holds or fails.',
    },
    interval: {
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      properties: region,
      description: 'Where the whole interval lies: above a bound, below one, or between two.',
    },
    p: {
      type: 'string',
      enum: ['positive', 'negative', 'any'],
      description: 'The sign that the figure has beyond chance, by its p.',
    },
    verdict: {
      type: ['string', 'array'],
      items: { type: 'string' },
      minItems: 1,
      description: 'The verdict, or those, that the input gives itself.',
    },
    unit: { type: 'string', description: 'What the claim generalises over: `item`, `format`.' },
    units: {
      type: 'string',
      description: `Figure that says over how many units. Default: the first that is there of ${countNames.join(', ')}.`,
    },
    minimum: minimumOption,
    sides: {
      type: 'integer',
      enum: [1, 2],
      default: 2,
      description:
        '2: as a two-sided interval of `level` decides. 1: all of 1 - `level` is spent on each bound.',
    },
    coverage: {
      type: 'number',
      exclusiveMinimum: 0.5,
      exclusiveMaximum: 1,
      default: 0.95,
      description: 'Of the interval in the input, where that does not say it.',
    },
    undecided: undecidedOption,
  },
};
