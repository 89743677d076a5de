import { expect } from 'chai';
import type { Row } from '../../src/table/table.ts';
import { ToldRuns } from '../support/told-run.ts';
import { holdCases, stages, verbs } from './case.ts';

const row = (text: string): Row => JSON.parse(text) as Row;
const spread = (items: string, ...more: readonly string[]): string =>
  stages(`rows: { uses: dataset, with: { items: ${items} } }`, ...more);

const hostile = '[{ constructor: a, __proto__: 1, toString: 2, hasOwnProperty: b, then: 3, valueOf: 4 }]';

holdCases('names that every JavaScript object has', [
  {
    name: 'of columns, formats and stages',
    pipeline: spread(
      hostile,
      "v: { uses: variants, from: rows, with: { formats: { constructor: { template: '{{ constructor }} {{ __proto__ }} {{ toString }}' }, __proto__: { template: '{{ then }}' }, then: { template: '{{ hasOwnProperty }}' } } } }",
      'constructor: { uses: aggregate, from: v, with: { by: [constructor], measure: __proto__, statistics: [mean, count] } }',
      `t: { uses: table, from: v, with: { verbs: [{ rollup: { by: [constructor], columns: { __proto__: "sum(d.then)", n: "sum(d['__proto__'])" } } }] } }`,
      `f: { uses: findings, from: { rows: v, constructor: constructor }, with: { template: "{{ rows[0].constructor }} {{ constructor[0].mean }} {{ rows[0]['__proto__'] }}" } }`,
    ),
    gives: {
      v: [
        row('{"format":"constructor","prompt":"a 1 2"}'),
        row('{"format":"__proto__","prompt":"3"}'),
        row('{"format":"then","prompt":"b"}'),
      ],
      constructor: [{ mean: 1, count: 3 }],
      t: [row('{"constructor":"a","__proto__":9,"n":3}')],
      f: 'a 1 1\n',
    },
  },
  {
    name: 'of results',
    pipeline: spread(
      hostile,
      'r: { uses: results, from: rows, with: { values: { __proto__: { input: rows, index: constructor, column: then }, toString: { input: rows, columns: { __proto__: then } } } } }',
    ),
    gives: { r: row('{"__proto__":{"a":3},"toString":{"__proto__":[3]}}') },
  },
  {
    name: 'of a header',
    pipeline: stages(
      'rows: { uses: dataset, with: { file: a.csv, key: [__proto__] } }',
      "t: { uses: table, from: rows, with: { verbs: [{ derive: { constructor2: 'd.constructor' } }] } }",
    ),
    files: { 'a.csv': '__proto__,constructor,toString\n1,2,3\n' },
    gives: { t: [row('{"__proto__":"1","constructor":"2","toString":"3","constructor2":"2"}')] },
  },
  {
    name: 'of triggers',
    pipeline: stages(
      "t: { uses: ablate, with: { items: [{ question: a, a: x }], triggers: { constructor: [please], __proto__: [now] }, target: ' {{ a }}' } }",
    ),
    gives: { t: [{ source: 'constructor' }, { source: '__proto__' }] },
  },
  {
    name: 'of an axis',
    pipeline: stages(
      "d: { uses: dataset, matrix: { constructor: [a, b] }, with: { items: [{ q: '${matrix.constructor}' }] } }",
      't: { uses: table, from: d, with: { verbs: [{ select: [constructor, q] }] } }',
    ),
    gives: {
      t: [
        { constructor: 'a', q: 'a' },
        { constructor: 'b', q: 'b' },
      ],
    },
  },
  {
    name: 'of a parameter that is not there',
    pipeline: `params: { a: a }\n${stages("t: { uses: dataset, with: { items: [{ q: '${params.constructor}' }] } }")}`,
    fails: { says: ['no parameter `constructor`'] },
  },
  {
    name: 'of a kind that is not there',
    pipeline: stages('t: { uses: constructor, with: {} }'),
    fails: { at: '2:constructor', says: ['no stage kind `constructor`'] },
  },
  {
    name: 'of a stage that is not there',
    pipeline: stages('t: { uses: table, from: toString, with: { verbs: [{ select: [a] }] } }'),
    fails: { says: ['no stage `toString`'] },
  },
  {
    name: 'of a column that is not there',
    pipeline: verbs('[{ a: 1 }]', '{ select: [toString] }'),
    fails: { at: '3:toString', says: ['no column `toString`'] },
  },
  {
    name: 'of a column in an expression',
    pipeline: verbs('[{ a: 1 }]', "{ filter: 'd.constructor > 1' }"),
    fails: { says: ['no column `constructor`'] },
  },
  {
    name: 'of a variable',
    pipeline: stages(
      "t: { uses: variants, with: { items: [{ question: Hi }], formats: { f: { template: '{{ toString }}' } } } }",
    ),
    fails: { says: ['unknown template variable `toString`'] },
  },
  {
    name: 'of a member',
    pipeline: stages(
      "t: { uses: variants, with: { items: [{ question: Hi }], formats: { f: { template: '{{ question.constructor }}' } } } }",
    ),
    fails: { says: ['`question.constructor` is not defined'] },
  },
]);

