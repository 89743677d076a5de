import { expect } from 'chai';
import { assay, makeFolder, removeFolder, requireBuild } from '../assay.ts';

const pipeline = `
name: shown
stages:
  items:
    uses: dataset
    with:
      key: [id]
      items:
        - { id: 1, question: "What is the capital of Germany?", answer: Berlin, text: "a\\e[2Jb" }
        - { id: 2, question: "What is the capital of France?", answer: Paris, text: c }
  scores: { uses: score, from: items, with: { prompt: "User: {{ question }}\\nAssistant:", target: " {{ answer }}" } }
  choices: { uses: choose, from: items, with: { prompt: "{{ text }}", candidates: { texts: [x, y] }, neutral: "-" } }
  tokens: { uses: tokens, from: items, with: { prompt: "User: {{ question }}\\nAssistant:", target: " {{ answer }}" } }
`;

describe('assay show RUN STAGE --row', () => {
  let folder: string;
  before(async function () {
    requireBuild();
    this.timeout(120_000);
    folder = makeFolder({ 'shown.yaml': pipeline });
    const { status, stderr } = await assay(['run', '--backend', 'wasm'], { cwd: folder });
    expect(status, stderr).to.equal(0);
  });
  after(() => removeFolder(folder));
  const show = (...args: string[]) => assay(['show', 'latest', ...args], { cwd: folder });

  it('prints what was scored with the target marked, by number or by key', async () => {
    const expected = 'scores, row 2 of 2: id 2\n\nUser: What is the capital of France?\nAssistant:⟦ Paris⟧\n';
    expect((await show('scores', '--row', '2')).stdout).to.equal(expected);
    expect((await show('scores', '--row', 'id=2')).stdout).to.equal(expected);
    expect((await show('scores', '--row', 'id=2,answer=Paris')).stdout).to.equal(expected);
    const { stdout } = await show('scores', '--format', 'json');
    expect(JSON.parse(stdout)).to.deep.include({
      stage: 'scores',
      row: 1,
      rows: 2,
      key: { id: 1 },
      prompt: { prompt: 'User: What is the capital of Germany?\nAssistant:', targets: [' Berlin'] },
    });
  });

  it('prints candidates under their prompt, and lets no text steer the terminal', async () => {
    expect((await show('choices')).stdout).to.equal(
      'choices, row 1 of 2: id 1\n\na␛[2Jb\n⟦ x⟧\n⟦ y⟧\ncompared with the same after:\n-\n',
    );
  });

  it('says that no model was given anything, and what is wrong', async () => {
    expect((await show('items')).stdout).to.contain('No model was given anything');
    const mistakes = {
      'scroes --row 1':
        /^error: \S+ has no stage `scroes`\n {2}expected: items, scores, choices, tokens\n {2}next: did you mean `scores`\?\n$/,
      'scores --row 3': /^error: `scores` has no row 3\n {2}expected: 1 to 2\n {2}found: 3\n$/,
      'scores --row 0': /^error: `scores` has no row 0\n/,
      'scores --row idd=2': /^error: `scores` has no column `idd`\n[^]*did you mean `id`\?\n$/,
      'scores --row id=7': /^error: no row of `scores` is like that\n/,
      'scores --row boundary=clean': /^error: 2 rows of `scores` are like that\n {2}expected: one of 1, 2\n/,
    };
    for (const [args, says] of Object.entries(mistakes)) {
      const { status, stdout, stderr } = await show(...args.split(' '));
      expect({ status, stdout }, args).to.deep.equal({ status: 2, stdout: '' });
      expect(stderr).to.match(says);
    }
  });

  it('prints the table of a stage: these rows, for which this holds, in these columns', async () => {
    const { stdout } = await show('scores', '--where', 'd.id > 1', '--columns', 'answer,id');
    expect(stdout).to.equal('scores: 1 of 2 rows\nanswer  id\nParis    2\n');
    const json = await show('items', '--rows', '1', '--columns', 'id,answer', '--format', 'json');
    expect(JSON.parse(json.stdout)).to.deep.equal([{ id: 1, answer: 'Berlin' }]);
    const wide = (await show('scores', '--rows', '1')).stdout;
    expect(wide).to.match(/^scores: 2 of 2 rows\nid .*target_log_prob \(nats\)/);
    expect(wide).to.match(/\.\.\. and 1 more rows\n\(not shown: .*; name them with --columns\)\n$/);
    const mistakes = {
      '--where d.idd>1': /^error: --where: no column `idd`\n[^]*did you mean `id`\?\n$/,
      '--where d.id': /^error: --where asks for true or false\n/,
      '--columns idd': /^error: --columns: no column `idd`\n[^]*did you mean `id`\?\n$/,
      '--rows x': /^error: --rows: expected a whole number/,
    };
    for (const [args, says] of Object.entries(mistakes)) {
      const { status, stderr } = await show('scores', ...args.split(' '));
      expect(stderr).to.match(says);
      expect(status).to.equal(2);
    }
  });

  it('assay tokens prints a text token by token, its target marked; their log-probabilities add up to the score', async () => {
    const tokens = (...args: string[]) => assay(['tokens', 'latest', ...args], { cwd: folder });
    const { stdout } = await tokens('tokens', 'id=2');
    expect(stdout).to.contain(
      'id 2\n\n<s>│User│:│·What│·is│·the│·capital│·of│·F│ran│ce│?│↵\nAssistant│:⟦·P│ar│is⟧\n\n',
    );
    const read = JSON.parse((await tokens('tokens', '2', '--format', 'json')).stdout) as {
      prompt: string;
      target: string;
      tokens: { part: string; start: number; end: number; logProb: number | null }[];
    };
    const ends = read.tokens.map(({ end }) => end);
    expect(read.tokens.map(({ start }) => start)).to.deep.equal([0, ...ends.slice(0, -1)]);
    expect(ends.at(-1)).to.equal(Buffer.byteLength(read.prompt + read.target));
    const scored = JSON.parse((await show('scores', '--row', '2', '--format', 'json')).stdout) as {
      cells: { target_log_prob: number };
    };
    const sum = read.tokens
      .filter(({ part }) => part === 'target' || part === 'merged')
      .reduce((total, { logProb }) => total + (logProb ?? 0), 0);
    // Tokens are kept as float32.
    expect(sum).to.be.closeTo(scored.cells.target_log_prob, 1e-5);
    const none = await tokens('scores');
    expect(none.stderr).to.equal('error: `scores` kept no tokens\n  expected: tokens\n');
    expect(none.status).to.equal(2);
  });
});
