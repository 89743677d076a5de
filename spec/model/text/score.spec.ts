import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { encodePair } from '../../../src/model/text/encode-pair.ts';
import {
  openModel,
  perplexity,
  score,
  type LanguageModel,
  type Tokenizer,
} from '../../../src/model/index.ts';
import { perplexityMeasurement as perplexityOf } from '../../../src/model/text/score.ts';
import { Failure } from '../../../src/system/failure.ts';
import { makeTokenizer } from '../../../src/model/text/tokenizer.ts';
import {
  copyModel,
  temporaryFolder,
  tinyTokenizer,
  tinyTokenizerConfig,
} from '../../support/models/tiny-model.ts';

describe('encode a pair', () => {
  let tokenizer: Tokenizer;
  let without: Tokenizer;
  before(async () => {
    tokenizer = await makeTokenizer(tinyTokenizer(), tinyTokenizerConfig);
    without = await makeTokenizer({ ...tinyTokenizer(), post_processor: null }, {});
  });
  const texts = (ids: readonly number[]): string[] => ids.map((id) => tokenizer.token(id));
  const split = (prompt: string, target: string, options: object = {}, context = 128) => {
    const pair = encodePair({ tokenizer, contextLength: context }, prompt, target, options);
    return [
      texts(pair.ids.slice(0, pair.from)).join(' '),
      texts(pair.ids.slice(pair.from)).join(' '),
      pair.join,
    ];
  };
  const failure = (run: () => unknown): Failure['details'] => {
    try {
      run();
    } catch (error) {
      if (error instanceof Failure) return error.details;
      throw error;
    }
    throw new Error('expected a failure');
  };

  it('splits at the longest prefix of tokens that the prompt has too', () => {
    expect(split('sum?', ' 12')).to.deep.equal(['<s> ▁ s u m ?', '▁ 12', 'clean']);
    // `: ` is one token: it spans the join, and the target is charged for it.
    expect(split('sum:', ' 12')).to.deep.equal(['<s> ▁ s u m', ':▁ 12', 'merged']);
    expect(split('sum 1', '2')).to.deep.equal(['<s> ▁ s u m ▁', '12', 'merged']);
  });

  it('splits as lm-eval does when asked to', () => {
    // The prompt is as it is alone; the space that `:▁` holds is read nowhere.
    expect(split('sum: ', '12', { boundary: 'lmeval' })).to.deep.equal(['<s> ▁ s u m :', '12', 'merged']);
    expect(split('sum?\n\n', '12', { boundary: 'lmeval' })).to.deep.equal([
      '<s> ▁ s u m ?',
      '\n \n 12',
      'clean',
    ]);
    expect(split('sum?\n\n', '12')).to.deep.equal(['<s> ▁ s u m ? \n \n', '12', 'clean']);
  });

  it('encodes each alone when asked to', () => {
    expect(split('sum:', ' 12', { boundary: 'separate' })).to.deep.equal([
      '<s> ▁ s u m :',
      '▁ ▁ 12',
      'clean',
    ]);
  });

  it('puts BOS in front as the policy says, never twice', () => {
    expect(split('', '12')).to.deep.equal(['<s>', '▁ 12', 'clean']);
    expect(split('a', '12', { bos: 'never' })).to.deep.equal(['▁ a', '12', 'clean']);
    expect(split('<s>a', '12')[0]).to.match(/^<s> ▁? ?a$/);
    expect(split('<s>a', '12', { bos: 'always' })[0]).to.match(/^<s> ▁? ?a$/);
    expect(encodePair({ tokenizer: without, contextLength: 9 }, 'a', 'b').bos).to.equal(false);
    expect(
      failure(() => encodePair({ tokenizer: without, contextLength: 9 }, 'a', 'b', { bos: 'always' })).code,
    ).to.equal('no-bos');
  });

  it('fails for a target without tokens, and for a target with nothing before it', () => {
    expect(failure(() => split('a', '')).code).to.equal('target-empty');
    expect(failure(() => split('', '12', { bos: 'never' }))).to.deep.include({
      code: 'no-context',
      blame: 'user',
    });
    expect(failure(() => split('sum 1', '2', { boundary: 'lmeval' })).code).to.equal('target-empty');
  });

  it('fails for texts longer than the context, unless truncation is allowed', () => {
    const details = failure(() => split('abcdef', 'xy', {}, 5));
    expect(details).to.deep.include({
      code: 'too-long',
      expected: 'at most 6 tokens: the context, and one that follows it',
    });
    expect(details.found).to.equal('10 tokens: 8 before the target, 2 in it');
    expect(split('abcdef', 'xy', { truncate: 'left' }, 5)).to.deep.equal(['<s> d e f', 'x y', 'clean']);
    expect(failure(() => split('a', 'uvwxyz', { truncate: 'left' }, 5)).code).to.equal('too-long');
  });

  it('drops BOS first where it cuts as lm-eval does', () => {
    expect(split('abcdef', 'xy', { truncate: 'lmeval' }, 5)).to.deep.equal(['c d e f', 'x y', 'clean']);
    const pair = encodePair({ tokenizer, contextLength: 5 }, 'abcdef', 'xy', { truncate: 'lmeval' });
    expect(pair).to.deep.include({ truncated: 4, bos: false });
    expect(texts(pair.promptIds).join(' ')).to.equal('c d e f');
    expect(split('ab', 'xy', { truncate: 'lmeval' }, 5)).to.deep.equal(['<s> ▁ a b', 'x y', 'clean']);
    expect(failure(() => split('a', 'tuvwxyz', { truncate: 'lmeval' }, 5)).code).to.equal('too-long');
  });

  it('counts the last token of a target out of the context: it is not fed', () => {
    expect(split('abcdef', 'xy', {}, 9)).to.deep.equal(['<s> ▁ a b c d e f', 'x y', 'clean']);
    expect(failure(() => split('abcdef', 'xy', {}, 8)).code).to.equal('too-long');
  });

  it('gives the tokens of the prompt alone beside those of the joint text, cut as these are', () => {
    const own = (prompt: string, target: string, options: object, contextLength: number): string =>
      texts(encodePair({ tokenizer, contextLength }, prompt, target, options).promptIds).join(' ');
    expect(own('sum:', ' 12', {}, 128)).to.equal('<s> ▁ s u m :');
    expect(own('sum:', ' 12', { bos: 'never' }, 128)).to.equal('▁ s u m :');
    expect(own('sum: ', '12', { boundary: 'lmeval' }, 128)).to.equal('<s> ▁ s u m :');
    expect(own('sum:', ' 12', { truncate: 'left' }, 5)).to.equal('<s> s u m :');
  });

  it('lets a target follow a BOS that it begins with itself', () => {
    const pair = encodePair({ tokenizer, contextLength: 128 }, '', '<s>a', { bos: 'always' });
    expect(pair).to.deep.include({ from: 1, bos: true, target: 'a' });
    expect(texts(pair.ids)).to.deep.equal(texts(encodePair({ tokenizer, contextLength: 9 }, '<s>', 'a').ids));
    expect(split('', '<s>a', { bos: 'never' })[0]).to.equal('<s>');
    expect(failure(() => split('', '<s>')).code).to.equal('target-empty');
  });

  it('refuses half of a surrogate pair, with its place', () => {
    expect(failure(() => split('🙂 a\ud83d b', 'x'))).to.deep.include({
      code: 'prompt-not-unicode',
      where: 'prompt, after "🙂 a"',
      found: 'U+D83D alone, as character 4',
    });
    expect(failure(() => split('a', '\ude42')).code).to.equal('target-not-unicode');
    expect(failure(() => perplexityOf({ tokenizer, contextLength: 9 }, '\ud83d')).code).to.equal(
      'text-not-unicode',
    );
  });
});