holdCases('names that are numbers keep their place', [
  {
    name: 'of formats',
    pipeline: stages(
      "t: { uses: variants, with: { items: [{ question: x }], formats: { b: {}, '16': {}, a: {}, '2': {} } } }",
    ),
    gives: { t: ['b', '16', 'a', '2'].map((format) => ({ format })) },
  },
  {
    name: 'of triggers',
    pipeline: stages(
      "t: { uses: ablate, with: { items: [{ question: a, a: x }], triggers: { z: [y], '7': [x] }, target: ' {{ a }}' } }",
    ),
    gives: { t: [{ source: 'z' }, { source: '7' }] },
  },
  {
    name: 'of new columns',
    pipeline: spread(
      '[{ a: 1 }]',
      "t: { uses: table, from: rows, with: { verbs: [{ derive: { z: d.a, '7': d.a, '1': d.a } }, { fold: { columns: [z, '7', '1'] } }] } }",
    ),
    gives: { t: ['z', '7', '1'].map((key) => ({ key })) },
  },
  {
    name: 'of keys that a mere number is',
    pipeline: stages(
      't: { uses: variants, with: { items: [{ question: x }], formats: { 2024: {}, b: {}, 16: {} } } }',
    ),
    gives: { t: ['2024', 'b', '16'].map((format) => ({ format })) },
  },
  {
    name: 'of columns of JSON, and what stands deeper is no column',
    pipeline: spread(
      '[{ a: 1 }]',
      'd: { uses: dataset, with: { file: a.json } }',
      't: { uses: table, from: d, with: { verbs: [{ fold: { columns: [z, "16", a, "2"] } }] } }',
      'c: { uses: table, from: d, with: { verbs: [{ drop: [z] }] } }',
    ),
    files: { 'a.json': '[{"z":{"q\\"{":[{"9":1}]},"16":2,"a":3,"\\u0032":4},{"1":5}]' },
    gives: {
      t: [
        ...['z', '16', 'a', '2'].map((key) => ({ key, '1': null })),
        ...['z', '16', 'a', '2'].map((key) => ({ key, '1': 5 })),
      ],
    },
  },
]);

describe('columns that are called by numbers', () => {
  const written: Readonly<Record<string, readonly [file: string, text: string]>> = {
    'a list in JSON': ['a.json', '[{"q":1,"16":2,"a":3,"2":4},{"1":5}]'],
    'lines of JSON': ['a.jsonl', '{"q":1,"16":2,"a":3,"2":4}\n{"1":5}\n'],
    'a header': ['a.csv', 'q,16,a,2,1\n1,2,3,4,5\n'],
  };
  for (const [name, [file, text]] of Object.entries(written)) {
    it(`stand as they are written: ${name}`, async () => {
      const runs = await ToldRuns.open();
      try {
        const pipeline = stages(`t: { uses: dataset, with: { file: ${file} } }`);
        const { artifacts } = await runs.run({ pipeline, files: { [file]: text } });
        const found = artifacts['t'];
        const columns = found?.type === 'table' ? found.table.columns.map((column) => column.name) : [];
        expect(columns).to.deep.equal(['q', '16', 'a', '2', '1']);
      } finally {
        await runs.close();
      }
    });
  }
});
