import type { OptionProblem } from '../system/failure.ts';

type Path = readonly (string | number)[];
type Node = Readonly<Record<string, unknown>>;

/**
 * Words of Vega-Lite 6 of which a misspelt one draws an empty figure, or something else, without a word. What is deeper in a
 * specification is Vega-Lite's own matter. A spec holds the lists to the schema that Vega-Lite comes with.
 */
export const vocabulary = {
  views:
    '$schema align autosize background bounds center columns concat config data datasets description encoding facet hconcat height layer mark name padding params projection repeat resolve spacing spec title transform usermeta vconcat view width'.split(
      ' ',
    ),
  marks:
    'arc area bar boxplot circle errorband errorbar geoshape image line point rect rule square text tick trail'.split(
      ' ',
    ),
  channels:
    'angle color column description detail facet fill fillOpacity href key latitude latitude2 longitude longitude2 opacity order radius radius2 row shape size stroke strokeDash strokeOpacity strokeWidth text theta theta2 time tooltip url x x2 xError xError2 xOffset y y2 yError yError2 yOffset'.split(
      ' ',
    ),
  types: 'geojson nominal ordinal quantitative temporal'.split(' '),
  aggregates:
    'average ci0 ci1 count distinct exponential exponentialb max mean median min missing product q1 q3 stderr stdev stdevp sum valid values variance variancep'.split(
      ' ',
    ),
} as const;

/** Words of a specification that Vega-Lite does not have. */
export function wordProblems(spec: unknown, path: Path): readonly OptionProblem[] {
  if (!isNode(spec)) return [];
  const { mark, encoding } = spec;
  const inner = ['layer', 'concat', 'hconcat', 'vconcat'].flatMap((name) => {
    const views = spec[name];
    return Array.isArray(views) ? views.flatMap((view, at) => wordProblems(view, [...path, name, at])) : [];
  });
  return [
    ...keyProblems(spec, path, vocabulary.views, 'property'),
    ...(isNode(mark)
      ? wordProblem(mark['type'], [...path, 'mark', 'type'], vocabulary.marks, 'mark')
      : wordProblem(mark, [...path, 'mark'], vocabulary.marks, 'mark')),
    ...(isNode(encoding) ? encodingProblems(encoding, [...path, 'encoding']) : []),
    ...inner,
    ...wordProblems(spec['spec'], [...path, 'spec']),
  ];
}

function encodingProblems(encoding: Node, path: Path): readonly OptionProblem[] {
  const channels = Object.entries(encoding).flatMap(([channel, definitions]) =>
    [definitions].flat().flatMap((definition: unknown) => {
      if (!isNode(definition)) return [];
      const at = [...path, channel];
      return [
        ...wordProblem(definition['type'], [...at, 'type'], vocabulary.types, 'type of field'),
        ...wordProblem(definition['aggregate'], [...at, 'aggregate'], vocabulary.aggregates, 'aggregate'),
      ];
    }),
  );
  return [...keyProblems(encoding, path, vocabulary.channels, 'channel'), ...channels];
}

function keyProblems(node: Node, path: Path, known: readonly string[], what: string): OptionProblem[] {
  // Words with spaces are said to be a text that a comma ended.
  return Object.keys(node)
    .filter((key) => !known.includes(key) && !/\s/.test(key))
    .map((key) => problemOf(key, [...path, key], known, what));
}

function wordProblem(word: unknown, path: Path, known: readonly string[], what: string): OptionProblem[] {
  return typeof word !== 'string' || known.includes(word) ? [] : [problemOf(word, path, known, what)];
}

function problemOf(word: string, path: Path, candidates: readonly string[], what: string): OptionProblem {
  return { path, message: `Vega-Lite has no ${what} \`${word}\``, found: word, candidates };
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