describe('score', () => {
  let model: LanguageModel;
  const { folder, remove } = temporaryFolder();
  before(async () => {
    model = await openModel(copyModel('llama-gqa-f32', folder), { backend: 'wasm', threads: 1 });
  });
  after(async () => {
    await model.dispose();
    remove();
  });

  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

  it('gives every measure of a target, from one pass', async () => {
    const [result] = await score(model, [{ prompt: 'What is ü?', target: ' 112é' }], { topTokens: 96 });
    const { tokens, logProb, top } = result!;
    expect(logProb).to.be.closeTo(sum(tokens.map((token) => token.logProb)), 1e-12);
    expect(result!.logProbPerToken).to.be.closeTo(logProb / tokens.length, 1e-12);
    expect(result!.logProbPerCharacter).to.be.closeTo(logProb / 5, 1e-12);
    expect(result!.logProbPerByte).to.be.closeTo(logProb / 6, 1e-12);
    expect(result!.bits).to.be.closeTo(-logProb / Math.log(2), 1e-12);
    // Shares of the vocabulary are float32, of which only the sums are float64.
    expect(sum(top.map((token) => Math.exp(token.logProb)))).to.be.closeTo(1, 1e-6);
    expect(result!.entropy).to.be.closeTo(-sum(top.map(({ logProb: l }) => l * Math.exp(l))), 1e-6);
    expect(result!.entropy).to.be.below(Math.log(96));
    expect(top[result!.rank - 1]!.id).to.equal(tokens[0]!.id);
    expect(top[result!.rank - 1]!.logProb).to.be.closeTo(tokens[0]!.logProb, 1e-12);
  });

  it('chains: log P(ab | c) = log P(a | c) + log P(b | ca) where the joins are clean', async () => {
    const [ab, a, b] = await score(model, [
      { prompt: 'What?', target: ' xyz' },
      { prompt: 'What?', target: ' x' },
      { prompt: 'What? x', target: 'yz' },
    ]);
    expect([ab!.join, a!.join, b!.join]).to.deep.equal(['clean', 'clean', 'clean']);
    expect(ab!.logProb).to.be.closeTo(a!.logProb + b!.logProb, 1e-5);
  });

  it('prompt perplexity is that of the prompt alone, also where the join merged', async () => {
    const prompts = ['the sum:', 'the sum?', 'a', ''];
    const scores = await score(
      model,
      prompts.map((prompt) => ({ prompt, target: ' 12' })),
    );
    const alone = await perplexity(model, prompts);
    expect(scores.map(({ join }) => join)).to.deep.equal(['merged', 'clean', 'clean', 'clean']);
    for (const [i, result] of scores.entries()) {
      expect(result.promptTokens, prompts[i]).to.equal(alone[i]!.tokenCount);
      if (prompts[i] === '') {
        expect(result.promptPerplexity).to.equal(Infinity);
        expect(alone[i]!.perplexity).to.equal(Infinity);
        expect(alone[i]!.logPerplexity).to.equal(Infinity);
        continue;
      }
      expect(result.promptLogPerplexity).to.be.closeTo(alone[i]!.logPerplexity, 1e-5);
      const { tokens, logPerplexity } = alone[i]!;
      expect(logPerplexity).to.be.closeTo(-sum(tokens.map((token) => token.logProb)) / tokens.length, 1e-12);
      expect(tokens).to.have.length(alone[i]!.tokenCount);
    }
  });

  it('reads rank, entropy and top tokens after the prompt, whatever the target, also where the join merged', async () => {
    for (const boundary of ['join', 'lmeval', 'separate'] as const) {
      const scores = await score(
        model,
        ['12', ' 12', ' x', '?'].map((target) => ({ prompt: 'the sum:', target })),
        { topTokens: 96, boundary },
      );
      if (boundary === 'join') {
        expect(scores.map(({ join }) => join)).to.deep.equal(['clean', 'merged', 'merged', 'clean']);
      }
      for (const { entropy, top, rank, tokens } of scores) {
        expect(entropy).to.equal(scores[0]!.entropy);
        expect(top).to.deep.equal(scores[0]!.top);
        expect(top[rank - 1]!.id).to.equal(tokens[0]!.id);
      }
    }
  });

  it('scores a text of one token more than the context', async () => {
    const text = 'x'.repeat(127);
    const [whole] = await perplexity(model, [text]);
    expect(whole).to.deep.include({ tokenCount: 128, truncated: 0 });
    expect(whole!.tokens).to.have.length(128);
    const [cut] = await perplexity(model, [`${text}x`], { truncate: 'left' });
    expect(cut).to.deep.include({ tokenCount: 128, truncated: 1 });
    const [last] = await score(model, [{ prompt: 'x'.repeat(126), target: 'x' }]);
    expect(last!.logProb).to.be.closeTo(whole!.tokens.at(-1)!.logProb, 1e-9);
  });

  it('with no BOS the first token is not scored, and one token alone has no perplexity', async () => {
    const [one, two] = await perplexity(model, ['', 'x'], { bos: 'never' });
    expect(one!.perplexity).to.equal(Infinity);
    expect(two!.tokenCount).to.equal(2);
    expect(two!.tokens).to.have.length(1);
    expect(two!.perplexity).to.be.closeTo(Math.exp(-two!.tokens[0]!.logProb), 1e-9);
  });

  it('refuses requests that cannot be read, and names them', async () => {
    const wrong = [
      [{ ids: [], from: 1 }, 'request-empty'],
      [{ ids: [96], from: 1 }, 'request-token'],
      [{ ids: [1.5], from: 1 }, 'request-token'],
      [{ ids: [1, 2], from: 0 }, 'request-from'],
      [{ ids: [1, 2], from: 1, distributionAt: 2 }, 'request-distribution'],
      [{ ids: [1, 2], from: 1, topTokens: -1 }, 'request-top'],
      [{ ids: Array.from({ length: 130 }, () => 1), from: 1 }, 'request-too-long'],
    ] as const;
    for (const [request, code] of wrong) {
      const failure: unknown = await model
        .read([{ ids: [1], from: 1 }, request])
        .catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(Failure);
      expect((failure as Failure).details).to.deep.include({ code, where: 'reading 2 of 2' });
    }
  });

  it('reads nothing when nothing is asked', async () => {
    expect(await model.read([])).to.deep.equal({ readings: [], tokensAsked: 0, prefixesComputed: 0 });
  });

  it('refuses logits that are not finite', async () => {
    const path = copyModel('llama-gqa-f32', join(folder, 'nan'));
    const { SafetensorsFile } = await import('../../../src/model/checkpoint/safetensors.ts');
    const { readFileSync } = await import('node:fs');
    const file = join(path, 'model.safetensors');
    const opened = new SafetensorsFile(file);
    const { begin } = opened.tensors.get('model.norm.weight')!;
    opened.close();
    const bytes = readFileSync(file);
    bytes.writeFloatLE(NaN, begin);
    writeFileSync(file, bytes);
    const broken = await openModel(path, { backend: 'wasm', threads: 1 });
    const failure: unknown = await score(broken, [{ prompt: 'a', target: 'b' }]).catch(
      (error: unknown) => error,
    );
    await broken.dispose();
    expect((failure as Failure).details.code).to.equal('not-finite');
  });
});
