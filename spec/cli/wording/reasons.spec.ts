import { expect } from 'chai';
import type { Reason } from '../../../src/engine/record.ts';
import { wordReason, wordReasons } from '../../../src/cli/wording/reasons.ts';

const cases: [Reason, string][] = [
  [{ type: 'first-run' }, 'never ran before'],
  [{ type: 'forced' }, 'forced'],
  [{ type: 'upstream', stages: ['a', 'b', 'c'] }, 'depends on what a, b and c give'],
  [{ type: 'result-lost', detail: 'object 12ab is damaged' }, 'its result is lost: object 12ab is damaged'],
  [
    {
      type: 'changed',
      path: ['options', 'formats', 'leetspeak', 'transform', 'map', 'a'],
      before: '4',
      after: '@',
    },
    'option formats.leetspeak.transform.map.a: "4" -> "@"',
  ],
  [
    { type: 'changed', path: ['options', 'items', 2, 'answer'], after: 'x' },
    'option items[2].answer is new: "x"',
  ],
  [{ type: 'changed', path: ['options', 'two words'], before: 1 }, 'option ["two words"] is gone, was 1'],
  [{ type: 'changed', path: ['inputs', 'variants'], before: 'a', after: 'b' }, 'input variants changed'],
  [
    {
      type: 'changed',
      path: ['inputs', 'variants'],
      before: 'a',
      after: 'b',
      rows: {
        added: 3,
        removed: 0,
        changed: 1,
        columns: { added: [], removed: [] },
        examples: [
          { change: 'changed', key: { format: 'leetspeak', item: 2 } },
          { change: 'added', key: { format: 'rot13', item: 1 } },
        ],
      },
    },
    'input variants: 3 rows added, 1 changed: format=leetspeak, item=2',
  ],
  [
    {
      type: 'changed',
      path: ['inputs', 'variants'],
      before: 'a',
      after: 'b',
      rows: {
        added: 0,
        removed: 1200,
        changed: 0,
        columns: { added: ['x'], removed: [] },
        examples: [1, 2, 3].map((place) => ({ change: 'removed' as const, key: { '#': place } })),
      },
    },
    'input variants: 1,200 rows removed: row 1; row 2; and 1,198 more',
  ],
  [
    { type: 'changed', path: ['source', 'stages/readings/score.ts'], before: 'a', after: 'b' },
    "the stage's code changed: stages/readings/score.ts",
  ],
  [
    { type: 'changed', path: ['packages', 'arquero'], before: '8.0.1', after: '8.0.2' },
    'package arquero 8.0.1 -> 8.0.2',
  ],
  [
    {
      type: 'changed',
      path: ['externals', 'model', 'digest'],
      before: '0123456789abcdef'.repeat(4),
      after: 'fedcba9876543210'.repeat(4),
    },
    'model.digest: 01234567 -> fedcba98',
  ],
  [
    { type: 'changed', path: ['kind'], before: 'score', after: 'perplexity' },
    'stage kind score -> perplexity',
  ],
];

describe('wordReason', () => {
  for (const [reason, text] of cases)
    it(`a reason reads: ${text}`, () => expect(wordReason(reason)).to.equal(text));

  it('a reason shows of two long texts where they differ', () => {
    const text = 'The quick brown fox jumps over the lazy dog and then sits down in the sun to rest';
    const worded = wordReason({
      type: 'changed',
      path: ['options', 'template'],
      before: text,
      after: text.replace('lazy', 'sleepy'),
    });
    expect(worded).to.equal(
      'option template: ...ps over the lazy dog and then sits down in the sun to ... -> ...ps over the sleepy dog and then sits down in the sun t...',
    );
  });

  it('reasons that a line does not bear are counted', () => {
    expect(
      wordReasons([{ type: 'forced' }, { type: 'first-run' }, { type: 'forced' }, { type: 'forced' }]),
    ).to.equal('forced; never ran before; forced; and 1 more');
  });
});
