import { holdCases, stages, verbs } from './case.ts';

const two = (a: string, b: string, step: string): string =>
  stages(
    `a: { uses: dataset, with: { items: ${a} } }`,
    `b: { uses: dataset, with: { items: ${b} } }`,
    `t: { uses: table, from: { rows: a, b: b }, with: { verbs: [${step}] } }`,
  );
const of = (items: string, stage: string): string =>
  stages(`rows: { uses: dataset, with: { items: ${items} } }`, `t: ${stage}`);

holdCases('rows that vanish, or multiply', [
  {
    name: 'a filter over nothing',
    pipeline: verbs('[{ a: 1 }]', '{ filter: d.a > 5 }'),
    gives: { t: [] },
    warns: ['no row is left of 1'],
  },
  {
    name: 'a filter that drops what is missing',
    pipeline: verbs('[{ a: 1 }, { a: null }]', '{ filter: d.a < 5 }'),
    gives: { t: [{ a: 1 }] },
    warns: ['for 1 of 2 rows the condition is null'],
  },
  {
    name: 'lists that are empty',
    pipeline: verbs('[{ b: [] }, { b: [x] }]', '{ unroll: [b] }'),
    gives: { t: [{ b: 'x' }] },
    warns: ['1 of 2 rows have no list, or an empty one'],
  },
  {
    name: 'a slice beyond the end',
    pipeline: verbs('[{ a: 1 }]', '{ slice: [5, 9] }'),
    gives: { t: [] },
    warns: ['no row is left of 1'],
  },
  {
    name: 'a join that matches nothing',
    pipeline: two('[{ k: a }]', '[{ k: b, v: 1 }]', '{ join: { input: b, on: [k] } }'),
    gives: { t: [] },
    warns: ['no row is left of 1'],
  },
  {
    name: 'a join on null',
    pipeline: two('[{ k: a }, { k: null }]', '[{ k: a, v: 1 }, { v: 2 }]', '{ join: { input: b, on: [k] } }'),
    gives: { t: [{ v: 1 }] },
    warns: ['1 of 2 rows have no k'],
  },
  {
    name: 'a join that multiplies',
    pipeline: two('[{ k: a }]', '[{ k: a, v: 1 }, { k: a, v: 2 }]', '{ join: { input: b, on: [k] } }'),
    gives: { t: [{ v: 1 }, { v: 2 }] },
    warns: ['1 rows became 2'],
  },
  {
    name: 'a join of one with 1',
    pipeline: two('[{ k: 1 }]', '[{ k: "1", v: 1 }]', '{ join: { input: b, on: [k] } }'),
    fails: { at: '4:k', says: ['another type in `b`'] },
  },
  {
    name: 'a join that has a column twice',
    pipeline: two('[{ k: a, v: 5 }]', '[{ k: a, v: 1 }]', '{ join: { input: b, on: [k] } }'),
    fails: { says: ['two columns `v`', 'rename or drop'] },
  },
  {
    name: 'a join on two columns of which one differs',
    pipeline: two(
      '[{ f: 5, id: 1 }, { f: 6, id: 2 }]',
      '[{ f: 5, id: 1, y: right }, { f: 9, id: 5, y: wrong }]',
      '{ join: { input: b, on: [f, id] } }',
    ),
    gives: { t: [{ f: 5, id: 1, y: 'right' }] },
    warns: ['1 of 2 rows have no match in `b` and are gone'],
  },
  {
    name: 'a join that drops what is meant to go',
    pipeline: two(
      '[{ k: a }, { k: b }]',
      '[{ k: a, v: 1 }, { k: a, v: 2 }]',
      '{ join: { input: b, on: [k], allow: [many, unmatched] } }',
    ),
    gives: { t: [{ v: 1 }, { v: 2 }] },
  },
  {
    name: 'a join that keeps what has no match',
    pipeline: two('[{ k: a }, { k: b }]', '[{ k: a, v: 1 }]', '{ join: { input: b, on: [k], how: left } }'),
    gives: { t: [{ v: 1 }, { v: null }] },
  },
  {
    name: 'a join that drops one without a key and one without a match',
    pipeline: two('[{ k: a }, { k: null }, { k: c }]', '[{ k: a, v: 1 }]', '{ join: { input: b, on: [k] } }'),
    gives: { t: [{ v: 1 }] },
    warns: ['1 of 3 rows have no k', '1 of 3 rows have no match in `b`'],
  },
  {
    name: 'a concat of text and number',
    pipeline: two('[{ k: 1 }]', '[{ k: b }]', '{ concat: [b] }'),
    fails: { at: '4:b', says: ['column `k` is of another type'] },
  },
  {
    name: 'a key that repeats',
    pipeline: stages('t: { uses: dataset, with: { key: [y], items: [{ y: a }, { y: a }] } }'),
    fails: { says: ['the same y'] },
  },
  {
    name: 'a key that a verb broke',
    pipeline: stages(
      'rows: { uses: dataset, with: { key: [y], items: [{ y: a, l: [1, 2] }] } }',
      't: { uses: table, from: rows, with: { verbs: [{ unroll: [l] }], key: [y] } }',
    ),
    fails: { says: ['the same y', '2 rows, 1 different keys'] },
  },
]);

