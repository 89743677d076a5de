import { desc, op } from 'arquero';
import { expect } from 'chai';
import { fromArquero, toArquero, type Table } from '../../src/engine/authoring.ts';

const scores: Table = {
  columns: [
    { name: 'format', type: 'string' },
    { name: 'score', type: 'number' },
  ],
  key: [],
  rows: [
    { format: 'qa', score: -1 },
    { format: 'plain', score: -4.5 },
    { format: 'qa', score: null },
    { format: 'wiki', score: -2 },
  ],
};

describe('tables as Arquero has them', () => {
  it('come back as they went', async () => {
    expect(fromArquero(await toArquero(scores))).to.deep.equal(scores);
  });

  it('can be worked on by its verbs, filters and orders included', async () => {
    const table = (await toArquero(scores))
      .filter((d: { score: number | null }) => d.score !== null)
      .groupby('format')
      .rollup({ best: op.max('score') })
      .orderby(desc('best'));
    expect(fromArquero(table, ['format'])).to.deep.equal({
      columns: [
        { name: 'format', type: 'string' },
        { name: 'best', type: 'number' },
      ],
      key: ['format'],
      rows: [
        { format: 'qa', best: -1 },
        { format: 'wiki', best: -2 },
        { format: 'plain', best: -4.5 },
      ],
    });
  });

  it('keep their columns when no row is left', async () => {
    const none = (await toArquero(scores)).filter(() => false);
    expect(fromArquero(none).columns.map(({ name }) => name)).to.deep.equal(['format', 'score']);
  });
});
