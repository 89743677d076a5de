import { expect } from 'chai';
import { services } from '../../src/engine/stage-kind.ts';
import { modelHost, type ModelHost } from '../../src/hosting/model-host.ts';
import { openModelHost } from '../../src/hosting/open-host.ts';
import type { Cell } from '../../src/table/table.ts';
import { logProbs, tokenizer } from '../support/models/bigram-model.ts';
import {
  columnOf,
  failureOf,
  problemsOf,
  rowsOf,
  runStage,
  shapeOf,
  tableFrom,
  type StageRun,
} from '../support/stage-rig.ts';

/** log P of each token of a text under the bigram model, BOS in front, written out. */
function tokenLogProbs(text: string): readonly number[] {
  const ids = [0, ...tokenizer.encode(text)];
  return ids.slice(1).map((id, index) => logProbs(ids[index] ?? 0)[id] ?? NaN);
}

function sum(values: readonly (Cell | undefined)[]): number {
  return values.reduce<number>((total, value) => total + (value === null ? 0 : Number(value)), 0);
}

const inRegions = tableFrom([{ id: 'a', np: 'the cat', gap: '', vp: 'saw it' }], ['id']);
const columns = { columns: ['np', 'gap', 'vp'] };

describe('surprisal', () => {
  it('sums the tokens of each region, a space with the region behind it', async () => {
    const run = await runStage('surprisal', { regions: columns }, { inputs: { rows: inRegions } });
    const all = tokenLogProbs('the cat saw it');
    const bits = (from: number, to: number): number => -sum(all.slice(from, to)) / Math.LN2;
    expect(run.warnings).to.deep.equal([]);
    expect(columnOf(run, 'position')).to.deep.equal([1, 2, 3]);
    expect(columnOf(run, 'region')).to.deep.equal(['np', 'gap', 'vp']);
    expect(columnOf(run, 'region_text')).to.deep.equal(['the cat', '', 'saw it']);
    expect(columnOf(run, 'text_start')).to.deep.equal([0, 7, 8]);
    expect(columnOf(run, 'text_end')).to.deep.equal([7, 7, 14]);
    expect(columnOf(run, 'token_count')).to.deep.equal([7, 0, 7]);
    const [np, gap, vp] = rowsOf(run);
    expect(np?.['surprisal']).to.be.closeTo(bits(0, 7), 1e-12);
    expect(np?.['mean_surprisal']).to.be.closeTo(bits(0, 7) / 7, 1e-12);
    expect(gap).to.include({ surprisal: 0, mean_surprisal: null });
    expect(vp?.['surprisal']).to.be.closeTo(bits(7, 14), 1e-12);
    expect(vp?.['tokens']).to.deep.equal([' ', 's', 'a', 'w', ' ', 'i', 't']);
    for (const [index, value] of (vp?.['token_surprisals'] as readonly number[]).entries())
      expect(value).to.be.closeTo(bits(7 + index, 8 + index), 1e-12);
    const before = tokenizer.encode('t').at(-1) ?? 0;
    const ranks = logProbs(before);
    const rank = 1 + ranks.filter((each) => each > (ranks[tokenizer.encode(' ')[0] ?? 0] ?? NaN)).length;
    expect((vp?.['token_ranks'] as readonly number[])[0]).to.equal(rank);
  });

  it('gives words and tokens of the same sentence, with the region that they are in', async () => {
    const of = (per: string): Promise<StageRun> =>
      runStage('surprisal', { regions: columns, per, unit: 'nats' }, { inputs: { rows: inRegions } });
    const [words, tokens] = [await of('word'), await of('token')];
    const all = tokenLogProbs('the cat saw it');
    expect(columnOf(words, 'word')).to.deep.equal(['the', 'cat', 'saw', 'it']);
    expect(columnOf(words, 'region')).to.deep.equal(['np', 'np', 'vp', 'vp']);
    expect(columnOf(words, 'text_start')).to.deep.equal([0, 4, 8, 12]);
    const cuts = [0, 3, 7, 11, 14];
    for (const [index, value] of columnOf(words, 'surprisal').entries())
      expect(value).to.be.closeTo(-sum(all.slice(cuts[index], cuts[index + 1])), 1e-12);
    expect(rowsOf(tokens)).to.have.length(14);
    for (const [index, value] of columnOf(tokens, 'surprisal').entries())
      expect(value).to.be.closeTo(-(all[index] ?? NaN), 1e-12);
    expect(columnOf(tokens, 'word_position')).to.deep.equal([1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4]);
    expect(columnOf(tokens, 'region')).to.deep.equal([
      ...Array.from({ length: 7 }, () => 'np'),
      ...Array.from({ length: 7 }, () => 'vp'),
    ]);
  });

  it('takes a column of lists: regions with names, or texts by their number', async () => {
    const given = [
      { name: 'np', text: 'it' },
      { name: 'vp', text: 'is' },
    ];
    const rows = tableFrom([
      { id: 1, parts: given },
      { id: 2, parts: ['it', 'is'] },
    ]);
    const run = await runStage('surprisal', { regions: 'parts', delimiter: '/' }, { inputs: { rows } });
    expect(columnOf(run, 'region')).to.deep.equal(['np', 'vp', '1', '2']);
    expect(columnOf(run, 'text_start')).to.deep.equal([0, 3, 0, 3]);
    // Nothing tells the sentences apart but their place in the table.
    expect(run.artifact).to.have.nested.property('table.key').deep.equal([]);
    const prompts = run.artifact.type === 'table' ? run.artifact.prompts : undefined;
    expect(prompts?.[1]).to.deep.equal({ prompt: 'it/', targets: ['is'] });
  });

  it('needs no formats: a text is a template over the row', async () => {
    const rows = tableFrom([{ text: 'a b' }, { text: '  ' }]);
    const run = await runStage('surprisal', {}, { inputs: { rows } });
    expect(columnOf(run, 'word')).to.deep.equal(['a', 'b']);
    expect(run.warnings).to.deep.equal(['1 of 2 texts have no words: they have no rows, or no sums']);
    const other = await runStage('surprisal', { text: '{{ text }}!' }, { inputs: { rows } });
    expect(columnOf(other, 'word')).to.deep.equal(['a', 'b!', '!']);
  });

  it('tells that nothing is before a first token, and what a token of two words counts in', async () => {
    const rows = tableFrom([{ text: 'xyz a' }]);
    const run = await runStage('surprisal', { bos: 'never' }, { inputs: { rows } });
    expect(run.warnings).to.have.length(1);
    expect(run.warnings[0]).to.match(/^in 1 of 1 texts nothing is before the first token.*`bos: always`/);
    const [first] = rowsOf(run);
    expect(first).to.include({ token_count: 3, missing_token_count: 1, text_bos: false });
    expect((first?.['token_surprisals'] as readonly Cell[])[0]).to.equal(null);
    expect(first?.['surprisal']).to.be.closeTo(-sum(tokenLogProbs('xyz').slice(1)) / Math.LN2, 1e-12);
    const alone = await runStage(
      'surprisal',
      { bos: 'never' },
      { inputs: { rows: tableFrom([{ text: 'x y' }]) } },
    );
    expect(columnOf(alone, 'surprisal')[0]).to.equal(null);
    // `Be` is one token of the model.
    const cut = { regions: { columns: ['a', 'b'] }, delimiter: '' };
    const split = await runStage('surprisal', cut, { inputs: { rows: tableFrom([{ a: 'xB', b: 'ey' }]) } });
    expect(split.warnings).to.deep.equal([
      'in 1 of 1 texts a token spells parts of two regions: it counts in the first (`straddling_token_count`)',
    ]);
    expect(columnOf(split, 'token_count')).to.deep.equal([2, 1]);
    expect(columnOf(split, 'straddling_token_count')).to.deep.equal([1, 1]);
  });

  it('tells what `truncate: left` drops, and names rows that have no regions', async () => {
    const rows = tableFrom([{ id: 'long', text: 'a '.repeat(300) }], ['id']);
    const run = await runStage('surprisal', { truncate: 'left' }, { inputs: { rows } });
    expect(run.warnings).to.deep.equal(["1 of 1 texts were cut to the model's context: 200 tokens dropped"]);
    expect(sum(columnOf(run, 'missing_token_count'))).to.equal(200);
    expect(new Set(columnOf(run, 'text_truncated'))).to.deep.equal(new Set([200]));
    expect(await failureOf(runStage('surprisal', {}, { inputs: { rows } }))).to.include({
      code: 'too-long',
      where: 'row 1 (id long)',
    });
    const bad = tableFrom(
      [
        { id: 7, parts: null },
        { id: 8, parts: [{ name: 'x', content: 'y' }] },
        { id: 9, parts: ['ok'] },
      ],
      ['id'],
    );
    const inputs = { rows: bad };
    expect(await failureOf(runStage('surprisal', { regions: 'parts' }, { inputs }))).to.include({
      code: 'no-regions',
      where: 'row 1 (id 7)',
    });
    const skipped = await runStage('surprisal', { regions: 'parts', onBad: 'skip' }, { inputs });
    expect(skipped.figures).to.include({ rows_skipped: 2 });
    expect(columnOf(skipped, 'id')).to.deep.equal([9]);
  });

  it('says before a run what is wrong', () => {
    const rows = shapeOf(inRegions);
    const messages = (options: object): readonly string[] =>
      problemsOf('surprisal', JSON.stringify(options), { rows }).map(({ message }) => message);
    expect(messages({ regions: columns })).to.deep.equal([]);
    expect(messages({ regions: { columns: ['np', 'verb'] } })).to.deep.equal(['no column `verb`']);
    expect(messages({ regions: 'np' })).to.deep.equal(['column `np` holds no lists but is of type string']);
    expect(messages({ regions: columns, text: 'x' })).to.deep.equal(['the text is made of `regions`']);
    expect(messages({ text: 'x', per: 'region' })).to.deep.equal(['there are no regions']);
    expect(messages({})).to.have.length(1);
    const taken = { rows: shapeOf(tableFrom([{ text: 'x', word: 'y' }])) };
    expect(problemsOf('surprisal', {}, taken).map(({ message }) => message)).to.deep.equal([
      'the input has a column `word` already',
    ]);
  });
});

