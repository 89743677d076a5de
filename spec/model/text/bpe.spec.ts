import { readFileSync } from 'node:fs';
import { PreTrainedTokenizer } from '@huggingface/transformers';
import { expect } from 'chai';
import { bytePairs } from '../../../src/model/text/words/bpe.ts';
import { seededRandom } from '../../../src/statistics/random.ts';

interface Model {
  readonly vocab: Readonly<Record<string, number>>;
  readonly merges: readonly (readonly [string, string])[];
}

const organism = JSON.parse(
  readFileSync(new URL('../../../models/organism/tokenizer.json', import.meta.url), 'utf8'),
) as { readonly model: Omit<Model, 'merges'> & { readonly merges: readonly (string | [string, string])[] } };

describe('byte-pair encoding', () => {
  const bare = { unknownId: undefined, fusesUnknown: false, bytes: undefined, suffix: '' };
  const vocab = { a: 0, b: 1, c: 2, ab: 3, bc: 4, abc: 5, aa: 6, '?': 7, c$: 8, ab$: 9, b$: 10 };

  it('joins the pair of the least rank first, and of equal ones the leftmost', () => {
    const encode = (word: string, merges: Model['merges']) => bytePairs({ ...bare, vocab, merges })(word);
    expect(
      encode('abc', [
        ['b', 'c'],
        ['a', 'b'],
        ['a', 'bc'],
      ]),
    ).to.deep.equal([5]);
    expect(
      encode('abc', [
        ['a', 'b'],
        ['b', 'c'],
      ]),
    ).to.deep.equal([3, 2]);
    expect(encode('aaa', [['a', 'a']])).to.deep.equal([6, 0]);
    expect(
      encode('aaaab', [
        ['a', 'a'],
        ['a', 'b'],
      ]),
    ).to.deep.equal([6, 6, 1]);
    expect(encode('', [])).to.deep.equal([]);
  });

  it('spells, replaces or leaves out what has no token', () => {
    const encode = (word: string, options: object) =>
      bytePairs({ ...bare, vocab, merges: [['a', 'b']], ...options })(word);
    expect(encode('aéb', {})).to.deep.equal([0, 1]);
    expect(encode('aéxb', { unknownId: 7 })).to.deep.equal([0, 7, 7, 1]);
    expect(encode('aéxb', { unknownId: 7, fusesUnknown: true })).to.deep.equal([0, 7, 1]);
    const bytes = Array.from({ length: 256 }, (_, byte) => 1000 + byte);
    expect(encode('aé', { bytes })).to.deep.equal([0, 1000 + 0xc3, 1000 + 0xa9]);
    expect(encode('ab', { suffix: '$', merges: [['a', 'b$']] })).to.deep.equal([9]);
  });

  it('gives the ids of transformers.js for 1,000 random words', () => {
    const merges = organism.model.merges.map((merge) =>
      typeof merge === 'string' ? (merge.split(' ', 2) as [string, string]) : merge,
    );
    const ids = organism.model.vocab;
    const options = { unk_token: '<unk>', byte_fallback: true, fuse_unk: true };
    const theirs = new PreTrainedTokenizer(
      {
        ...{ normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, added_tokens: [] },
        model: { type: 'BPE', ...options, vocab: ids, merges },
      },
      {},
    );
    const spelt = Array.from(
      { length: 256 },
      (_, byte) => ids[`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`],
    );
    const unknownId = ids['<unk>'];
    const ours = bytePairs({ ...bare, vocab: ids, merges, unknownId, fusesUnknown: true, bytes: spelt });
    const random = seededRandom(7);
    const pieces = [...Object.keys(ids).filter((token) => !token.startsWith('<')), 'é', '日', '😀'];
    for (let count = 0; count < 1000; count += 1) {
      const length = 1 + Math.floor(random() * 20);
      const word = Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)]).join('');
      expect(ours(word), word).to.deep.equal(theirs.encode(word, { add_special_tokens: false }));
    }
  });
});
