import { expect } from 'chai';
import { diffTables } from '../../../src/engine/diff/tables.ts';
import { pairRows } from '../../../src/engine/diff/pair-rows.ts';
import { exact } from '../../../src/engine/diff/values.ts';
import type { Column, Row, Table } from '../../../src/table/table.ts';

const COLUMNS: readonly Column[] = [
  { name: 'format', type: 'string' },
  { name: 'item', type: 'integer', counts: true },
  { name: 'question', type: 'string' },
  { name: 'score', type: 'number', unit: 'nats' },
];

/** What `variants` and `score` make of questions: each in two formats, the items counted. */
function scored(questions: readonly string[], more: Partial<Table> = {}): Table {
  const rows = ['plain', 'chat'].flatMap((format, f) =>
    questions.map((question, i): Row => ({ format, item: i + 1, question, score: -question.length - f })),
  );
  return { columns: COLUMNS, key: ['format', 'item'], rows, ...more };
}

/** Pairs of the questions before and after, `-` where there is none. */
function pairsOf(before: Table, after: Table): string[] {
  return pairRows(before, after)
    .rows.filter((pair) => (pair.after ?? pair.before)?.format === 'plain')
    .map((pair) => `${String(pair.before?.question ?? '-')} ${String(pair.after?.question ?? '-')}`);
}

describe('pairRows', () => {
  const old = ['one', 'two', 'three'];

  it('pairs no rows by a column that counts them: a question put in first is one more row', () => {
    const now = ['zero', ...old];
    expect(pairsOf(scored(old), scored(now))).to.deep.equal(['- zero', 'one one', 'two two', 'three three']);
    const diff = diffTables(scored(old), scored(now), exact);
    expect(diff.pairedBy).to.equal('content');
    expect(diff.key).to.deep.equal(['format', 'question']);
    expect(diff.added).to.have.length(2);
    // Their places are others, which is no change of what they are.
    expect(diff.rows).to.deep.equal({ before: 6, after: 8, unchanged: 6 });
    expect(diff.reordered).to.equal(undefined);
  });

  it('knows an edited question by its neighbours, and not where as many came as went elsewhere', () => {
    expect(pairsOf(scored(old), scored(['one', 'TWO', 'three']))).to.deep.equal([
      'one one',
      'two TWO',
      'three three',
    ]);
    expect(pairsOf(scored(old), scored(['one', 'three', 'four']))).to.deep.equal([
      'one one',
      'three three',
      '- four',
      'two -',
    ]);
  });

  it('lets a declared key have the last word, where one run alone declares it too', () => {
    const keyed = (questions: readonly string[]) => scored(questions, { key: ['format', 'question'] });
    for (const before of [keyed(old), scored(old)]) {
      const { by, key } = pairRows(before, keyed(['zero', ...old]));
      expect([by, key]).to.deep.equal(['key', ['format', 'question']]);
    }
    expect(pairsOf(keyed(old), keyed(['one', 'TWO', 'three']))).to.deep.equal([
      'one one',
      '- TWO',
      'three three',
      'two -',
    ]);
  });

  it('says how many rows share a declared key', () => {
    const twice = scored(['one', 'one', 'two'], { key: ['format', 'question'] });
    expect(pairRows(twice, twice).repeated).to.equal(2);
  });

  it('pairs equal rows and then those between them where nothing else tells rows apart', () => {
    const columns: readonly Column[] = [{ name: 'x', type: 'number' }];
    const numbers = (...xs: number[]): Table => ({ columns, key: [], rows: xs.map((x) => ({ x })) });
    const { by, rows } = pairRows(numbers(1, 2, 2, 3), numbers(0, 1, 2, 2.5, 3));
    expect(by).to.equal('place');
    expect(rows.map(({ before, after }) => [before?.x, after?.x])).to.deep.equal([
      [undefined, 0],
      [1, 1],
      [2, 2],
      [2, 2.5],
      [3, 3],
    ]);
  });

  it('says that rows stand in another order', () => {
    const turned = scored(old.toReversed(), { key: ['format', 'question'] });
    const diff = diffTables(scored(old, { key: ['format', 'question'] }), turned, exact);
    expect([diff.reordered, diff.rows.unchanged]).to.deep.equal([true, 6]);
  });

  // Whatever is put in, taken out or moved: a question is paired with itself, as a map by question says.
  it('agrees with a map by question on 300 random edits', () => {
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 300; round += 1) {
      const all = Array.from({ length: 8 }, (_, i) => `question ${i}`);
      const pick = () => all.filter(() => random(3) > 0).sort(() => random(3) - 1);
      const [before, after] = [pick(), pick()];
      const keyed = random(2) === 0;
      const table = (names: string[]) => scored(names, keyed ? { key: ['format', 'question'] } : {});
      const { rows, by } = pairRows(table(before), table(after));
      for (const { before: was, after: is } of rows) {
        const name = String((is ?? was)?.question);
        if (before.includes(name) && after.includes(name)) {
          expect([was?.question, is?.question, was?.format]).to.deep.equal([name, name, is?.format]);
        } else if (by === 'key') expect(was === undefined || is === undefined).to.equal(true);
      }
    }
  });
});
