import { expect } from 'chai';
import type { Column, Row, Table } from '../../../src/table/table.ts';
import { diffTables } from '../../../src/engine/diff/tables.ts';

const loose = { absolute: 1e-9, relative: 1e-9 };

const COLUMNS: readonly Column[] = [
  { name: 'format', type: 'string' },
  { name: 'prompt_tokens', type: 'integer' },
  { name: 'entropy', type: 'number', unit: 'nats' },
];

function table(rows: readonly Row[], more: Partial<Table> = {}): Table {
  return { columns: COLUMNS, key: ['format'], rows, ...more };
}

describe('diffTables', () => {
  const plain = { format: 'plain', prompt_tokens: 3, entropy: 2.5 };
  const chat = { format: 'chat', prompt_tokens: 5, entropy: 1.5 };

  it('aligns rows by their key, whatever their order', () => {
    const diff = diffTables(table([plain, chat]), table([chat, { ...plain, entropy: 2.25 }]), loose);
    expect(diff.changed).to.deep.equal([
      { key: { format: 'plain' }, cells: [{ column: 'entropy', before: 2.5, after: 2.25, delta: -0.25 }] },
    ]);
    expect(diff.rows).to.deep.equal({ before: 2, after: 2, unchanged: 1 });
    expect(diff.measure).to.deep.equal({ column: 'entropy', unit: 'nats' });
  });

  it('tells rows that came from rows that went', () => {
    const json = { ...plain, format: 'json' };
    const diff = diffTables(table([plain, chat]), table([plain, json]), loose);
    expect(diff.added).to.deep.equal([{ key: { format: 'json' }, row: json }]);
    expect(diff.removed).to.deep.equal([{ key: { format: 'chat' }, row: chat }]);
    expect(diff.changed).to.deep.equal([]);
  });

  it('does not call a difference below the tolerance a change', () => {
    const diff = diffTables(table([plain]), table([{ ...plain, entropy: 2.5 + 1e-10 }]), loose);
    expect(diff.changed).to.deep.equal([]);
    expect(diff.rows.unchanged).to.equal(1);
  });

  it('numbers rows whose keys are equal', () => {
    const diff = diffTables(table([plain, plain]), table([plain, { ...plain, entropy: 9 }]), loose);
    expect(diff.changed.map(({ key }) => key)).to.deep.equal([{ format: 'plain', '#': 2 }]);
  });

  it('aligns rows by the first column of different texts where there is no key', () => {
    const unkeyed = (rows: readonly Row[]) => table(rows, { key: [] });
    const diff = diffTables(unkeyed([plain, chat]), unkeyed([{ ...chat, entropy: 0 }, plain]), loose);
    expect(diff.changed.map(({ key }) => key)).to.deep.equal([{ format: 'chat' }]);
  });

  it('aligns rows by their place where nothing tells them apart', () => {
    const unkeyed = (rows: readonly Row[]) => table(rows, { key: [] });
    const diff = diffTables(unkeyed([plain, plain]), unkeyed([plain, { ...plain, entropy: 0 }]), loose);
    expect(diff.changed.map(({ key }) => key)).to.deep.equal([{ '#': 2 }]);
  });

  it('knows a row again whose label was edited, where the rest of its key tells it apart', () => {
    const columns: readonly Column[] = [...COLUMNS, { name: 'description', type: 'string' }];
    const labelled = (description: string) =>
      table(
        [
          { ...plain, description },
          { ...chat, description: 'a chat' },
        ],
        { columns, key: ['format', 'description'] },
      );
    const diff = diffTables(labelled('bare'), labelled('nothing around it'), loose);
    expect(diff.key).to.deep.equal(['format']);
    expect(diff.added).to.deep.equal([]);
    expect(diff.changed).to.deep.equal([
      {
        key: { format: 'plain' },
        cells: [{ column: 'description', before: 'bare', after: 'nothing around it' }],
      },
    ]);
  });

  it('names columns that came and went', () => {
    const columns: readonly Column[] = [...COLUMNS.slice(0, 2), { name: 'surprisal', type: 'number' }];
    const diff = diffTables(
      table([plain]),
      table([{ format: 'plain', prompt_tokens: 3, surprisal: 1 }], { columns }),
      loose,
    );
    expect(diff.columns).to.deep.equal({ added: ['surprisal'], removed: ['entropy'] });
    expect(diff.changed[0]?.cells).to.deep.equal([
      { column: 'surprisal', after: 1 },
      { column: 'entropy', before: 2.5 },
    ]);
  });

  it('keeps keys with numbers that are not finite apart', () => {
    const columns: readonly Column[] = [{ name: 'x', type: 'number' }];
    const rows = [{ x: Infinity }, { x: NaN }, { x: -Infinity }, { x: 0 }];
    const diff = diffTables(
      { columns, key: ['x'], rows },
      { columns, key: ['x'], rows: rows.slice(0, 3) },
      loose,
    );
    expect(diff.removed).to.deep.equal([{ key: { x: 0 }, row: { x: 0 } }]);
  });

  describe('ranking', () => {
    const columns: readonly Column[] = [...COLUMNS, { name: 'rank', type: 'integer' }];
    const ranked = (...names: string[]) =>
      table(
        names.map((format, i) => ({ format, prompt_tokens: 1, entropy: 1, rank: i + 1 })),
        { columns },
      );

    it('says who moved, the longest way first', () => {
      const diff = diffTables(ranked('a', 'b', 'c', 'd'), ranked('d', 'a', 'b', 'c'), loose);
      expect(diff.ranking).to.deep.equal({
        column: 'rank',
        moves: [
          { key: { format: 'd' }, before: 4, after: 1 },
          { key: { format: 'a' }, before: 1, after: 2 },
          { key: { format: 'b' }, before: 2, after: 3 },
          { key: { format: 'c' }, before: 3, after: 4 },
        ],
      });
    });

    it('is not made of the ranks of tokens, which do not rank the rows', () => {
      const rows = [{ format: 'a', prompt_tokens: 1, entropy: 1, rank: 17 }];
      expect(diffTables(table(rows, { columns }), table(rows, { columns }), loose).ranking).to.equal(
        undefined,
      );
    });
  });
});
