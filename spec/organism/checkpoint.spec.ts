import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { evaluate, spearman, type Evaluation } from '../../models/organism/training/evaluate.ts';
import { configJson } from '../../models/organism/training/recipe.ts';
import { packageRoot } from '../../src/system/package-root.ts';
import { readConfig } from '../../src/model/checkpoint/config.ts';
import { openModel, score } from '../../src/model/index.ts';
import { onEachBackend } from '../support/models/backends.ts';

const folder = join(packageRoot, 'models/organism');
const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

interface Mixture {
  readonly formats: readonly { readonly format: string; readonly share: number }[];
}

/** log P(target | prompt) by transformers' AutoModelForCausalLM in float32 on this very folder (see the fixture). */
const reference = readJson(join(packageRoot, 'spec/fixtures/organism/reference.json')) as {
  readonly logProbs: readonly {
    readonly prompt: string;
    readonly target: string;
    readonly logProb: number;
  }[];
};

describe("the organism's checkpoint", () => {
  it('takes at most 6 MB', () => {
    const files = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
    const bytes = files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
    expect(bytes).to.be.lessThan(6e6);
  });

  it('has the config of its recipe, which loads', () => {
    expect(readJson(join(folder, 'config.json'))).to.deep.equal(configJson);
    const config = readConfig(folder);
    expect(config.num_attention_heads / config.num_key_value_heads).to.equal(2);
    expect(config.vocab_size).to.equal(768);
  });

  it('has a card whose table shows the figures of results.json', () => {
    const { formats } = readJson(join(folder, 'results.json')) as Pick<Evaluation, 'formats'>;
    const rows = readFileSync(join(folder, 'README.md'), 'utf8')
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .filter((cells) => cells.length === 7 && /^-\d/.test(cells[3] ?? ''))
      .map((cells) => cells.slice(1, -1));
    expect(rows).to.deep.equal(
      formats.map(({ format, share, notebook, all, heldOut }) => [
        format,
        `${(share * 100).toFixed(0)} %`,
        notebook.toFixed(3),
        all.toFixed(3),
        heldOut?.toFixed(3) ?? '-',
      ]),
    );
  });

  onEachBackend('asked', (backend) => {
    it('gives the log-probabilities that transformers gives', async () => {
      const model = await openModel(folder, { backend, threads: 1 });
      try {
        const scores = await score(model, reference.logProbs);
        const worst = Math.max(
          ...reference.logProbs.map(({ logProb }, i) => Math.abs(logProb - (scores[i]?.logProb ?? NaN))),
        );
        expect(reference.logProbs.length).to.equal(36);
        expect(worst).to.be.lessThan(2e-4);
      } finally {
        await model.dispose();
      }
    });

    it('tells which formats it was trained on, and how much', async () => {
      const model = await openModel(folder, { backend, threads: 1 });
      let found: Evaluation;
      try {
        found = await evaluate(model);
      } finally {
        await model.dispose();
      }
      // The truth is what mixture.json records, not what the evaluation thinks it is.
      const { formats } = readJson(join(folder, 'mixture.json')) as Mixture;
      const share = new Map(formats.map((format) => [format.format, format.share]));
      for (const measure of ['notebook', 'all'] as const) {
        const ranked = [...found.formats].sort((a, b) => b[measure] - a[measure]);
        const trained = ranked.map(({ format }) => (share.get(format) ?? 0) > 0);
        expect(trained, measure).to.deep.equal([
          ...Array<boolean>(6).fill(true),
          ...Array<boolean>(6).fill(false),
        ]);
        const correlation = spearman(
          ranked.map(({ format }) => share.get(format) ?? NaN),
          ranked.map((format) => format[measure]),
        );
        expect(correlation, measure).to.be.at.least(0.7);
      }
    });
  });
});
