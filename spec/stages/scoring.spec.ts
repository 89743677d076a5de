import { expect } from 'chai';
import type { Cell, Row } from '../../src/table/table.ts';
import { logProbs, tokenizer } from '../support/models/bigram-model.ts';
import {
  columnOf,
  failureOf,
  problemsOf,
  rowsOf,
  runStage,
  shapeOf,
  tableFrom,
} from '../support/stage-rig.ts';

/** log P of each token of ids[from..] under the bigram model, written out. */
function tokenLogProbs(ids: readonly number[], from: number): readonly number[] {
  return ids.slice(from).map((id, index) => logProbs(ids[from + index - 1] ?? 0)[id] ?? NaN);
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function textOf(cell: Cell | undefined): string {
  if (typeof cell !== 'string') throw new Error(`expected a text, was ${JSON.stringify(cell)}`);
  return cell;
}

function expectCell(row: Row | undefined, name: string, value: number): void {
  expect(row?.[name], name).to.be.closeTo(value, 1e-12);
}

describe('score', () => {
  it('gives every reading of a target after a prompt, as computed by hand', async () => {
    const rows = tableFrom([{ question: 'Who?', prompt: 'Who? A:', answer: 'me' }]);
    const run = await runStage('score', { target: ' {{ answer }}', topTokens: 2 }, { inputs: { rows } });
    const [row] = rowsOf(run);
    const prompt = [0, ...tokenizer.encode('Who? A')];
    // `: ` is one token, so the join merges: the target begins after `A`.
    const ids = [0, ...tokenizer.encode('Who? A: me')];
    const target = tokenLogProbs(ids, prompt.length);
    expect(target).to.have.length(3);
    expectCell(row, 'target_log_prob', total(target));
    expectCell(row, 'target_log_prob_per_token', total(target) / 3);
    expectCell(row, 'target_log_prob_per_character', total(target) / 3);
    expectCell(row, 'target_log_prob_per_byte', total(target) / 3);
    expectCell(row, 'target_bits', -total(target) / Math.LN2);
    expect(row).to.deep.include({
      question: 'Who?',
      target: ' me',
      target_token_count: 3,
      target_tokens: [': ', 'm', 'e'],
      target_token_ids: tokenizer.encode(': me'),
      target_token_log_probs: target,
      boundary: 'merged',
      prompt_token_count: 7,
      prompt_truncated: 0,
    });
    // Entropy, top tokens and rank are those after the prompt's own last token, `:`.
    const alone = [0, ...tokenizer.encode('Who? A:')];
    const next = logProbs(alone.at(-1) ?? 0);
    expectCell(row, 'entropy', -total(next.map((value) => Math.exp(value) * value)));
    const best = [...next.entries()].sort(([, a], [, b]) => b - a).slice(0, 2);
    expect(row?.['top_tokens']).to.deep.equal(
      best.map(([id, log_prob]) => ({ id, token: tokenizer.token(id), log_prob })),
    );
    const spanning = next[tokenizer.encode(': ')[0] ?? 0] ?? NaN;
    expect(row?.['target_rank']).to.equal(1 + next.filter((value) => value > spanning).length);
    expectCell(row, 'prompt_log_perplexity', -total(tokenLogProbs(alone, 1)) / 7);
    expectCell(row, 'prompt_perplexity', Math.exp(-total(tokenLogProbs(alone, 1)) / 7));
    expect(run.warnings).to.deep.equal([
      "in 1 of 1 rows a token spans prompt and target: the score carries the prompt's end too",
    ]);
  });

  it('keeps key and columns of its input, and renders prompts of its own', async () => {
    const rows = tableFrom(
      [
        { id: 'a', q: 'x' },
        { id: 'b', q: 'y' },
      ],
      ['id'],
    );
    const run = await runStage('score', { prompt: 'Q {{ q }}\n', target: 'z' }, { inputs: { rows } });
    expect(columnOf(run, 'id')).to.deep.equal(['a', 'b']);
    expect(columnOf(run, 'prompt_token_count')).to.deep.equal([4, 4]);
    expect(run.artifact).to.have.nested.property('table.key').deep.equal(['id']);
  });

  it('scores one by one what it scores together', async () => {
    const prompts = ['one', 'one two', 'one two\n', 'Be', 'x: '];
    const all = await runStage(
      'score',
      { target: ' Berlin' },
      { inputs: { rows: tableFrom(prompts.map((prompt) => ({ prompt }))) } },
    );
    for (const [index, prompt] of prompts.entries()) {
      const alone = await runStage(
        'score',
        { target: ' Berlin' },
        { inputs: { rows: tableFrom([{ prompt }]) } },
      );
      expect(rowsOf(alone)[0]).to.deep.equal(rowsOf(all)[index]);
    }
  });

  it('fails at the option that makes a text unusable', async () => {
    const rows = tableFrom([
      { prompt: 'fine', answer: '' },
      { prompt: 'x'.repeat(500), answer: 'y' },
    ]);
    const long = tableFrom([{ prompt: 'x'.repeat(500) }]);
    expect(
      await failureOf(runStage('score', { target: '{{ answer }}' }, { inputs: { rows } })),
    ).to.deep.include({ code: 'target-empty', path: ['target'] });
    expect(await failureOf(runStage('score', { target: 'a' }, { inputs: { rows: long } }))).to.deep.include({
      code: 'too-long',
      path: ['prompt'],
    });
    const cut = await runStage(
      'score',
      { target: ' ', allow: ['blank'], truncate: 'left' },
      { inputs: { rows: long } },
    );
    expect(columnOf(cut, 'prompt_truncated')).to.deep.equal([101]);
    expect(cut.warnings).to.deep.equal([
      "1 of 1 prompts were cut to the model's context: 101 tokens dropped",
    ]);
    const half = tableFrom([{ prompt: 'a\ud83d' }]);
    expect(await failureOf(runStage('score', { target: 'a' }, { inputs: { rows: half } }))).to.deep.include({
      code: 'prompt-not-unicode',
      path: ['prompt'],
    });
    const missing = await failureOf(
      runStage('score', { model: 'missing', target: 'a' }, { inputs: { rows: long } }),
    );
    expect(missing).to.deep.include({ code: 'model-not-found', blame: 'user', path: ['model'] });
  });

  it('refuses a blank or missing answer by the key of its row, takes it where that is allowed, or leaves it out', async () => {
    const rows = tableFrom(
      [
        { id: 1, prompt: 'p', answer: 'x' },
        { id: 2, prompt: 'p', answer: ' ' },
        { id: 3, prompt: 'p', answer: null },
      ],
      ['id'],
    );
    const target = ' {{ answer }}';
    expect(await failureOf(runStage('score', { target }, { inputs: { rows } }))).to.deep.include({
      code: 'target-blank',
      where: 'row 2 (id 2)',
      path: ['target'],
    });
    expect(
      await failureOf(runStage('score', { target, allow: ['blank'] }, { inputs: { rows } })),
    ).to.deep.include({ code: 'template-failed', where: 'row 3 (id 3)', path: ['target'] });
    const run = await runStage('score', { target, onBad: 'skip' }, { inputs: { rows } });
    expect(columnOf(run, 'id')).to.deep.equal([1]);
    expect(run.figures['rows_skipped']).to.equal(2);
    expect(run.warnings).to.have.length(1);
    expect(run.warnings[0]).to.match(
      /^2 of 3 rows were skipped: row 2 \(id 2\): the target is blank.*row 3 \(id 3\): /,
    );
    expect(run.artifact)
      .to.have.property('prompts')
      .deep.equal([{ prompt: 'p', targets: [' x'] }]);
  });

  it('warns once of targets that begin without a space, but not where none is meant', async () => {
    const meant = ['', 'x\n', 'x "', "x '", 'x [', '[/INST]', '<|assistant|>', '答え：'];
    const rows = tableFrom(['x', 'x:', '**x:**', ...meant].map((prompt) => ({ prompt })));
    const warned = async (target: string): Promise<readonly string[]> =>
      (await runStage('score', { target }, { inputs: { rows } })).warnings;
    expect(await warned('y')).to.deep.equal([
      '4 of 11 targets begin without a space where the prompt does not end in one: write `" {{ answer }}"` if a space is meant',
    ]);
    expect(await warned('.')).to.deep.equal([]);
    expect(await warned('京')).to.deep.equal([]);
  });

  it('says what is wrong before it runs', () => {
    const rows = shapeOf(tableFrom([{ prompt: 'p', answer: 'a', entropy: 1 }]));
    const problems = problemsOf('score', { prompt: '{{ promt }}', target: ' {{ anser }}' }, { rows });
    expect(problems.map(({ path, message }) => [path.join('.'), message])).to.deep.equal([
      ['', 'the input has a column `entropy` already'],
      ['prompt', 'unknown template variable `promt`'],
      ['target', 'unknown template variable `anser`'],
    ]);
  });
});

describe('perplexity', () => {
  it('is exp of the mean surprisal of all tokens after BOS', async () => {
    const run = await runStage('perplexity', {}, { inputs: { rows: tableFrom([{ prompt: 'abc: d' }]) } });
    const ids = [0, ...tokenizer.encode('abc: d')];
    const mean = -total(tokenLogProbs(ids, 1)) / 5;
    expectCell(rowsOf(run)[0], 'log_perplexity', mean);
    expectCell(rowsOf(run)[0], 'perplexity', Math.exp(mean));
    expect(columnOf(run, 'token_count')).to.deep.equal([5]);
    expectCell(rowsOf(run)[0], 'text_log_prob', -mean * 5);
    expect(rowsOf(run)[0]).to.deep.include({ predicted_token_count: 5, text_bos: true, text_truncated: 0 });
    const bare = await runStage(
      'perplexity',
      { bos: 'never' },
      { inputs: { rows: tableFrom([{ prompt: 'abc: d' }]) } },
    );
    expect(rowsOf(bare)[0]).to.deep.include({ token_count: 5, predicted_token_count: 4, text_bos: false });
  });

  it('tells how many texts were cut, and what each lost', async () => {
    const rows = tableFrom([{ prompt: 'abc' }, { prompt: 'x'.repeat(500) }]);
    const run = await runStage('perplexity', { truncate: 'left' }, { inputs: { rows } });
    expect(columnOf(run, 'text_truncated')).to.deep.equal([0, 100]);
    expect(columnOf(run, 'predicted_token_count')).to.deep.equal([3, 400]);
    expect(run.warnings).to.deep.equal(["1 of 2 texts were cut to the model's context: 100 tokens dropped"]);
  });

  it('is infinite for a text of fewer than two tokens, and ranks it last', async () => {
    const rows = tableFrom(['a', '', 'bcd'].map((prompt) => ({ prompt })));
    const run = await runStage('perplexity', { order: 'perplexity' }, { inputs: { rows } });
    expect(columnOf(run, 'perplexity').at(-1)).to.equal(Infinity);
    expect(columnOf(run, 'prompt').at(-1)).to.equal('');
    expect(columnOf(run, 'rank')).to.deep.equal([1, 2, 3]);
    expect(run.warnings).to.deep.equal(['1 of 3 texts have fewer than two tokens: infinite perplexity']);
    const bare = await runStage(
      'perplexity',
      { bos: 'never' },
      { inputs: { rows: tableFrom([{ prompt: 'a' }]) } },
    );
    expect(columnOf(bare, 'perplexity')).to.deep.equal([Infinity]);
  });

  it('equals the prompt perplexity that score gives', async () => {
    const rows = tableFrom(['x', 'one two', 'a\n\nb: c', 'Be'].map((prompt) => ({ prompt })));
    const [perplexities, scores] = [
      await runStage('perplexity', {}, { inputs: { rows } }),
      await runStage('score', { target: ' y' }, { inputs: { rows } }),
    ];
    expect(columnOf(perplexities, 'perplexity')).to.deep.equal(columnOf(scores, 'prompt_perplexity'));
    expect(columnOf(perplexities, 'token_count')).to.deep.equal(columnOf(scores, 'prompt_token_count'));
  });

  it('keeps each text beside its row, in the order of the table, and leaves bad rows out', async () => {
    const rows = tableFrom([{ prompt: 'zzz' }, { prompt: 'x'.repeat(500) }, { prompt: 'Be: Be' }]);
    const run = await runStage('perplexity', { order: '-perplexity', onBad: 'skip' }, { inputs: { rows } });
    expect(run.artifact)
      .to.have.property('prompts')
      .deep.equal(columnOf(run, 'prompt').map((prompt) => ({ prompt, targets: [] })));
    expect(columnOf(run, 'prompt')).to.have.members(['zzz', 'Be: Be']);
    expect(run.warnings).to.deep.equal([
      "1 of 3 rows were skipped: row 2: the text is longer than the model's context",
    ]);
  });

  it('says what is wrong before it runs', () => {
    const rows = shapeOf(tableFrom([{ text: 'p' }]));
    const problems = problemsOf('perplexity', { order: 'perplexty' }, { rows });
    expect(problems.map(({ path, found }) => [path.join('.'), found])).to.deep.equal([
      ['text', 'prompt'],
      ['order', 'perplexty'],
    ]);
  });
});

describe('ablate', () => {
  const items = [
    { question: 'Who?', answer: 'me' },
    { question: 'What?', answer: 'it' },
  ];
  const options = { items, target: ' {{ answer }}', triggers: { wiki: ['refers to', 'is'], code: ['def '] } };

  it('gives a row per trigger and item with what the trigger adds, as computed by hand', async () => {
    const run = await runStage('ablate', options);
    expect(rowsOf(run).map((row) => [row['source'], row['trigger'], row['item']])).to.deep.equal([
      ['wiki', 'refers to', 1],
      ['wiki', 'refers to', 2],
      ['wiki', 'is', 1],
      ['wiki', 'is', 2],
      ['code', 'def ', 1],
      ['code', 'def ', 2],
    ]);
    for (const row of rowsOf(run)) {
      const [question, answer] = [textOf(row['question']), textOf(row['answer'])];
      expect(row['prompt']).to.equal(`${textOf(row['trigger'])}\n${question}`);
      const scored = (prompt: string): number => {
        const start = [0, ...tokenizer.encode(prompt)];
        return total(tokenLogProbs([0, ...tokenizer.encode(`${prompt} ${answer}`)], start.length));
      };
      expectCell(row, 'log_prob', scored(textOf(row['prompt'])));
      expectCell(row, 'baseline_log_prob', scored(question));
      expectCell(row, 'improvement', scored(textOf(row['prompt'])) - scored(question));
    }
  });

  it('takes templates of its own', async () => {
    const run = await runStage('ablate', {
      ...options,
      template: '{{ question }} ({{ source }}: {{ trigger }})',
      baseline: 'Q {{ item }}',
    });
    expect(columnOf(run, 'prompt')[0]).to.equal('Who? (wiki: refers to)');
  });

  it('says what is wrong before it runs', () => {
    const problems = problemsOf('ablate', {
      ...options,
      template: '{{ triger }}',
      baseline: '{{ trigger }}',
      target: '{{ answers }}',
    });
    expect(problems.map(({ path, found }) => [path.join('.'), found])).to.deep.equal([
      ['template', 'triger'],
      ['baseline', 'trigger'],
      ['target', 'answers'],
    ]);
    expect(
      problemsOf('ablate', {
        ...options,
        items: [{ trigger: 'x' }],
        template: 'x',
        baseline: 'x',
        target: 'x',
      })[0]?.message,
    ).to.equal('items cannot have a field `trigger`: it is a column of the result');
  });
});
