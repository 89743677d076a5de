import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { measureUnits, wordsOf } from '../../../src/hosting/rows/text-units.ts';
import type { Reading, ReadingRequest, Tokenizer } from '../../../src/model/language-model.ts';
import { perplexityMeasurement } from '../../../src/model/text/score.ts';
import { surprisalMeasurement, type TextSurprisal } from '../../../src/model/text/surprisal.ts';
import { makeTokenizer, openTokenizer } from '../../../src/model/text/tokenizer.ts';
import { Failure } from '../../../src/system/failure.ts';
import { packageRoot } from '../../../src/engine/index.ts';
import { tokenizer as bigramTokenizer } from '../../support/models/bigram-model.ts';

function fixture(path: string): string {
  const file = fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));
  return path.endsWith('.gz') ? gunzipSync(readFileSync(file)).toString() : readFileSync(file, 'utf8');
}

const places = JSON.parse(fixture('token-places/places.json')) as Readonly<
  Record<string, readonly (readonly number[])[]>
>;
const cases = JSON.parse(fixture('tokenizer-cases.json')) as Readonly<
  Record<string, { tokenizer_json_from: string; cases: readonly { text: string }[] }>
>;
const components = JSON.parse(fixture('tokenizer-components/components.json.gz')) as {
  texts: readonly string[];
  cases: readonly { tokenizer: string; json: object }[];
};

const opened = new Map<string, Promise<Tokenizer>>();

function tokenizerNamed(name: string): Promise<Tokenizer> {
  const tokenizer = opened.get(name) ?? openNamed(name);
  opened.set(name, tokenizer);
  return tokenizer;
}

async function openNamed(name: string): Promise<Tokenizer> {
  if (name === 'organism') return openTokenizer(join(packageRoot, 'models/organism'));
  const own = components.cases.find(({ tokenizer }) => tokenizer === name);
  if (own !== undefined) return makeTokenizer(own.json, {});
  const source = cases[name]!.tokenizer_json_from.replace(/@[^@]*$/, '');
  const folder = join(dirname(createRequire(import.meta.url).resolve(source)), '..', 'models');
  const read = (file: string): object => JSON.parse(readFileSync(join(folder, file), 'utf8')) as object;
  return makeTokenizer(read('tokenizer.json'), read('tokenizer_config.json'));
}

/** Log-probabilities that follow from the ids, so that each token has its own. */
function readingOf({ ids, from }: ReadingRequest): Reading {
  const read = ids.slice(from).map((id, index) => -(((id * 37 + index * 11) % 101) + 1) / 7);
  return { logProbs: read, ranks: read.map((_, index) => index + 1) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

describe('surprisal of a text', () => {
  /**
   * Where Python counts a space that was put in before a word to a character before it, or to a word that the normalizer takes
   * away whole: such a space is then the only token of its word.
   */
  const otherwise: Readonly<Record<string, readonly string[]>> = {
    organism: ['."<s>,.{<s>ing!  23 b  ▁\t日**,}:🙂,\u0301'],
    unigram: ['\u0091\u0006\f .', 'b\u0003 \ufe44,\u2028 \u2e2f\u2040 d'],
  };

  for (const [name, expected] of Object.entries(places)) {
    it(`${name}: tokens count in the words that Python's offsets say, and all words together have the text's log-probability`, async () => {
      const tokenizer = await tokenizerNamed(name);
      const isComponent = components.cases.some((each) => each.tokenizer === name);
      const texts = isComponent ? components.texts : cases['byte-level-bpe']!.cases.map(({ text }) => text);
      expect(expected).to.have.length(texts.length);
      const other: string[] = [];
      for (const [index, text] of texts.entries()) {
        const model = { tokenizer, contextLength: 10_000 };
        const asked = surprisalMeasurement(model, text);
        const whole = perplexityMeasurement(model, text);
        expect(asked.requests, text).to.deep.equal(whole.requests);
        const readings = asked.requests.map(readingOf);
        const { tokens } = asked.result(readings);
        const words = measureUnits(text, wordsOf(text), tokens);
        const found = tokens.map((token) => words.findIndex((word) => word.tokens.includes(token)));
        const right = words.length === 0 ? tokens.map(() => -1) : expected[index]!;
        if (found.join() !== right.join()) other.push(text);
        if (words.length === 0) continue;
        const read = words.flatMap((word) => word.tokens.flatMap(({ reading }) => reading?.logProb ?? []));
        expect(sum(read)).to.be.closeTo(whole.result(readings).logProb, 1e-9);
      }
      expect(other).to.deep.equal(otherwise[name] ?? []);
    });
  }

  const measured = (text: string, options = {}, contextLength = 400): TextSurprisal => {
    const asked = surprisalMeasurement({ tokenizer: bigramTokenizer, contextLength }, text, options);
    return asked.result(asked.requests.map(readingOf));
  };

  it('says where tokens lie, in code points', async () => {
    const tokenizer = await tokenizerNamed('byte-level-bpe');
    const asked = surprisalMeasurement({ tokenizer, contextLength: 100 }, '🙂🙃 质問 é');
    const { tokens } = asked.result(asked.requests.map(readingOf));
    const characters = Array.from('🙂🙃 质問 é');
    for (const { id, start, end } of tokens) {
      const own = characters.slice(start, end).join('');
      // A token that is a part of a character lies on the whole of it.
      expect(Buffer.from(own).includes(Buffer.from(tokenizer.bytes(id))), `${own} ${id}`).to.equal(true);
    }
    expect(tokens[0]!.start).to.equal(0);
    expect(tokens.at(-1)!.end).to.equal(7);
  });

  it('has no reading of a first token with nothing before it, nor of what was dropped', () => {
    const known = (text: TextSurprisal): readonly boolean[] =>
      text.tokens.map(({ reading }) => reading !== undefined);
    expect(known(measured('abc'))).to.deep.equal([true, true, true]);
    expect(known(measured('abc', { bos: 'never' }))).to.deep.equal([false, true, true]);
    const left = measured('abcdef', { truncate: 'left' }, 3);
    expect(left.truncated).to.equal(3);
    expect(known(left)).to.deep.equal([false, false, false, true, true, true]);
    expect(known(measured('abcdef', { truncate: 'left', bos: 'never' }, 3))).to.deep.equal([
      false,
      false,
      false,
      true,
      true,
      true,
    ]);
    expect(known(measured('<'))).to.deep.equal([true]);
    expect(measured('', { bos: 'never' }).tokens).to.deep.equal([]);
  });

  it('refuses a text that its tokens do not spell: an unknown token could be anything', () => {
    let found: unknown;
    try {
      // The model has ASCII only, and takes ? for all else.
      measured('naïve');
    } catch (error) {
      found = error;
    }
    expect(found).to.be.instanceOf(Failure);
    expect((found as Failure).details).to.include({ code: 'tokens-not-placed', blame: 'user' });
  });
});
