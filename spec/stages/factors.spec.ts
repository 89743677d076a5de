import { expect } from 'chai';
import type { Cell, Row } from '../../src/table/table.ts';
import { columnOf, failureOf, problemsOf, rowsOf, runStage, tableFrom } from '../support/stage-rig.ts';

const items = Array.from({ length: 6 }, (_, item) => ({
  question: `Is ${item} odd?`,
  answer: item % 2 ? 'yes' : 'no',
}));
const factors = {
  separator: { newline: '\n', space: ' ' },
  casing: { 'as it is': {}, upper: { transform: 'uppercase' } },
  wrapper: {
    none: {},
    quoted: { template: '"{{ prompt }}"' },
    tagged: { template: '<q n={{ item }}>{{ prompt }}</q>' },
  },
};
const formats = { chat: { template: 'User:{{ separator }}{{ question }}' }, plain: {} };

const run = (options: object, inputs = {}) =>
  runStage('variants', JSON.parse(JSON.stringify(options)) as never, { inputs });

describe('variants with factors', () => {
  it('crosses every format with every level, each a column of the key', async () => {
    const found = await run({ items, formats, factors });
    const rows = rowsOf(found);
    expect(rows).to.have.length(2 * 2 * 2 * 3 * 6);
    if (found.artifact.type !== 'table') throw new Error('expected a table');
    expect(found.artifact.table.key).to.deep.equal(['format', 'separator', 'casing', 'wrapper', 'item']);
    const at = (want: Row): Cell | undefined =>
      rows.find((row) => Object.entries(want).every(([name, cell]) => row[name] === cell))?.['prompt'];
    const first = { format: 'chat', separator: 'newline', casing: 'as it is', wrapper: 'none', item: 1 };
    expect(at(first)).to.equal('User:\nIs 0 odd?');
    expect(at({ ...first, separator: 'space', casing: 'upper' })).to.equal('USER: IS 0 ODD?');
    // Factors act in the order in which they are named: what is put around the text later keeps its case.
    expect(at({ ...first, casing: 'upper', wrapper: 'tagged' })).to.equal('<q n=1>USER:\nIS 0 ODD?</q>');
    expect(at({ ...first, format: 'plain', wrapper: 'quoted' })).to.equal('"Is 0 odd?"');
  });

  it('takes a sample in which every level is equally frequent, for every item the same', async () => {
    const design = { sample: 12, seed: 3 };
    const rows = rowsOf(await run({ items, formats, factors, design }));
    expect(rows).to.have.length(12 * 6);
    for (const name of ['format', ...Object.keys(factors)]) {
      const counts = new Map<Cell, number>();
      for (const row of rows) counts.set(row[name]!, (counts.get(row[name]!) ?? 0) + 1);
      expect(new Set(counts.values()).size, name).to.equal(1);
    }
    const combinations = (item: number) =>
      rows
        .filter((row) => row['item'] === item)
        .map((row) => ['format', ...Object.keys(factors)].map((name) => row[name]).join(' '));
    expect(new Set(combinations(1)).size).to.equal(12);
    expect(combinations(1)).to.deep.equal(combinations(6));
    const again = await run({ items, formats, factors, design });
    expect(columnOf(again, 'prompt')).to.deep.equal(rows.map(({ prompt }) => prompt));
    const other = await run({ items, formats, factors, design: { ...design, seed: 4 } });
    expect(columnOf(other, 'prompt')).not.to.deep.equal(rows.map(({ prompt }) => prompt));
  });

  it('says what is wrong with factors and designs', () => {
    const problems = (more: object) =>
      problemsOf('variants', JSON.parse(JSON.stringify({ items, formats, factors, ...more })) as never).map(
        ({ path, message }) => [path.join('.'), message],
      );
    expect(problems({ design: { sample: 25 } })).to.deep.equal([
      ['design.sample', 'there are not so many combinations of formats and levels'],
    ]);
    expect(problems({ factors: { ...factors, item: { a: 'x', b: 'y' } } })[0]).to.deep.equal([
      'factors.item',
      'a factor cannot be called `item`: it is a column of the result',
    ]);
    expect(problems({ factors: { ...factors, 'a b': { a: 'x', b: 'y' } } })[0]![1]).to.match(
      /cannot name this factor/,
    );
    expect(
      problems({ factors: { ...factors, wrapper: { none: {}, bad: { template: '{{ promt }}' } } } })[0]![0],
    ).to.equal('factors.wrapper.bad.template');
    expect(problems({ formats: { chat: { template: '{{ seperator }}' } } })[0]![0]).to.equal(
      'formats.chat.template',
    );
  });
});

describe('variants with examples drawn for each item', () => {
  const few = {
    shots: {
      template: '{% for each in examples %}{{ each.question }} {{ each.answer }}; {% endfor %}{{ question }}',
    },
  };

  it('leaves the item itself out, is seeded, and shows the same first ones with more shots', async () => {
    const options = { items, formats: few, shots: [0, 2, 4], draw: { seed: 5 } };
    const found = await run(options);
    const rows = rowsOf(found);
    expect(rows).to.have.length(6 * 3);
    if (found.artifact.type !== 'table') throw new Error('expected a table');
    expect(found.artifact.table.key).to.deep.equal(['format', 'shots', 'item']);
    for (const row of rows) {
      const shown = String(row['prompt']).split('; ').slice(0, -1);
      expect(shown).to.have.length(Number(row['shots']));
      expect(new Set(shown).size).to.equal(shown.length);
      expect(shown.some((each) => each.startsWith(String(row['question'])))).to.equal(false);
      for (const each of shown)
        expect(items.map(({ question, answer }) => `${question} ${answer}`)).to.include(each);
    }
    const [, two, four] = rows.map(({ prompt }) => String(prompt).split('; '));
    expect(four!.slice(0, 2)).to.deep.equal(two!.slice(0, 2));
    expect(columnOf(await run(options), 'prompt')).to.deep.equal(rows.map(({ prompt }) => prompt));
    const other = columnOf(await run({ ...options, draw: { seed: 6 } }), 'prompt');
    expect(other).not.to.deep.equal(rows.map(({ prompt }) => prompt));
  });

  it('draws from a table of its own, of the split that is named', async () => {
    const examples = tableFrom([
      ...items.map((item) => ({ ...item, split: 'train' })),
      { question: 'Is 8 odd?', answer: 'no', split: 'test' },
    ]);
    const given = tableFrom(items);
    const found = await run(
      { formats: few, shots: 5, draw: { where: { split: 'train' } } },
      { items: given, examples },
    );
    for (const row of rowsOf(found)) {
      const shown = String(row['prompt']).split('; ').slice(0, -1).toSorted();
      // All of the split but the item itself.
      const others = items.filter(({ question }) => question !== row['question']);
      expect(shown).to.deep.equal(others.map(({ question, answer }) => `${question} ${answer}`).toSorted());
    }
    const failure = await failureOf(
      run({ formats: few, shots: 6, draw: { where: { split: 'train' } } }, { items: given, examples }),
    );
    expect(failure).to.deep.include({ code: 'too-few-examples', found: '5', expected: 'at least 6' });
  });

  it('says what is missing', () => {
    const problems = (more: object) =>
      problemsOf('variants', JSON.parse(JSON.stringify({ items, formats: few, ...more })) as never).map(
        ({ path }) => path.join('.'),
      );
    expect(problems({ draw: {} })).to.deep.equal(['draw']);
    expect(problems({ shots: 2 })).to.include('shots');
    expect(problems({ shots: 2, draw: { where: { splitt: 'train' } } })).to.deep.equal(['draw.where.splitt']);
  });
});
