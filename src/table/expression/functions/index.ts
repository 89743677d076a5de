import { aggregateFunctions } from './aggregate.ts';
import { dateFunctions } from './date.ts';
import type { FunctionKind } from './function.ts';
import { listFunctions } from './list.ts';
import { mathFunctions } from './math.ts';
import { jsonFunctions } from './object.ts';
import { textFunctions } from './text.ts';
import { windowFunctions } from './window.ts';

/** All functions by group, as the documentation shows them. */
export const functionGroups: readonly {
  readonly title: string;
  readonly functions: readonly FunctionKind[];
}[] = [
  { title: 'Numbers', functions: mathFunctions },
  { title: 'Texts', functions: textFunctions },
  { title: 'Lists and objects', functions: [...listFunctions, ...jsonFunctions] },
  { title: 'Dates, all in UTC', functions: dateFunctions },
  { title: 'Over the rows of a group', functions: aggregateFunctions },
  { title: 'Over the rows around', functions: windowFunctions },
];

export const functions: ReadonlyMap<string, FunctionKind> = new Map(
  functionGroups.flatMap((group) => group.functions.map((each) => [each.name, each] as const)),
);

interface Refused {
  readonly message: string;
  readonly next?: string;
}

/** Why functions that people know from elsewhere are none here. */
export const refused: ReadonlyMap<string, Refused> = new Map<string, Refused>([
  ...['now', 'random', 'today', 'rand', 'uuid'].map(
    (name) => [name, { message: `\`${name}()\` gives another result each time` }] as const,
  ),
  [
    'match',
    {
      message: '`match` needs a regular expression, and those are not part of expressions',
      next: 'see `includes`, `startswith`, `endswith`, `split`, `replace`',
    },
  ],
  ['map_agg', { message: '`map_agg` gives no JSON', next: 'use `object_agg` or `entries_agg`' }],
  ...(
    [
      ['std', 'stdev'],
      ['stddev', 'stdev'],
      ['sd', 'stdev'],
      ['var', 'variance'],
      ['avg', 'mean'],
      ['len', 'length'],
      ['nunique', 'distinct'],
      ['n_distinct', 'distinct'],
      ['size', 'count'],
      ['n', 'count'],
      ['first', 'first_value'],
      ['last', 'last_value'],
      ['shift', 'lag'],
      ['ln', 'log'],
      ['str', 'text'],
      ['toString', 'text'],
      ['Number', 'parse_float'],
      ['toUpperCase', 'upper'],
      ['toLowerCase', 'lower'],
      ['coalesce', '??'],
    ] as const
  ).map(
    ([name, here]) =>
      [name, { message: `no function \`${name}\``, next: `here it is called \`${here}\`` }] as const,
  ),
]);
