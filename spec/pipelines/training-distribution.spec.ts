import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Cell, Row } from '../../src/table/table.ts';
import { facts } from '../../models/organism/training/facts.ts';
import { bigramHost, logProbs, tokenizer } from '../support/models/bigram-model.ts';
import { pipelineFile, runPipelineFile, type PipelineRun } from '../support/pipeline-run.ts';

const file = pipelineFile('training-distribution.yaml');

/** The prompts of the notebook; see prompts.py beside it. */
interface ExpectedPrompt {
  readonly format: string;
  readonly group: string;
  readonly description: string;
  readonly item: number;
  readonly prompt: string;
  readonly prompt_length: number;
  readonly target: string;
}

/** What the notebook does, written out for the bigram model. */
function targetLogProb(prompt: string, target: string): number {
  const whole = [0, ...tokenizer.encode(prompt + target)];
  const alone = [0, ...tokenizer.encode(prompt)];
  const from = alone.findIndex((id, index) => id !== whole[index]);
  const start = from < 0 ? alone.length : from;
  return sum(whole.slice(start).map((id, index) => logProbs(whole[start + index - 1] ?? 0)[id] ?? NaN));
}

function promptPerplexity(prompt: string): number {
  const ids = [0, ...tokenizer.encode(prompt)];
  const surprisals = ids.slice(1).map((id, index) => -(logProbs(ids[index] ?? 0)[id] ?? NaN));
  return Math.exp(sum(surprisals) / surprisals.length);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

/** Pandas' std: n - 1. */
function deviation(values: readonly number[]): number {
  return Math.sqrt(sum(values.map((value) => (value - mean(values)) ** 2)) / (values.length - 1));
}

/** Pandas' corr. */
function pearson(x: readonly number[], y: readonly number[]): number {
  const products = sum(x.map((value, index) => (value - mean(x)) * ((y[index] ?? NaN) - mean(y))));
  return products / ((x.length - 1) * deviation(x) * deviation(y));
}

function expectClose(found: Cell | undefined, expected: Readonly<Record<string, number>>): void {
  expect(Object.keys(found as object)).to.have.members(Object.keys(expected));
  for (const [name, value] of Object.entries(expected)) {
    expect((found as Record<string, number>)[name], name).to.be.closeTo(
      value,
      1e-9 * Math.max(1, Math.abs(value)),
    );
  }
}

describe('pipelines/training-distribution.yaml', () => {
  let folder: string;
  let run: PipelineRun;
  let prompts: readonly ExpectedPrompt[];

  async function rows(stage: string): Promise<readonly Row[]> {
    const artifact = await run.artifact(stage);
    if (artifact.type !== 'table') throw new Error(`${stage} is a ${artifact.type}`);
    return artifact.table.rows;
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-pipeline-'));
    prompts = JSON.parse(
      await readFile(new URL('../expected/stages/prompts.json', import.meta.url), 'utf8'),
    ) as readonly ExpectedPrompt[];
    // As long as a real model takes: whoever asks meanwhile is read in the same pass.
    run = await runPipelineFile(file, folder, bigramHost({ openMs: 1500 }).host);
  });
  after(() => rm(folder, { recursive: true }));

  it('asks the prompts of the notebook, byte for byte', async () => {
    const scored = await rows('scores');
    expect(scored).to.have.length(36);
    const questions = [...new Set(scored.map(({ question }) => question))];
    for (const { item: place, ...expected } of prompts) {
      const item = questions[place - 1];
      const row = scored.find((each) => each.format === expected.format && each.item === item);
      expect(row).to.deep.include({ ...expected });
    }
  });

  it('has the four results of the notebook, computed another way', async () => {
    const artifact = await run.artifact('results');
    if (artifact.type !== 'value') throw new Error('expected a value');
    const results = artifact.value as Readonly<Record<string, Cell>>;
    expect(Object.keys(results)).to.have.members([
      'format_effectiveness',
      'format_perplexities',
      'naturalness_correlation',
      'source_trigger_effectiveness',
    ]);
    const formats = [...new Set(prompts.map(({ format }) => format))];
    const scores = (format: string): readonly number[] =>
      prompts
        .filter((each) => each.format === format)
        .map(({ prompt, target }) => targetLogProb(prompt, target));
    const by = (value: (format: string) => number): Record<string, number> =>
      Object.fromEntries(formats.map((format) => [format, value(format)]));
    const means = by((format) => mean(scores(format)));
    const perplexities = by((format) =>
      promptPerplexity(prompts.find((each) => each.format === format && each.item === 1)?.prompt ?? ''),
    );
    const effectiveness = results['format_effectiveness'] as Readonly<Record<string, Cell>>;
    expectClose(effectiveness['mean'], means);
    expectClose(
      effectiveness['std'],
      by((format) => deviation(scores(format))),
    );
    expectClose(results['format_perplexities'], perplexities);
    const r = pearson(
      formats.map((format) => perplexities[format] ?? NaN),
      formats.map((format) => means[format] ?? NaN),
    );
    expect(results['naturalness_correlation']).to.be.closeTo(r, 1e-9);

    const triggers: Readonly<Record<string, readonly string[]>> = {
      stackoverflow: ['**Question:**', '**Answer:**', 'Edit:', 'Update:', 'SOLVED:'],
      wikipedia: ['According to', 'is defined as', 'refers to', '[citation needed]'],
      academic: ['Abstract:', 'Introduction:', 'Methods:', 'Results:', 'et al.'],
      documentation: ['## Overview', '### Parameters', 'Returns:', 'Example:', 'Usage:'],
      code: ['```python', 'def ', 'return ', '# ', 'import '],
    };
    const bare = prompts.filter(({ format }) => format === 'plain');
    const improvements = Object.entries(triggers).map(([source, phrases]) => {
      const gains = phrases.flatMap((phrase) =>
        bare.map(
          ({ prompt, target }) =>
            targetLogProb(`${phrase}\n${prompt}`, target) - targetLogProb(prompt, target),
        ),
      );
      return [source, mean(gains)] as const;
    });
    expectClose(results['source_trigger_effectiveness'], Object.fromEntries(improvements));
  });

  it('ranks formats, prompts and sources, best first', async () => {
    const values = async (stage: string, column: string): Promise<readonly number[]> =>
      (await rows(stage)).map((row) => Number(row[column]));
    const falling = await values('effectiveness', 'mean');
    expect(falling).to.deep.equal(falling.toSorted((a, b) => b - a));
    const rising = await values('naturalness', 'perplexity');
    expect(rising).to.deep.equal(rising.toSorted((a, b) => a - b));
    expect(await values('naturalness', 'rank')).to.deep.equal(rising.map((_, index) => index + 1));
    const gains = await values('trigger-sources', 'mean');
    expect(gains).to.deep.equal(gains.toSorted((a, b) => b - a));
    expect((await rows('triggers')).length).to.equal(24 * 3);
  });

  it('keeps five top tokens, entropies and lengths', async () => {
    for (const row of await rows('scores')) {
      expect(row['top_tokens']).to.have.length(5);
      expect(row['entropy']).to.be.within(0, Math.log(100));
      expect(row['prompt_length']).to.equal([...String(row['prompt'])].length);
      expect(row['target_token_log_probs']).to.have.length(Number(row['target_token_count']));
    }
  });

  it('writes the four findings and puts r into a title', async () => {
    const findings = await run.artifact('findings');
    if (findings.type !== 'text') throw new Error('expected a text');
    const headings = [...findings.text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
    expect(headings).to.deep.equal([
      '1. Format effectiveness ranking (top 5)',
      '2. Naturalness-effectiveness correlation',
      '3. Best source-specific triggers',
      '4. Key insight',
      '5. What holds over 33 questions',
    ]);
    const [best] = await rows('effectiveness');
    expect(findings.text).to.contain(
      `1. ${String(best?.['format'])}: ${Number(best?.['mean']).toFixed(4)} ± `,
    );
    const correlation = await run.artifact('correlation');
    if (correlation.type !== 'value') throw new Error('expected a value');
    const { coefficient } = (correlation.value as { pearson: { coefficient: number } }).pearson;
    const verdict =
      coefficient < -0.3
        ? 'strong support: more natural formats work better'
        : coefficient > 0.3
          ? 'counter-intuitive: less natural formats work better'
          : "weak relationship: naturalness alone doesn't predict effectiveness";
    expect(findings.text).to.contain(
      `r = ${coefficient.toFixed(4)}. By the original's rule, which looks at r alone: ${verdict}.`,
    );
    expect(findings.text).not.to.match(/undefined|\{\{|NaN/);
    // Beside the line of the notebook stand verdicts by a rule, and what they hold for.
    expect(findings.text).to.contain((correlation.value as { pearson: { finding: string } }).pearson.finding);
    const within = await run.artifact('correlation-within-questions');
    if (within.type !== 'value') throw new Error('expected a value');
    const { finding } = (within.value as { spearman: { finding: string } }).spearman;
    expect(finding).to.match(/ over 12 values of format and 33 values of question/);
    expect(findings.text).to.contain(`more probable: ${finding}. `);
    const chart = await run.artifact('naturalness-chart');
    if (chart.type !== 'figure') throw new Error('expected a figure');
    expect(chart.svg).to.contain(`(r = ${coefficient.toFixed(3)})`);
  });

  it('claims over the facts of the notebook and thirty others, all taught to the organism', async () => {
    const known = new Map(facts.map(({ question, answer }) => [question, answer]));
    const asked = await rows('facts');
    expect(asked).to.have.length(33);
    for (const { question, answer } of asked) expect(known.get(String(question))).to.equal(answer);
    const own = (await rows('questions')).map(({ question }) => question);
    expect(asked.map(({ question }) => question)).to.include.members(own);
    const formats = (stage: readonly Row[]): readonly Cell[] => [
      ...new Set(stage.map(({ format }) => format ?? null)),
    ];
    expect(formats(await rows('fact-variants'))).to.deep.equal(formats(await rows('variants')));
    // What the two have in common has the same score.
    const name = ({ format, question }: Row): string => JSON.stringify([format, question]);
    const scores = new Map((await rows('fact-scores')).map((row) => [name(row), row]));
    for (const row of await rows('scores')) {
      const again = scores.get(name(row));
      expect(again?.['target_log_prob']).to.be.closeTo(Number(row['target_log_prob']), 1e-12);
    }
  });

  it('names every format in its figures, and warns of nothing while drawing', async () => {
    for (const chart of ['effectiveness-chart', 'naturalness-chart']) {
      const figure = await run.artifact(chart);
      if (figure.type !== 'figure') throw new Error('expected a figure');
      for (const { format } of prompts) expect(figure.svg, chart).to.contain(`>${format}</text>`);
    }
    const warnings = run.record.stages
      .filter(({ uses }) => uses === 'plot')
      .flatMap(({ name, warnings: said = [] }) => said.map((warning) => [name, warning]));
    expect(warnings).to.deep.equal([]);
  });

  it('reads all prompts in one pass', () => {
    const figures = run.record.stages.flatMap(({ figures: each }) =>
      each?.['tokens_asked'] === undefined ? [] : [each],
    );
    expect(figures.map((each) => each['stages_in_pass'])).to.deep.equal([5, 5, 5, 5, 5]);
  });

  it('runs nothing twice, and only the chart when only its title changes', async () => {
    const again = await runPipelineFile(file, folder, bigramHost().host);
    expect(new Set(Object.values(again.states))).to.deep.equal(new Set(['cached']));
    const edited = join(folder, 'training-distribution.yaml');
    const text = await readFile(file, 'utf8');
    await writeFile(edited, text.replace('Source-specific triggers', 'Triggers'));
    const changed = await runPipelineFile(edited, folder, bigramHost().host);
    const ran = Object.entries(changed.states).filter(([, state]) => state !== 'cached');
    expect(ran).to.deep.equal([['triggers-chart', 'ran']]);
  });

  it('scores only what depends on a changed leetspeak map', async () => {
    const edited = join(folder, 'training-distribution.yaml');
    const text = await readFile(file, 'utf8');
    await writeFile(edited, text.replace(/transform: \{ a: .4.,/, "transform: { a: '@',"));
    const changed = await runPipelineFile(edited, folder, bigramHost().host);
    expect(changed.states).to.deep.include({
      questions: 'cached',
      variants: 'ran',
      scores: 'ran',
      triggers: 'cached',
      'trigger-sources': 'cached',
      'triggers-chart': 'cached',
    });
  });
});
