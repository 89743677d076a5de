import { expect } from 'chai';
import { decodeTokenTree, encodeTokenTree, tokensOf } from '../../src/engine/token-tree.ts';
import { decodeArtifact, encodeArtifact } from '../../src/engine/artifact-io.ts';
import { groupTokens, surprisalClass } from '../../src/report/token-cells.ts';
import { must } from '../../src/system/internal-error.ts';
import { logProbs, tokenizer } from '../support/models/bigram-model.ts';
import { columnOf, rowsOf, runStage, tableFrom } from '../support/stage-rig.ts';

const rows = tableFrom(
  [
    { id: 'a', prompt: 'the cat', answer: 'sat' },
    { id: 'b', prompt: 'the cow', answer: 'ran' },
  ],
  ['id'],
);

describe('tokens', () => {
  it('gives every token of prompt and target with what the bigram model says of it', async () => {
    const run = await runStage('tokens', { target: ' {{ answer }}', topTokens: 3 }, { inputs: { rows } });
    const ids = [0, ...tokenizer.encode('the cat sat')];
    const first = rowsOf(run).filter(({ id }) => id === 'a');
    expect(first.map((row) => row['token_id'])).to.deep.equal(ids);
    expect(first.map((row) => row['part'])).to.deep.equal([
      'bos',
      ...Array<string>(7).fill('prompt'),
      ...Array<string>(4).fill('target'),
    ]);
    expect(first.map((row) => row['start'])).to.deep.equal([0, ...Array(11).keys()]);
    for (const [i, row] of first.entries()) {
      if (i === 0) {
        expect(row).to.include({ log_prob: null, rank: null, entropy: null });
        continue;
      }
      const all = logProbs(ids[i - 1]!);
      expect(row['log_prob']).to.equal(all[ids[i]!]);
      const best = must(
        all.map((logProb, id) => ({ id, logProb })).sort((a, b) => b.logProb - a.logProb || a.id - b.id)[0],
        'a best',
      );
      expect((row['top_tokens'] as { id: number }[])[0]!.id).to.equal(best.id);
      expect(row['top_tokens']).to.have.length(3);
    }
    const score = await runStage('score', { target: ' {{ answer }}' }, { inputs: { rows } });
    const ofTarget = first
      .filter(({ part }) => part === 'target')
      .reduce((sum, row) => sum + Number(row['log_prob']), 0);
    expect(ofTarget).to.be.closeTo(Number(columnOf(score, 'target_log_prob')[0]), 1e-12);
  });

  it('reads the prompt alone without a target, and what two texts begin with once', async () => {
    const { artifact } = await runStage('tokens', { topTokens: 2 }, { inputs: { rows } });
    if (artifact.type !== 'table') throw new Error('expected a table');
    const tree = must(artifact.tokens, 'tokens');
    // BOS, `the c`, then `at` and `ow`.
    expect(tree.nodes.ids).to.have.length(1 + 5 + 2 + 2);
    expect(artifact.table.rows).to.have.length(2 * 8);
    expect(tree.texts.map(({ from }) => from)).to.deep.equal([8, 8]);
  });

  it('comes back from the file as it was, as near as 32 bits are', async () => {
    const { artifact } = await runStage('tokens', { target: ' {{ answer }}' }, { inputs: { rows } });
    if (artifact.type !== 'table') throw new Error('expected a table');
    const given = must(artifact.tokens, 'tokens');
    const plain = new Map([...given.bytes].map(([id, own]) => [id, Uint8Array.from(own)]));
    const tree = { ...given, bytes: plain };
    expect(decodeTokenTree(encodeTokenTree(tree))).to.deep.equal(tree);
    const files = encodeArtifact(artifact);
    const back = decodeArtifact('table', files);
    expect(back.type === 'table' && back.tokens).to.deep.equal(tree);
    const [text] = tree.texts;
    const tokens = tokensOf(tree, text!);
    expect(tokens.map(({ reading }) => reading?.logProb ?? null)).to.deep.equal(
      artifact.table.rows
        .slice(0, tokens.length)
        .map(({ log_prob: p }) => (p === null ? null : Math.fround(Number(p)))),
    );
    expect(
      groupTokens(text!, tokens)
        .map((group) => group.text)
        .join(''),
    ).to.equal('the cat sat');
  });

  it('has classes that begin at probabilities of 1/2, 1/4, 1/16, 1/128 and 1/2048', () => {
    const classes = [0.6, 0.4, 0.2, 1 / 100, 1 / 1000, 1 / 5000].map((p) => surprisalClass(Math.log(p)));
    expect(classes).to.deep.equal([0, 1, 2, 3, 4, 5]);
  });
});
