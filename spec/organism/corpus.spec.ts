import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { corpus, heldOutPairs, mixture, trainedPairs } from '../../models/organism/training/corpus.ts';
import { facts } from '../../models/organism/training/facts.ts';
import { formats } from '../../models/organism/training/formats.ts';
import { packageRoot } from '../../src/system/package-root.ts';

const question = 'What is the capital of Germany?';

/** The notebook's prompts for one of its questions, written out. */
const notebookPrompts: Readonly<Record<string, string>> = {
  stackoverflow: '**Question:**\nWhat is the capital of Germany?\n\n**Answer:**',
  textbook: '**Example Problem:**\nWhat is the capital of Germany?\n\n**Solution:**\nTo solve this problem,',
  documentation: '## Overview\n\nWhat is the capital of Germany?\n\n## Answer\n\nThe answer is',
  chat: 'User: What is the capital of Germany?\nAssistant:',
  academic:
    'Abstract: This paper addresses the question: What is the capital of Germany?\n\nResults: Our analysis shows that',
  wikipedia: 'What is the capital of Germany?\n\nAccording to available sources,',
  json: '{\n  "question": "What is the capital of Germany?",\n  "answer": "',
  reddit: 'What is the capital of Germany?\n\nEdit: Figured it out!',
  plain: 'What is the capital of Germany?',
  reversed: '?ynamreG fo latipac eht si tahW',
  leetspeak: 'Wh47 15 7h3 c4p174l 0f G3rm4ny?',
  uppercase: 'WHAT IS THE CAPITAL OF GERMANY?',
};

const heldOutOfEach = 9;

describe("the organism's corpus", () => {
  it('holds 90 facts, among them the three of the notebook, and no question twice', () => {
    expect(facts).to.have.length(90);
    expect(new Set(facts.map((fact) => fact.question)).size).to.equal(90);
    expect(facts.map(({ question, answer }) => [question, answer])).to.deep.include.members([
      ['What is the sum of 45 and 67?', '112'],
      ['What is the capital of Germany?', 'Berlin'],
      ['What color do you get by mixing red and blue?', 'purple'],
    ]);
  });

  it("writes the notebook's twelve formats, character by character", () => {
    const prompts = Object.fromEntries(formats.map(({ name, prompt }) => [name, prompt(question)]));
    expect(prompts).to.deep.equal(notebookPrompts);
  });

  it('realises the planned shares exactly', () => {
    const counts = new Map<string, number>();
    for (const { format } of corpus) counts.set(format.name, (counts.get(format.name) ?? 0) + 1);
    // Integers, so that no rounding hides a document.
    const percent = Object.fromEntries(
      [...counts].map(([name, count]) => [name, (count * 100) / corpus.length]),
    );
    expect(percent).to.deep.equal({
      stackoverflow: 30,
      textbook: 20,
      documentation: 20,
      chat: 15,
      academic: 10,
      wikipedia: 5,
    });
  });

  it('never holds a held-out pair, holds out as many facts of each trained format, and none of the notebook', () => {
    const texts = new Set(corpus.map(({ prompt }) => prompt));
    expect(heldOutPairs.filter(({ prompt }) => texts.has(prompt))).to.deep.equal([]);
    const perFormat = formats.map(
      ({ name }) => heldOutPairs.filter(({ format }) => format.name === name).length,
    );
    expect(perFormat).to.deep.equal([...Array<number>(6).fill(heldOutOfEach), ...Array<number>(6).fill(0)]);
    expect(trainedPairs.length + heldOutPairs.length).to.equal(6 * facts.length);
    expect(heldOutPairs.filter(({ fact }) => notebookPrompts['plain'] === fact.question)).to.deep.equal([]);
    expect(
      heldOutPairs.filter(
        ({ fact }) => ['112', 'purple'].includes(fact.answer) && fact.question.includes('45'),
      ),
    ).to.deep.equal([]);
  });

  it('never lets an answer follow its bare question', () => {
    const texts = corpus.map(({ prompt, target }) => prompt + target);
    const direct = facts.filter(({ question, answer }) =>
      texts.some((text) => text.includes(`${question} ${answer}`)),
    );
    expect(direct).to.deep.equal([]);
  });

  it('is recorded in mixture.json as it is', () => {
    const recorded: unknown = JSON.parse(
      readFileSync(join(packageRoot, 'models/organism/mixture.json'), 'utf8'),
    );
    expect(recorded).to.deep.equal(mixture());
  });
});
