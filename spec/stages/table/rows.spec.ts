import { expect } from 'chai';
import { runStage } from '../../support/stage-rig.ts';
import { holdTables } from './case.ts';

holdTables("rows that go, or lack something, in people's tables", [
  {
    it: 'says that nothing is left',
    rows: [{ topic: 'Geography' }, { topic: 'Maths' }],
    verbs: [{ filter: "d.topic == 'geography'" }],
    gives: [],
    warns: /verbs\[0\].filter: no row is left of 2/,
  },
  {
    it: 'says nothing where nothing may be left',
    rows: [{ x: 1 }],
    verbs: [{ filter: 'd.x > 1' }],
    more: { allow: 'empty' },
    gives: [],
  },
  {
    it: 'drops null by a filter, and says how many',
    rows: [{ x: 1 }, { x: null }, { x: 9 }],
    verbs: [{ filter: 'd.x < 5' }],
    gives: [{ x: 1 }],
    warns: /for 1 of 3 rows the condition is null/,
  },
  {
    it: 'warns of rows without a label',
    rows: [
      { g: null, x: 1 },
      { g: 'a', x: 2 },
    ],
    verbs: [{ rollup: { by: ['g'], columns: { n: 'count()' } } }],
    gives: [
      { g: null, n: 1 },
      { g: 'a', n: 1 },
    ],
    warns: /1 of 2 rows have no `g`/,
  },
  {
    it: 'warns of numbers that are sorted as text',
    rows: [{ x: '10' }, { x: '9' }],
    verbs: [{ orderby: ['x'] }],
    gives: [{ x: '10' }, { x: '9' }],
    warns: /numbers as text/,
  },
  {
    it: 'warns of a column of several kinds that is sorted',
    rows: [{ x: 'b' }, { x: 9 }, { x: true }],
    verbs: [{ orderby: ['x'] }],
    gives: [{ x: true }, { x: 9 }, { x: 'b' }],
    warns: /several kinds/,
  },
  {
    it: 'warns of empty lists that are unrolled',
    rows: [{ l: [1] }, { l: [] }, { l: null }],
    verbs: [{ unroll: ['l'] }],
    gives: [{ l: 1 }],
    warns: /2 of 3 rows have no list/,
  },
  {
    it: 'does not unroll what is no list',
    rows: [{ l: [1] }, { l: 2 }],
    verbs: [{ unroll: ['l'] }],
    refused: /no list/,
  },
  {
    it: 'does not unroll lists of other lengths side by side',
    rows: [{ k: [1], l: [1, 2] }],
    verbs: [{ unroll: ['k', 'l'] }],
    refused: /different lengths/,
  },
]);

describe('a table without rows', () => {
  it('keeps the types of columns that have no rows', async () => {
    const empty = {
      type: 'table',
      table: {
        columns: [
          { name: 'x', type: 'integer' },
          { name: 's', type: 'string' },
        ],
        key: [],
        rows: [],
      },
    } as const;
    const run = await runStage(
      'table',
      { verbs: [{ derive: { y: 'd.x / 2', t: 'd.s + "!"', b: 'd.x > 1' } }, { concat: ['rows'] }] },
      { inputs: { rows: empty } },
    );
    expect(run.artifact)
      .to.have.nested.property('table.columns')
      .deep.equal([
        { name: 'x', type: 'integer' },
        { name: 's', type: 'string' },
        { name: 'y', type: 'number' },
        { name: 't', type: 'string' },
        { name: 'b', type: 'boolean' },
      ]);
  });
});
