import { expect } from 'chai';
import type { Cell, Row } from '../../src/table/table.ts';
import { logProbs, tokenizer } from '../support/models/bigram-model.ts';
import { columnOf, failureOf, problemsOf, rowsOf, runStage } from '../support/stage-rig.ts';

const items = [
  { question: 'Who is it?', answer: 'me' },
  { question: 'What is it not?', answer: 'it' },
];
const options = { items, target: ' {{ answer }}', triggers: { wiki: ['refers to', 'is'], code: ['def '] } };

/** log P of a target after a prompt under the bigram model, written out. */
function scored(prompt: string, answer: Cell | undefined): number {
  const before = [0, ...tokenizer.encode(prompt)];
  const ids = [0, ...tokenizer.encode(`${prompt} ${String(answer)}`)];
  return ids
    .slice(before.length)
    .reduce((sum, id, index) => sum + logProbs(ids[before.length + index - 1] ?? 0)[id]!, 0);
}

function expectEffect(row: Row, prompt: string, without: string): void {
  expect(row['prompt']).to.equal(prompt);
  expect(row['log_prob']).to.be.closeTo(scored(prompt, row['answer']), 1e-12);
  expect(row['baseline_log_prob']).to.be.closeTo(scored(without, row['answer']), 1e-12);
  const effect = scored(prompt, row['answer']) - scored(without, row['answer']);
  expect(row['improvement']).to.be.closeTo(effect, 1e-12);
}

const listIn = (row: Row, name: string): readonly number[] => row[name] as readonly number[];

describe('ablate', () => {
  it('puts phrases before, after and into the message of the system', async () => {
    const run = await runStage('ablate', { ...options, positions: ['before', 'after', 'system'] });
    const rows = rowsOf(run);
    expect(rows).to.have.length(3 * 3 * 2);
    if (run.artifact.type !== 'table') throw new Error('expected a table');
    expect(run.artifact.table.key).to.deep.equal(['position', 'source', 'trigger', 'item']);
    for (const row of rows) {
      const [phrase, question] = [String(row['trigger']), String(row['question'])];
      if (row['position'] === 'before') expectEffect(row, `${phrase}\n${question}`, question);
      if (row['position'] === 'after') expectEffect(row, `${question}\n${phrase}`, question);
      if (row['position'] === 'system') {
        const bare = `<user> ${question}\n<assistant>`;
        expectEffect(row, `<system> ${phrase}\n${bare}`, bare);
      }
    }
  });

  it('takes phrases out, where the prompt has them', async () => {
    const triggers = { words: ['is', ' not'] };
    const run = await runStage('ablate', { items, target: options.target, do: 'remove', triggers });
    const rows = rowsOf(run);
    expect(rows.map(({ trigger, item }) => [trigger, item])).to.deep.equal([
      ['is', 1],
      ['is', 2],
      [' not', 2],
    ]);
    expectEffect(rows[0]!, 'Who is it?', 'Who  it?');
    expectEffect(rows[2]!, 'What is it not?', 'What is it?');
    const failure = await failureOf(
      runStage('ablate', {
        items,
        target: options.target,
        do: 'remove',
        triggers: { words: ['is', 'nowhere'] },
      }),
    );
    expect(failure).to.deep.include({ code: 'trigger-not-there', path: ['triggers', 'words', 1] });
  });

  it('leaves one phrase out of those of its source', async () => {
    const run = await runStage('ablate', { ...options, do: 'leave-one-out', separator: '; ' });
    const [first, , second, , alone] = rowsOf(run);
    expectEffect(first!, 'refers to; is\nWho is it?', 'is\nWho is it?');
    expectEffect(second!, 'refers to; is\nWho is it?', 'refers to\nWho is it?');
    expectEffect(alone!, 'def \nWho is it?', 'Who is it?');
  });

  it('measures random texts of as many tokens in the same place, the same for every item', async () => {
    const text = 'abcdefghijklmnopqrstuvwxyz';
    const run = await runStage('ablate', {
      ...options,
      positions: ['after'],
      controls: { random: 10, shuffled: 4, seed: 7, text },
    });
    for (const row of rowsOf(run)) {
      const [phrase, question] = [String(row['trigger']), String(row['question'])];
      const length = tokenizer.encode(phrase).length;
      expect(row['trigger_token_count']).to.equal(length);
      // Every span of that length in the text: what a control did is what one of these does.
      const possible = Array.from(
        { length: 26 - length + 1 },
        (_, start) =>
          scored(`${question}\n${text.slice(start, start + length)}`, row['answer']) -
          scored(question, row['answer']),
      );
      expect(listIn(row, 'control_improvements')).to.have.length(10);
      for (const effect of listIn(row, 'control_improvements')) {
        expect(Math.min(...possible.map((each) => Math.abs(each - effect)))).to.be.lessThan(1e-12);
      }
      expect(listIn(row, 'shuffled_improvements')).to.have.length(4);
    }
    // Phrases of one source of one length see the same texts; the same seed makes the same.
    const again = await runStage('ablate', {
      ...options,
      positions: ['after'],
      controls: { random: 10, shuffled: 4, seed: 7, text },
    });
    expect(columnOf(again, 'control_improvements')).to.deep.equal(columnOf(run, 'control_improvements'));
  });

  it('says where there are fewer random texts than were asked for', async () => {
    const run = await runStage('ablate', {
      ...options,
      triggers: { code: ['x'] },
      controls: { random: 50, text: 'abc' },
    });
    expect(run.warnings.join()).to.match(/only 3 of 50 random texts of 1 token were found/);
    expect(listIn(rowsOf(run)[0]!, 'control_improvements')).to.have.length(3);
  });

  it('takes random spans out of the prompt as controls of what is taken out', async () => {
    const run = await runStage('ablate', {
      items,
      target: options.target,
      do: 'remove',
      triggers: { words: [' not'] },
      controls: { random: 12 },
    });
    const [row] = rowsOf(run);
    const question = 'What is it not?';
    const possible = Array.from(
      { length: question.length - 3 },
      (_, start) =>
        scored(question, 'it') - scored(question.slice(0, start) + question.slice(start + 4), 'it'),
    );
    for (const effect of listIn(row!, 'control_improvements')) {
      expect(Math.min(...possible.map((each) => Math.abs(each - effect)))).to.be.lessThan(1e-12);
    }
  });

  it('says what does not go together', () => {
    const messages = (more: object): readonly string[] =>
      problemsOf('ablate', JSON.parse(JSON.stringify({ ...options, ...more })) as never).map(
        ({ message }) => message,
      );
    expect(messages({ do: 'remove', positions: ['after'] })).to.deep.equal([
      'a phrase that is taken out stands where `baseline` has it',
    ]);
    expect(messages({ do: 'remove', controls: { shuffled: 3 } })).to.deep.equal([
      'nothing is put where a phrase is taken out',
    ]);
    expect(messages({ triggers: { one: ['a'] }, controls: { shuffled: 3 } })).to.deep.equal([
      'there are no other sources whose phrases could be shuffled',
    ]);
  });
});