describe('surprisal on the organism', () => {
  let host: ModelHost;
  before(() => (host = openModelHost({ backend: 'wasm' })));
  after(() => host.dispose());

  it('over words, regions and tokens is what perplexity gives for the text, with BOS and without', async () => {
    const rows = tableFrom(
      [
        { id: 1, a: 'What is the capital', b: 'of Germany?', c: 'Berlin.' },
        { id: 2, a: 'Grüße an 質問', b: '', c: '🙂🙂 café\t\nnaïve  ½ \u00a0' },
        { id: 3, a: ' x', b: 'y ', c: '\n' },
      ],
      ['id'],
    );
    const setting = { inputs: { rows }, services: services([modelHost, host]) };
    const regions = { columns: ['a', 'b', 'c'] };
    const text = "{{ [a, b, c] | select | join(' ') }}";
    for (const bos of ['auto', 'never']) {
      const runs = await Promise.all([
        runStage('perplexity', { text, bos }, setting),
        ...['region', 'word', 'token'].map((per) =>
          runStage('surprisal', { regions, per, bos, unit: 'nats' }, setting),
        ),
      ]);
      const [whole, ...parts] = runs;
      for (const { id, text_log_prob: total } of rowsOf(whole)) {
        for (const part of parts) {
          const own = rowsOf(part).filter((row) => row['id'] === id);
          expect(-sum(own.map(({ surprisal }) => surprisal))).to.be.closeTo(Number(total), 1e-9);
        }
      }
      // Whatever `perplexity` read is not read again.
      const passes = new Set(runs.map(({ figures }) => figures['stages_in_pass']));
      expect(passes).to.deep.equal(new Set([4]));
    }
  });
});
