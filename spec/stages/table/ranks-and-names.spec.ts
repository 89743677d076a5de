import { holdTables, type Rows } from './case.ts';

const own = (...entries: readonly (readonly [string, unknown])[]) =>
  Object.fromEntries(entries) as Rows[number];
const ties = [{ x: 3 }, { x: 3 }, { x: 1 }];
const scores = [
  { id: 'a', lp: -1 },
  { id: 'a', lp: -3 },
  { id: 'b', lp: -9 },
  { id: 'b', lp: -8 },
];

holdTables("ranks, groups and names of people's tables", [
  {
    it: 'ranks equal rows alike after orderby',
    rows: ties,
    verbs: [{ orderby: ['-x'] }, { derive: { rank: 'rank()', dense: 'dense_rank()', avg: 'avg_rank()' } }],
    gives: [
      { x: 3, rank: 1, dense: 1, avg: 1.5 },
      { x: 3, rank: 1, dense: 1, avg: 1.5 },
      { x: 1, rank: 3, dense: 2, avg: 3 },
    ],
  },
  {
    it: 'keeps the order for ranks through other verbs',
    rows: [
      { x: 3, g: 1 },
      { x: 3, g: 2 },
      { x: 1, g: 1 },
      { x: 9, g: 1 },
    ],
    verbs: [
      { orderby: ['x'] },
      { filter: 'd.x < 9' },
      { rename: { x: 'y' } },
      { drop: ['y'] },
      { derive: { r: 'rank()' } },
    ],
    gives: [
      { g: 1, r: 1 },
      { g: 1, r: 2 },
      { g: 2, r: 2 },
    ],
  },
  {
    it: 'does not rank by nothing',
    rows: ties,
    verbs: [{ derive: { r: 'rank()' } }],
    refused: /nothing says by what/,
  },
  {
    it: 'does not rank after rows were appended',
    rows: ties,
    other: ties,
    verbs: [{ orderby: ['x'] }, { concat: ['other'] }, { derive: { r: 'rank()' } }],
    refused: /nothing says by what/,
  },
  {
    it: 'finds the best of each item, and its share',
    rows: scores,
    verbs: [
      { groupby: ['id'] },
      { derive: { best: 'max(d.lp)', n: 'count()' } },
      { groupby: [] },
      { derive: { all: 'max(d.lp)' } },
    ],
    gives: scores.map(({ id, lp }) => ({ id, lp, best: id === 'a' ? -1 : -8, n: 2, all: -1 })),
  },
  {
    it: 'keeps groups when their column goes',
    rows: scores,
    verbs: [{ groupby: ['id'] }, { drop: ['id'] }, { filter: 'd.lp == max(d.lp)' }],
    gives: [{ lp: -1 }, { lp: -8 }],
  },
  {
    it: 'does not roll up by a column that is gone',
    rows: scores,
    verbs: [{ groupby: ['id'] }, { drop: ['id'] }, { rollup: { columns: { n: 'count()' } } }],
    refused: /no column any more/,
  },
  {
    it: 'rolls up by a column that got another name',
    rows: scores,
    verbs: [{ groupby: ['id'] }, { rename: { id: 'item' } }, { rollup: { columns: { n: 'count()' } } }],
    gives: [
      { item: 'a', n: 2 },
      { item: 'b', n: 2 },
    ],
  },
  {
    it: 'counts characters as people do',
    rows: [{ t: '🙂🙂' }, { t: 'abcd' }],
    verbs: [{ derive: { n: 'length(d.t)', one: 'substring(d.t, 0, 1)' } }],
    gives: [
      { t: '🙂🙂', n: 2, one: '🙂' },
      { t: 'abcd', n: 4, one: 'a' },
    ],
  },
  {
    it: 'folds onto a name that it takes',
    rows: [{ id: 1, a: 10, b: 20 }],
    verbs: [{ fold: { columns: ['a', 'b'], as: ['a', 'value'] } }],
    gives: [
      { id: 1, a: 'a', value: 10 },
      { id: 1, a: 'b', value: 20 },
    ],
  },
  {
    it: 'does not fold onto a name that stays',
    rows: [{ id: 1, a: 10, b: 20 }],
    verbs: [{ fold: { columns: ['a', 'b'], as: ['id', 'value'] } }],
    refused: /two columns `id`/,
  },
  {
    it: 'does not fold names and values into one column',
    rows: [{ id: 1, a: 10 }],
    verbs: [{ fold: { columns: ['a'], as: ['x', 'x'] } }],
    refused: /two columns `x`/,
  },
  {
    it: 'tells rows with quotes apart',
    rows: [
      { s: 'x"|"y', t: 'z' },
      { s: 'x', t: 'y"|"z' },
    ],
    verbs: [{ rollup: { by: ['s', 't'], columns: { n: 'count()' } } }],
    gives: [
      { s: 'x"|"y', t: 'z', n: 1 },
      { s: 'x', t: 'y"|"z', n: 1 },
    ],
  },
  {
    it: 'counts 1 and "1", and null and "null", as different',
    rows: [{ s: 1 }, { s: '1' }, { s: null }, { s: 'null' }, { s: [1] }, { s: '[1]' }],
    verbs: [{ dedupe: ['s'] }, { rollup: { columns: { n: 'distinct(d.s)', all: 'count()' } } }],
    gives: [{ n: 5, all: 6 }],
  },
  {
    it: 'takes infinities for what they are',
    rows: [{ x: 1 }, { x: 2 }, { x: Infinity }],
    verbs: [{ rollup: { columns: { mean: 'mean(d.x)', median: 'median(d.x)', sd: 'stdev(d.x)' } } }],
    gives: [{ mean: Infinity, median: 2, sd: null }],
  },
  {
    it: 'dates in UTC',
    rows: [{ day: '2024-01-01' }],
    verbs: [{ derive: { y: 'year(parse_date(d.day))', d: 'datetime(2024, 0, 1)' } }],
    gives: [{ day: '2024-01-01', y: 2024, d: '2024-01-01T00:00:00.000Z' }],
  },
  {
    it: 'computes on columns of hostile names',
    rows: [
      own(['constructor', 'Ferrari'], ['__proto__', 1]),
      own(['constructor', 'McLaren'], ['__proto__', 2]),
    ],
    verbs: [
      { derive: own(['toString', 'd.__proto__ + 1'], ['hasOwnProperty', 'd.constructor']) },
      { filter: 'd.toString > 2' },
      { select: ['hasOwnProperty', '__proto__'] },
    ],
    gives: [own(['hasOwnProperty', 'McLaren'], ['__proto__', 2])],
  },
  {
    it: 'keeps the order of new names',
    rows: [{ q: 1 }],
    verbs: [
      { derive: { zeta: 'd.q + 1', alpha: 'd.q + 2' } },
      { fold: { columns: ['q', 'zeta', 'alpha'], as: ['k', 'v'] } },
    ],
    gives: [
      { k: 'q', v: 1 },
      { k: 'zeta', v: 2 },
      { k: 'alpha', v: 3 },
    ],
  },
  {
    it: 'refuses expressions that are programs',
    rows: [{ q: 'a' }],
    verbs: [{ derive: { z: 'match("", {__proto__: /x/, exec: ""["constructor"]["constructor"]}, null)' } }],
    refused: /unexpected `\{`/,
  },
  {
    it: 'refuses regular expressions',
    rows: [{ q: 'a' }],
    verbs: [{ derive: { z: "match('aaaaaaaaaaaaaaab', /(a+)+$/, 0)" } }],
    refused: /unexpected `\/`/,
  },
]);
