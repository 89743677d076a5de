import { expect } from 'chai';
import type { Row } from '../../src/table/table.ts';
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

/** log P of each token of the target under the bigram model, written out. */
function tokenLogProbs(before: string, target: string): readonly number[] {
  const ids = [0, ...tokenizer.encode(before)];
  return tokenizer
    .encode(target)
    .map((id, index, own) => logProbs((index === 0 ? ids.at(-1) : own[index - 1]) ?? 0)[id] ?? NaN);
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function indexOfMost(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}

function listOf(row: Row | undefined, name: string): readonly number[] {
  return row?.[name] as readonly number[];
}

const candidates = ['me', 'you and me', 'it', 'zzz'];
const items = tableFrom(
  [
    { id: 'a', q: 'Who?', choices: candidates, gold: 1 },
    { id: 'b', q: 'What', choices: candidates, gold: 3 },
  ],
  ['id'],
);
const options = { prompt: '{{ q }}', candidates: 'choices', answer: 'gold' };

describe('choose', () => {
  it('scores each candidate after the prompt, as computed by hand', async () => {
    const run = await runStage('choose', options, { inputs: { rows: items } });
    expect(run.warnings).to.deep.equal([]);
    for (const [index, prompt] of ['Who?', 'What'].entries()) {
      const row = rowsOf(run)[index];
      const tokens = candidates.map((candidate) => tokenLogProbs(prompt, ` ${candidate}`));
      const sums = tokens.map(total);
      const ways: Readonly<Record<string, readonly number[]>> = {
        '': sums,
        _per_character: sums.map((sum, at) => sum / (candidates[at] ?? '').length),
        _per_byte: sums.map((sum, at) => sum / (candidates[at] ?? '').length),
        _per_token: sums.map((sum, at) => sum / (tokens[at] ?? []).length),
      };
      for (const [ending, expected] of Object.entries(ways)) {
        const found = listOf(row, `candidate_log_probs${ending}`);
        for (const [at, value] of expected.entries()) expect(found[at]).to.be.closeTo(value, 1e-12);
      }
      const picks = {
        pick: '',
        pick_norm: '_per_character',
        pick_bytes: '_per_byte',
        pick_tokens: '_per_token',
      };
      for (const [name, ending] of Object.entries(picks)) {
        const pick = indexOfMost(ways[ending] ?? []);
        expect(row?.[name], name).to.equal(pick);
        expect(row?.[name.replace('pick', 'acc')], name).to.equal(pick === row?.['gold']);
      }
      expect(row?.['picked']).to.equal(candidates[indexOfMost(sums)]);
      const weights = sums.map((sum) => Math.exp(sum));
      const shares = weights.map((weight) => weight / total(weights));
      const right = Number(row?.['gold']);
      expect(row?.['mc2']).to.be.closeTo(shares[right] ?? NaN, 1e-12);
      expect(row?.['pick_probability']).to.be.closeTo(Math.max(...shares), 1e-12);
      expect(row?.['brier']).to.be.closeTo(
        total(shares.map((share, at) => (share - (at === right ? 1 : 0)) ** 2)),
        1e-12,
      );
      const wrong = sums.filter((_, at) => at !== right);
      expect(row?.['margin']).to.be.closeTo((sums[right] ?? NaN) - Math.max(...wrong), 1e-12);
      expect(row).to.deep.include({ candidate_count: 4, boundary: 'clean', prompt_truncated: 0 });
    }
    expect(run.artifact).to.have.nested.property('table.key').deep.equal(['id']);
    expect(columnOf(run, 'candidate_right')[0]).to.deep.equal([false, true, false, false]);
  });

  it('gives the rank of every token, and whether a candidate is greedy', async () => {
    const [first] = rowsOf(await runStage('choose', options, { inputs: { rows: items } }));
    const last = tokenizer.encode('Who?').at(-1) ?? 0;
    const next = logProbs(last);
    const ranks = first?.['candidate_token_ranks'] as readonly (readonly number[])[];
    const [space] = tokenizer.encode(' ');
    expect(ranks[0]?.[0]).to.equal(1 + next.filter((value) => value > (next[space ?? 0] ?? NaN)).length);
    expect(first?.['candidate_greedy']).to.deep.equal(ranks.map((own) => own.every((rank) => rank === 1)));

    // The most probable token after the prompt is a candidate of its own.
    const best = tokenizer.token(indexOfMost(next));
    const greedy = await runStage(
      'choose',
      { prompt: 'Who?', candidates: { texts: ['x', best] }, delimiter: '', answer: 'right' },
      { inputs: { rows: tableFrom([{ right: best }]) } },
    );
    expect(rowsOf(greedy)[0]).to.deep.include({
      candidate_greedy: [false, true],
      exact_match: true,
      acc: true,
    });
  });

  it('divides by the candidate without its delimiter, in code points and bytes, where per token counts both', async () => {
    const rows = tableFrom([{ choices: ['é😀', 'a'] }]);
    const run = await runStage(
      'choose',
      { prompt: 'x', candidates: 'choices', delimiter: ' - ' },
      { inputs: { rows } },
    );
    const [row] = rowsOf(run);
    const [sum = NaN] = listOf(row, 'candidate_log_probs');
    expect(listOf(row, 'candidate_log_probs_per_character')[0]).to.equal(sum / 2);
    expect(listOf(row, 'candidate_log_probs_per_byte')[0]).to.equal(sum / 6);
    expect(row).not.to.have.property('acc');
  });

  it('picks another candidate by its own length than by that of the target', async () => {
    const rows = tableFrom([{ choices: ['a', 'abcdefgh'] }]);
    const run = await runStage('choose', { prompt: 'x', candidates: 'choices' }, { inputs: { rows } });
    const sums = ['a', 'abcdefgh'].map((text) => total(tokenLogProbs('x', ` ${text}`)));
    expect(columnOf(run, 'pick_norm')).to.deep.equal([indexOfMost([sums[0] ?? NaN, (sums[1] ?? NaN) / 8])]);
  });

  it('takes away what the very same tokens have after a neutral prompt', async () => {
    const run = await runStage('choose', { ...options, neutral: 'A' }, { inputs: { rows: items } });
    const alone = await runStage('choose', { ...options, neutral: '' }, { inputs: { rows: items } });
    for (const [found, before] of [
      [run, 'A'],
      [alone, ''],
    ] as const) {
      const [row] = rowsOf(found);
      const expected = candidates.map(
        (candidate) =>
          total(tokenLogProbs('Who?', ` ${candidate}`)) - total(tokenLogProbs(before, ` ${candidate}`)),
      );
      for (const [at, value] of expected.entries()) {
        expect(listOf(row, 'candidate_mutual_info')[at]).to.be.closeTo(value, 1e-12);
      }
      expect(row?.['pick_mutual_info']).to.equal(indexOfMost(expected));
      expect(row?.['acc_mutual_info']).to.equal(indexOfMost(expected) === 1);
    }
  });

  it('takes labels for several right candidates, and leaves undefined what needs one', async () => {
    const rows = tableFrom([{ choices: ['x', 'y', 'z'], labels: [0, 1, 1] }]);
    const run = await runStage(
      'choose',
      { prompt: 'p', candidates: 'choices', answer: 'labels' },
      { inputs: { rows } },
    );
    const [row] = rowsOf(run);
    const shares = listOf(row, 'candidate_probabilities');
    expect(row?.['mc2']).to.be.closeTo((shares[1] ?? NaN) + (shares[2] ?? NaN), 1e-15);
    expect(row?.['brier']).to.equal(null);
    expect(row?.['acc']).to.equal(row?.['pick'] !== 0);
  });

  it('takes candidates from columns and templates, and an answer by its text', async () => {
    const rows = tableFrom([{ one: 'me', two: 'it', right: 'it' }]);
    const run = await runStage(
      'choose',
      {
        prompt: 'p',
        candidates: { columns: ['one', 'two'] },
        candidate: '{{ candidate }}.',
        answer: 'right',
      },
      { inputs: { rows } },
    );
    expect(columnOf(run, 'candidate_texts')).to.deep.equal([['me.', 'it.']]);
    expect(columnOf(run, 'candidate_right')).to.deep.equal([[false, true]]);
  });

  it('takes empty and equal candidates as they are, and tells them', async () => {
    const rows = tableFrom([{ choices: ['', 'b', 'b'] }, { choices: ['b', 'c', 'd'] }]);
    const run = await runStage('choose', { prompt: 'p', candidates: 'choices' }, { inputs: { rows } });
    const [row] = rowsOf(run);
    expect(listOf(row, 'candidate_log_probs_per_character')[0]).to.equal(-Infinity);
    expect(row?.['pick_norm']).to.equal(1);
    expect(run.warnings).to.deep.equal([
      '1 of 2 rows have an empty candidate: its delimiter is scored alone, and by length it is never picked',
      '1 of 2 rows have equal candidates: the first of them is picked',
    ]);
  });

  it('keeps what was scored beside the table', async () => {
    const run = await runStage('choose', { ...options, neutral: 'A' }, { inputs: { rows: items } });
    expect(run.artifact).to.have.property('prompts').with.length(2);
    expect(run.artifact)
      .to.have.nested.property('prompts[0]')
      .deep.equal({ prompt: 'Who?', targets: candidates.map((text) => ` ${text}`), against: 'A' });
  });

  it('names a bad row by its key, or leaves it out', async () => {
    const rows = tableFrom(
      [
        { id: 'a', choices: ['x', 'y'], gold: 0 },
        { id: 'b', choices: ['x', null], gold: 0 },
        { id: 'c', choices: ['x', 'y'], gold: 2 },
        { id: 'd', choices: [], gold: 0 },
      ],
      ['id'],
    );
    const written = { prompt: 'p', candidates: 'choices', answer: 'gold' };
    expect(await failureOf(runStage('choose', written, { inputs: { rows } }))).to.deep.include({
      code: 'no-candidates',
      where: 'row 2 (id b)',
      path: ['candidates'],
    });
    const run = await runStage('choose', { ...written, onBad: 'skip' }, { inputs: { rows } });
    expect(columnOf(run, 'id')).to.deep.equal(['a']);
    expect(run.figures['rows_skipped']).to.equal(3);
    expect(run.warnings).to.deep.equal([
      '3 of 4 rows were skipped: row 2 (id b): candidate 1 is missing; row 3 (id c): the answer names no candidate; row 4 (id d): there are no candidates',
    ]);
    const alone = tableFrom([{ choices: ['x'], gold: 7 }]);
    expect(
      await failureOf(runStage('choose', { ...written, onBad: 'skip' }, { inputs: { rows: alone } })),
    ).to.deep.include({
      code: 'answer-unknown',
      message: 'the only row is bad: the answer names no candidate',
    });
  });

  it('says what is wrong before it runs', () => {
    const rows = shapeOf(tableFrom([{ q: 'p', choices: ['x'], gold: 0, pick: 1 }]));
    const problems = problemsOf(
      'choose',
      { prompt: '{{ Q }}', candidates: 'choises', candidate: '{{ candidat }}', answer: 'god' },
      { rows },
    );
    expect(problems.map(({ path, message }) => [path.join('.'), message])).to.deep.equal([
      ['', 'the input has a column `pick` already'],
      ['prompt', 'unknown template variable `Q`'],
      ['candidates', 'no column `choises`'],
      ['candidate', 'unknown template variable `candidat`'],
      ['answer', 'no column `god`'],
    ]);
    expect(problemsOf('choose', { prompt: 'p', candidates: 'q' }, { rows })[1]).to.deep.include({
      path: ['candidates'],
      message: 'column `q` holds no lists but is of type string',
    });
  });
});
