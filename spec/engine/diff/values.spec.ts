import { expect } from 'chai';
import fc from 'fast-check';
import type { Cell } from '../../../src/table/table.ts';
import { diffValues, sameCell } from '../../../src/engine/diff/values.ts';

const loose = { absolute: 1e-9, relative: 1e-9 };

describe('diffValues', () => {
  const cases: { title: string; before: Cell; after: Cell; changes: unknown[] }[] = [
    {
      title: 'a leaf',
      before: { a: { b: 1 } },
      after: { a: { b: 3 } },
      changes: [{ path: ['a', 'b'], before: 1, after: 3, delta: 2 }],
    },
    { title: 'a new name', before: {}, after: { a: 'x' }, changes: [{ path: ['a'], after: 'x' }] },
    { title: 'a name that went', before: { a: null }, after: {}, changes: [{ path: ['a'], before: null }] },
    { title: 'the order of keys', before: { a: 1, b: 2 }, after: { b: 2, a: 1 }, changes: [] },
    {
      title: 'an element put in front',
      before: [1, 2, 3],
      after: [0, 1, 2, 3],
      changes: [{ path: [0], after: 0 }],
    },
    {
      title: 'an element taken out',
      before: ['a', 'b', 'c'],
      after: ['a', 'c'],
      changes: [{ path: [1], before: 'b' }],
    },
    {
      title: 'one element of many',
      before: [1, 2, 3],
      after: [1, 5, 3],
      changes: [{ path: [1], before: 2, after: 5, delta: 3 }],
    },
    {
      title: 'a list that becomes a map',
      before: [1],
      after: { a: 1 },
      changes: [{ path: [], before: [1], after: { a: 1 } }],
    },
    {
      title: 'infinity has no delta',
      before: 1,
      after: Infinity,
      changes: [{ path: [], before: 1, after: Infinity }],
    },
    { title: 'NaN equals itself', before: NaN, after: NaN, changes: [] },
    {
      title: 'a name every object has',
      before: {},
      after: { toString: 'x' },
      changes: [{ path: ['toString'], after: 'x' }],
    },
  ];
  for (const { title, before, after, changes } of cases) {
    it(title, () => expect(diffValues(before, after)).to.deep.equal(changes));
  }

  it('finds nothing between a value and itself, something between different ones', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const [x, y] = [a as Cell, b as Cell];
        expect(diffValues(x, structuredClone(x))).to.deep.equal([]);
        expect(diffValues(x, y).length === 0).to.equal(sameCell(x, y, { absolute: 0, relative: 0 }));
      }),
    );
  });
});

describe('sameCell', () => {
  it('allows for the tolerance, absolute near zero and relative for large numbers', () => {
    expect(sameCell(0, 9e-10, loose)).to.equal(true);
    expect(sameCell(0, 2e-9, loose)).to.equal(false);
    expect(sameCell(1e6, 1e6 + 5e-4, loose)).to.equal(true);
    expect(sameCell(1e6, 1e6 + 5e-3, loose)).to.equal(false);
    expect(sameCell(Infinity, 1e308, { absolute: 1, relative: 1 })).to.equal(false);
  });

  it('goes into lists and maps', () => {
    expect(sameCell([{ token: 'a', p: 0.5 }], [{ token: 'a', p: 0.5 + 1e-12 }], loose)).to.equal(true);
    expect(sameCell([1, 2], [1], loose)).to.equal(false);
  });
});
