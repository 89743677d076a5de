import { entriesOf } from '../system/names-in-order.ts';
import type { OptionProblem } from '../system/failure.ts';
import type { JsonObject } from '../system/json.ts';
import type { Column, Row } from '../table/table.ts';
import { mapCharacters } from '../transforms/substitution.ts';
import { codePoints } from '../transforms/code-points.ts';
import { textTransforms, type TransformName } from '../transforms/text-transforms.ts';
import type { KnownNames } from './known.ts';
import { checkTemplate, compileTemplate } from './template.ts';

type Path = readonly (string | number)[];

export type TransformOption = TransformName | Readonly<Record<string, string>>;

/** One level of a factor: what templates print under the factor's name, and what is done to the text. */
export type Level =
  | string
  | {
      readonly text?: string;
      readonly transform?: TransformOption;
      /** Put around the text, which it names `prompt`. */
      readonly template?: string;
    };

export type Factors = Readonly<Record<string, Readonly<Record<string, Level>>>>;

export interface DesignOption {
  readonly sample: number;
  readonly seed: number;
}

export const transformOption: JsonObject = {
  description: 'What is done to the rendered text.',
  anyOf: [
    { type: 'string', enum: Object.keys(textTransforms) },
    {
      type: 'object',
      minProperties: 1,
      additionalProperties: { type: 'string' },
      description: 'Characters and what they become.',
    },
  ],
};

export const factorOptions: JsonObject = {
  factors: {
    type: 'object',
    description:
      'Factors that are crossed with the formats, in the order in which they act; each is a column.',
    additionalProperties: {
      type: 'object',
      minProperties: 2,
      description: 'The levels by name.',
      additionalProperties: {
        anyOf: [
          { type: 'string', description: 'What templates print where they name the factor.' },
          {
            type: 'object',
            additionalProperties: false,
            properties: {
              text: {
                type: 'string',
                description:
                  'What templates print where they name the factor. Default: the name of the level.',
              },
              transform: transformOption,
              template: {
                type: 'string',
                minLength: 1,
                description: 'Jinja template around the text, which it names `prompt`.',
              },
            },
          },
        ],
      },
    },
  },
  design: {
    type: 'object',
    additionalProperties: false,
    required: ['sample'],
    properties: {
      sample: {
        type: 'integer',
        minimum: 2,
        description: 'How many combinations of formats and levels, every level equally often.',
      },
      seed: { type: 'integer', minimum: 0, default: 1, description: 'Of the random numbers.' },
    },
    description: 'A sample of the combinations, the same for every item. Default: all of them.',
  },
};

/** What is wrong with factors, beyond their schema. */
export function factorProblems(
  factors: Factors,
  {
    known,
    taken,
    open,
  }: { readonly known: KnownNames; readonly taken: readonly string[]; readonly open: boolean },
): readonly OptionProblem[] {
  return entriesOf(factors).flatMap(([name, levels]): readonly OptionProblem[] => {
    const path = ['factors', name];
    return [
      ...(taken.includes(name)
        ? [
            {
              path,
              message: `a factor cannot be called \`${name}\`: it is a column of the result`,
              found: name,
            },
          ]
        : []),
      ...(/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)
        ? []
        : [
            {
              path,
              message: 'templates cannot name this factor',
              expected: 'letters, digits and underscores',
              found: name,
            },
          ]),
      ...entriesOf(levels).flatMap(([level, each]) => {
        if (typeof each === 'string') return [];
        const place = [...path, level];
        return [
          ...transformProblems(each.transform, [...place, 'transform']),
          ...(each.template === undefined
            ? []
            : checkTemplate(each.template, [...place, 'template'], known, { open })),
        ];
      }),
    ];
  });
}

/** A map of characters has one character for each key. */
export function transformProblems(
  transform: TransformOption | undefined,
  path: Path,
): readonly OptionProblem[] {
  if (typeof transform !== 'object') return [];
  return Object.keys(transform)
    .filter((key) => codePoints(key) !== 1)
    .map((key) => ({
      path: [...path, key],
      message: 'a transform maps single characters',
      expected: 'one character',
      found: key,
    }));
}

/** One combination of levels. */
export interface Combination {
  /** The name of the level by factor: columns of the row. */
  readonly levels: Readonly<Record<string, string>>;
  /** What templates print where they name a factor. */
  readonly values: Row;
  /** What the levels do to a text, factor by factor. */
  readonly act: (text: string, values: Row, random: (text: string) => () => number) => string;
}

/** A combination by the places of its levels. */
export function combinationOf(factors: Factors, places: readonly number[]): Combination {
  const chosen = entriesOf(factors).map(([name, levels], index) => {
    const [level, of] = entriesOf(levels)[places[index] ?? 0] ?? ['', ''];
    const { text = level, transform, template } = typeof of === 'string' ? { text: of } : of;
    const wrap =
      template === undefined ? undefined : compileTemplate(template, ['factors', name, level, 'template']);
    return { name, level, text, transform, wrap };
  });
  return {
    levels: Object.fromEntries(chosen.map(({ name, level }) => [name, level])),
    values: Object.fromEntries(chosen.map(({ name, text }) => [name, text])),
    act: (text, values, random) =>
      chosen.reduce((prompt, { transform, wrap }) => {
        const changed = transformed(prompt, transform, random);
        return wrap === undefined ? changed : wrap.render({ ...values, prompt: changed });
      }, text),
  };
}

export function transformed(
  text: string,
  transform: TransformOption | undefined,
  random: (text: string) => () => number,
): string {
  if (transform === undefined) return text;
  return typeof transform === 'string'
    ? textTransforms[transform](text, random(text))
    : mapCharacters(text, transform);
}

export function factorColumns(factors: Factors): readonly Column[] {
  return entriesOf(factors).map(([name]) => ({ name, type: 'string', description: 'level of a factor' }));
}
