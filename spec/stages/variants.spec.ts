import { expect } from 'chai';
import type { Row } from '../../src/table/table.ts';
import {
  columnOf,
  failureOf,
  problemsOf,
  rowsOf,
  runStage,
  shapeOf,
  tableFrom,
} from '../support/stage-rig.ts';

const germany = { question: 'What is the capital of Germany?', answer: 'Berlin' };

describe('variants', () => {
  it('makes the prompts of the experiment, as written by hand', async () => {
    const templates: Record<string, { template?: string; transform?: string; [other: string]: unknown }> = {
      stackoverflow: { template: '**Question:**\n{{ question }}\n\n**Answer:**' },
      json: { template: '{\n  "question": "{{ question }}",\n  "answer": "' },
      documentation: { template: '## Overview\n\n{{ question }}\n\n## Answer\n\nThe answer is' },
      plain: {},
      reversed: { transform: 'reverse' },
      leetspeak: { transform: 'leetspeak' },
      uppercase: { transform: 'uppercase' },
    };
    const run = await runStage('variants', { items: [germany], formats: templates as never });
    expect(Object.fromEntries(rowsOf(run).map((row) => [row['format'], row['prompt']]))).to.deep.equal({
      stackoverflow: '**Question:**\nWhat is the capital of Germany?\n\n**Answer:**',
      json: '{\n  "question": "What is the capital of Germany?",\n  "answer": "',
      documentation: '## Overview\n\nWhat is the capital of Germany?\n\n## Answer\n\nThe answer is',
      plain: 'What is the capital of Germany?',
      reversed: '?ynamreG fo latipac eht si tahW',
      leetspeak: 'Wh47 15 7h3 c4p174l 0f G3rm4ny?',
      uppercase: 'WHAT IS THE CAPITAL OF GERMANY?',
    });
  });

  it('names items by the key that their table declares, by `id`, or by their place', async () => {
    const rows = [
      { id: 7, topic: 'a', language: 'en', question: 'x' },
      { id: 8, topic: 'a, b', language: 'es', question: 'y' },
    ];
    const named = async (items: readonly Row[], key: readonly string[]) => {
      const run = await runStage(
        'variants',
        { formats: { plain: {} } },
        { inputs: { items: tableFrom(items, key) } },
      );
      const column =
        run.artifact.type === 'table'
          ? run.artifact.table.columns.find(({ name }) => name === 'item')
          : undefined;
      return [column?.type, column?.counts, ...rowsOf(run).map(({ item }) => item)];
    };
    expect(await named(rows, ['question'])).to.deep.equal(['string', undefined, 'x', 'y']);
    expect(await named(rows, ['topic', 'language'])).to.deep.equal([
      'string',
      undefined,
      'a, en',
      '"a, b", es',
    ]);
    expect(await named(rows, [])).to.deep.equal(['integer', undefined, 7, 8]);
    const bare = rows.map(({ question }) => ({ question }));
    expect(await named(bare, [])).to.deep.equal(['integer', true, 1, 2]);
  });

  it('gives one row per format and item, format by format, with every field', async () => {
    const run = await runStage('variants', {
      items: [germany, { question: 'q2', answer: '2' }],
      formats: {
        a: { group: 'g', description: 'd', template: '{{ item }}/{{ format }}/{{ group }}: {{ question }}' },
        b: {},
      },
    });
    expect(rowsOf(run)).to.deep.equal([
      {
        format: 'a',
        group: 'g',
        description: 'd',
        item: 1,
        ...germany,
        prompt: `1/a/g: ${germany.question}`,
        prompt_length: 38,
      },
      {
        format: 'a',
        group: 'g',
        description: 'd',
        item: 2,
        question: 'q2',
        answer: '2',
        prompt: '2/a/g: q2',
        prompt_length: 9,
      },
      {
        format: 'b',
        group: null,
        description: null,
        item: 1,
        ...germany,
        prompt: germany.question,
        prompt_length: 31,
      },
      {
        format: 'b',
        group: null,
        description: null,
        item: 2,
        question: 'q2',
        answer: '2',
        prompt: 'q2',
        prompt_length: 2,
      },
    ]);
  });

  it('takes items from a table, and their ids', async () => {
    const items = tableFrom([
      { id: 'x', question: 'one' },
      { id: 'y', question: 'two' },
    ]);
    const run = await runStage('variants', { formats: { plain: {} } }, { inputs: { items } });
    expect(columnOf(run, 'item')).to.deep.equal(['x', 'y']);
  });

  it('puts a text into the chat template of the model', async () => {
    const run = await runStage('variants', {
      items: [germany],
      formats: {
        chat: { chat: true },
        shouted: { chat: true, transform: 'uppercase', template: 'Say: {{ answer }}' },
      },
    });
    expect(columnOf(run, 'prompt')).to.deep.equal([
      '<user> What is the capital of Germany?\n<assistant>',
      '<user> SAY: BERLIN\n<assistant>',
    ]);
  });

  it('says turns of a chat in its template, those of examples once for each', async () => {
    const examples = tableFrom(['1', '2', '3'].map((n) => ({ q: `q${n}`, a: `a${n}` })));
    const one = (shots: number) =>
      runStage(
        'variants',
        {
          items: [germany],
          shots,
          formats: {
            turns: {
              system: 'Be {{ answer }}.',
              chat: [
                {
                  examples: [
                    { role: 'user', content: '{{ q }}' },
                    { role: 'assistant', content: '{{ a }}' },
                  ],
                },
                { role: 'user', content: '{{ question }} ({{ format }})' },
              ],
            },
            one: { system: 'S', chat: true, template: '{% for each in examples %}{{ each.q }}{% endfor %}!' },
            text: {
              template: '{% for each in examples %}{{ each.q }} {{ each.a }}\n{% endfor %}{{ question }}',
            },
          },
        },
        { inputs: { examples } },
      );
    expect(columnOf(await one(2), 'prompt')).to.deep.equal([
      '<system> Be Berlin.\n<user> q1\n<assistant> a1\n<user> q2\n<assistant> a2\n<user> What is the capital of Germany? (turns)\n<assistant>',
      '<system> S\n<user> q1q2!\n<assistant>',
      'q1 a1\nq2 a2\nWhat is the capital of Germany?',
    ]);
    expect(columnOf(await one(0), 'prompt')[2]).to.equal('What is the capital of Germany?');
  });

  it('says what is wrong with turns and examples, each with its place', () => {
    const problems = problemsOf('variants', {
      items: [germany],
      shots: 1,
      formats: {
        a: { system: 'x' },
        b: { template: 'x', chat: [{ role: 'user', content: '{{ q }}' }] },
        c: { chat: [{ examples: [{ role: 'user', content: 'x' }] }] },
      },
    });
    expect(problems.map(({ path, message }) => [path.join('.'), message])).to.deep.equal([
      ['shots', 'there are no examples'],
      ['formats.a.system', 'only a format with `chat` has a message of the system'],
      ['formats.b.template', 'a format with turns has no `template`: the turns say what is said'],
      ['formats.b.chat.0.content', 'unknown template variable `q`'],
      ['formats.c.chat.0.examples', 'there are no examples'],
    ]);
    const examples = shapeOf(tableFrom([{ q: 'x' }]));
    const wrong = problemsOf(
      'variants',
      {
        items: [germany],
        formats: { a: { chat: [{ examples: [{ role: 'user', content: '{{ question }}' }] }] } },
      },
      { examples },
    );
    expect(wrong.map(({ path }) => path.join('.'))).to.deep.equal(['formats.a.chat.0.examples.0.content']);
  });

  it('needs no model without a chat format, even one that is missing', async () => {
    await runStage('variants', { items: [germany], model: 'missing', formats: { plain: {} } });
    const failure = await failureOf(
      runStage('variants', { items: [germany], model: 'missing', formats: { chat: { chat: true } } }),
    );
    expect(failure).to.deep.include({ code: 'model-not-found', path: ['model'] });
  });

  it('says what is wrong before it runs, each with its place', () => {
    const problems = problemsOf('variants', {
      items: [germany, { question: 'q', prompt: 'p' }],
      text: '{{ quest }}',
      formats: {
        a: { template: '{{ questoin }}' },
        b: { transform: { ab: 'c', x: 'y' } },
      },
    });
    expect(problems.map(({ path, message }) => [path.join('.'), message])).to.deep.equal([
      ['items.1.prompt', 'items cannot have a field `prompt`: it is a column of the result'],
      ['text', 'unknown template variable `quest`'],
      ['formats.a.template', 'unknown template variable `questoin`'],
      ['formats.b.transform.ab', 'a transform maps single characters'],
    ]);
    expect(problemsOf('variants', { formats: { a: {} } })[0]?.message).to.equal('there are no items');
    const both = problemsOf(
      'variants',
      { items: [germany], formats: { a: {} } },
      { items: { type: 'table', columns: [{ name: 'question', type: 'string' }], key: [] } },
    );
    expect(both[0]?.message).to.equal('there are items here and in `from`');
  });

  it('refuses items with one id', async () => {
    const items = [
      { id: 1, question: 'a' },
      { id: 1, question: 'b' },
    ];
    const failure = await failureOf(runStage('variants', { items, formats: { plain: {} } }));
    expect(failure).to.deep.include({ code: 'item-id-not-unique', path: ['items', 1] });
  });

  it('does not let an item field that is missing become an empty text', async () => {
    const items = [{ question: 'a', hint: 'h' }, { question: 'b' }];
    const failure = await failureOf(
      runStage('variants', { items, formats: { x: { template: '{{ hint }}' } } }),
    );
    expect(failure).to.deep.include({ code: 'template-failed', path: ['formats', 'x', 'template'] });
  });
});
