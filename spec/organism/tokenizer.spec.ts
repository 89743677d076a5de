import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { corpus, document } from '../../models/organism/training/corpus.ts';
import { facts } from '../../models/organism/training/facts.ts';
import { formats } from '../../models/organism/training/formats.ts';
import { recipe } from '../../models/organism/training/recipe.ts';
import { tokenizerJson, trainTokenizer } from '../../models/organism/training/tokenizer.ts';
import { packageRoot } from '../../src/system/package-root.ts';
import { openTokenizer } from '../../src/model/text/tokenizer.ts';

const folder = join(packageRoot, 'models/organism');
const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

/** Texts and their ids, BOS included, by Python's tokenizers and by transformers' AutoTokenizer (see the fixture). */
const reference = readJson(join(packageRoot, 'spec/fixtures/organism/reference.json')) as {
  readonly tokens: readonly { readonly text: string; readonly ids: readonly number[] }[];
};

describe("the organism's tokenizer", () => {
  it('is what its trainer makes of the corpus', () => {
    const trained = trainTokenizer(
      corpus.map(({ prompt, target }) => prompt + target),
      recipe.vocabularySize,
    );
    expect(tokenizerJson(trained)).to.deep.equal(readJson(join(folder, 'tokenizer.json')));
  });

  it('learns the most frequent pair first and gives ties to the pair that sorts first', () => {
    const { merges } = trainTokenizer(['abc abc bcd'], 3 + 256 + 95 + 3);
    // "bc" occurs three times; then "▁a" + "bc" and its like occur twice, and "▁" sorts after "a".
    expect(merges).to.deep.equal([
      ['b', 'c'],
      ['a', 'bc'],
      ['▁', 'abc'],
    ]);
  });

  it('says so when the texts cannot fill the vocabulary', () => {
    expect(() => trainTokenizer(['ab'], 1000)).to.throw(RangeError, 'found 2; ask for fewer');
  });

  it('gives the ids that Python gives', async () => {
    const tokenizer = await openTokenizer(folder);
    expect(tokenizer.addsBos).to.equal(true);
    const different = reference.tokens.filter(
      ({ text, ids }) => JSON.stringify([tokenizer.bos, ...tokenizer.encode(text)]) !== JSON.stringify(ids),
    );
    expect(reference.tokens.length).to.be.greaterThan(60);
    expect(different).to.deep.equal([]);
  });

  it('reads back every prompt with its target, in all formats', async () => {
    const tokenizer = await openTokenizer(folder);
    const texts = formats.flatMap((format) =>
      facts.map((fact) => {
        const { prompt, target } = document(fact, format);
        return prompt + target;
      }),
    );
    const lost = texts.filter((text) => tokenizer.decode(tokenizer.encode(text)) !== text);
    expect(lost).to.deep.equal([]);
  });

  it('lets each digit and each line break stand alone, and `▁` only begin a piece', () => {
    const { model } = readJson(join(folder, 'tokenizer.json')) as {
      model: { vocab: Record<string, number> };
    };
    const learnt = Object.keys(model.vocab).filter((piece) => !/^<.*>$/.test(piece));
    expect(learnt.filter((piece) => /\d/.test(piece)).sort()).to.deep.equal([...'0123456789']);
    expect(learnt.filter((piece) => /.▁|\n/.test(piece))).to.deep.equal([]);
  });
});