holdCases('what is missing', [
  {
    name: 'in arithmetic',
    pipeline: verbs('[{ a: 1 }, { a: null }]', '{ derive: { x: d.a * 2, y: log(d.a), z: d.a < 5 } }'),
    gives: {
      t: [
        { x: 2, y: 0, z: true },
        { x: null, y: null, z: null },
      ],
    },
  },
  {
    name: 'in a label of a rollup',
    pipeline: verbs('[{ a: 1 }, { a: null }]', '{ rollup: { by: [a], columns: { n: count() } } }'),
    gives: {
      t: [
        { a: 1, n: 1 },
        { a: null, n: 1 },
      ],
    },
    warns: ['1 of 2 rows have no `a`; they are a group of their own'],
  },
  {
    name: 'in a label of aggregate',
    pipeline: of(
      '[{ y: a, v: 1 }, { v: 2 }]',
      '{ uses: aggregate, from: rows, with: { by: [y], measure: v } }',
    ),
    fails: { at: '3:y', says: ['1 of 2 rows have no `y`', 'missingLabels: keep'] },
  },
  {
    name: 'in a cluster',
    pipeline: of(
      '[{ y: a, v: 1 }, { v: 2 }]',
      '{ uses: aggregate, from: rows, with: { by: [], cluster: y, measure: v } }',
    ),
    fails: { at: '3:y', says: ['1 of 2 rows have no `y`'] },
  },
  {
    name: 'in a measure',
    pipeline: of(
      '[{ y: a, v: 1 }, { y: b, v: null }]',
      '{ uses: aggregate, from: rows, with: { by: [y], measure: v, statistics: [mean, count] } }',
    ),
    gives: {
      t: [
        { mean: 1, count: 1 },
        { mean: null, count: 0 },
      ],
    },
    warns: ['1 of 2 rows have no v'],
  },
  {
    name: 'in an index of results',
    pipeline: of(
      '[{ y: a, v: 1 }, { v: 2 }]',
      '{ uses: results, from: rows, with: { values: { z: { input: rows, index: y, column: v } } } }',
    ),
    fails: { at: '3:y', says: ['1 of 2 rows have no `y`'] },
  },
  {
    name: 'in a channel of a figure',
    pipeline: of(
      '[{ y: 1 }, { y: null }]',
      '{ uses: plot, from: rows, with: { spec: { mark: point, encoding: { x: { field: y, type: quantitative } } } } }',
    ),
    warns: ['1 of 2 rows of `rows` have no `y` that can be drawn'],
  },
  {
    name: 'in a template',
    pipeline: stages(
      't: { uses: variants, with: { items: [{ question: a, b: x }, { question: c }], formats: { f: { template: "{{ b }}" } } } }',
    ),
    fails: { says: ['null and cannot be printed'] },
  },
  {
    name: 'in an answer',
    pipeline: of(
      '[{ prompt: q, a: [x, y], n: 0 }, { prompt: q, a: [x, y] }]',
      '{ uses: choose, from: rows, with: { candidates: a, answer: n } }',
    ),
    fails: { at: '3:n', says: ['the answer names no candidate', 'row 2', 'null'] },
  },
  {
    name: 'in an answer that is out of range',
    pipeline: of(
      '[{ prompt: q, a: [x, y], n: 2 }]',
      '{ uses: choose, from: rows, with: { candidates: a, answer: n } }',
    ),
    fails: { says: ['a number from 0 to 1', 'row 1'] },
  },
]);

const answer = (text: string): string =>
  of(
    `[{ prompt: q, a: x }, { prompt: r, a: "${text}" }]`,
    `{ uses: score, from: rows, with: { target: ' {{ a }}' } }`,
  );

holdCases('an answer that is nothing but', [
  ...Object.entries({
    'a space': ' ',
    'no-break spaces': '\\u00a0\\u00a0',
    'a line break': '\\n',
    'a zero-width space': '\\u200b',
    'a joiner': '\\u2060',
  }).map(([name, text]) => ({
    name,
    pipeline: answer(text),
    fails: { at: "3:' {{ a }}'", says: ['an answer is missing', 'row 2'] },
  })),
  {
    name: 'nothing, in ablate',
    pipeline: stages(
      "t: { uses: ablate, with: { items: [{ question: q, a: '' }], triggers: { s: [now] }, target: ' {{ a }}' } }",
    ),
    fails: { at: "2:' {{ a }}'", says: ['an answer is missing', 'item 1'] },
  },
]);
