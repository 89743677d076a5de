import { expect } from 'chai';
import { diffTables } from '../../../src/engine/diff/tables.ts';
import type { PairedChange } from '../../../src/engine/diff/run-diff.ts';
import type { Table } from '../../../src/table/table.ts';

const tolerance = { absolute: 1e-9, relative: 1e-9 };

function scores(key: readonly string[], values: readonly (readonly [string, string, number])[]): Table {
  return {
    columns: [
      { name: 'format', type: 'string' },
      { name: 'question', type: 'string' },
      { name: 'log_prob', type: 'number', unit: 'nats' },
    ],
    key,
    rows: values.map(([format, question, log_prob]) => ({ format, question, log_prob })),
  };
}

describe('the paired change of a measure', () => {
  const changeOf = (before: Table, after: Table): PairedChange | undefined =>
    diffTables(before, after, tolerance).change;

  it('is the paired t interval where each unit has one row', () => {
    const zero = scores(
      ['question'],
      ['a', 'b', 'c', 'd'].map((question) => ['chat', question, 0] as const),
    );
    const moved = scores(['question'], [['chat', 'a', 1], ['chat', 'b', 2], ['chat', 'c', 3], ['chat', 'd', 6]]); // prettier-ignore
    const change = changeOf(zero, moved);
    // Mean 3, variance (4 + 1 + 0 + 9) / 3; t(0.975, 3) = 3.182446305284263.
    const half = 3.182446305284263 * Math.sqrt(14 / 3 / 4);
    expect(change).to.include({ column: 'log_prob', unit: 'nats', pairs: 4, units: 4, by: 'question', mean: 3, up: 4, down: 0, equal: 0 }); // prettier-ignore
    expect(change?.interval?.low).to.be.closeTo(3 - half, 1e-12);
    expect(change?.interval?.high).to.be.closeTo(3 + half, 1e-12);
  });

  it('takes rows of one question as one unit: equal clusters are their means', () => {
    const cells = ['a', 'b', 'c'].flatMap((question) =>
      ['x', 'y'].map((format) => [format, question, 0] as const),
    );
    const by: Record<string, readonly number[]> = { a: [1, 3], b: [4, 4], c: [0, 0] };
    const before = scores(['format', 'question'], cells);
    const after = scores(['format', 'question'], cells.map(([format, question], i) => [format, question, by[question]?.[i % 2] ?? 0] as const)); // prettier-ignore
    const change = changeOf(before, after);
    // Means 2, 4, 0 of three units: variance 4; t(0.975, 2) = 4.302652729911275.
    const half = 4.302652729911275 * Math.sqrt(4 / 3);
    expect(change).to.include({ pairs: 6, units: 3, by: 'question', mean: 2, up: 4, equal: 2 });
    expect(change?.interval?.low).to.be.closeTo(2 - half, 1e-9);
    expect(change?.interval?.high).to.be.closeTo(2 + half, 1e-9);
  });

  it('leaves out rows that are in one table or have no finite number, and says why there is no interval', () => {
    const before = scores(['question'], [['x', 'a', 0], ['x', 'b', Number.NEGATIVE_INFINITY], ['x', 'c', 0]]); // prettier-ignore
    const after = scores(
      ['question'],
      [
        ['x', 'a', -1],
        ['x', 'b', 0],
        ['x', 'd', 0],
      ],
    );
    const change = changeOf(before, after);
    expect(change).to.deep.equal({ column: 'log_prob', unit: 'nats', pairs: 1, mean: -1, by: 'question', units: 1, why: 'one value has no spread', up: 0, down: 1, equal: 0 }); // prettier-ignore
  });

  it('is not there where no number changed', () => {
    const same = scores(['question'], [['x', 'a', 0]]);
    expect(changeOf(same, scores(['question'], [['y', 'a', 0]]))).to.equal(undefined);
  });
});
