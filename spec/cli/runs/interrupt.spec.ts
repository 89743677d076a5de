import { expect } from 'chai';
import type { RunRecord } from '../../../src/engine/record.ts';
import { copyModel } from '../../support/models/tiny-model.ts';
import { assay, type Invocation, makeFolder, removeFolder, requireBuild } from '../assay.ts';

const STARTED = /scores +starts/;

/** Enough to score that a signal finds the run at work. */
const ITEMS = 1500;

const PIPELINE = `name: long
stages:
  items:
    uses: dataset
    with: { file: items.jsonl, key: [question] }
  prompts:
    uses: variants
    from: items
    with: { formats: { plain: { template: "{{ question }}" } } }
  scores:
    uses: score
    from: prompts
    with: { model: ./llama-gqa-f32, target: " {{ answer }}" }
`;

describe('assay run, interrupted', () => {
  let folder = '';
  before(requireBuild);
  beforeEach(() => {
    const words = (i: number) =>
      `What is the sum of ${i} and ${(i * 7919) % ITEMS}? ${'again '.repeat(i % 12)}`;
    const items = Array.from({ length: ITEMS }, (_, i) =>
      JSON.stringify({ question: words(i), answer: String(i) }),
    );
    folder = makeFolder({ 'long.yaml': PIPELINE, 'items.jsonl': `${items.join('\n')}\n` });
    copyModel('llama-gqa-f32', folder);
  });
  afterEach(() => removeFolder(folder));

  function whenScoring(
    act: (child: Parameters<NonNullable<Invocation['whileRunning']>>[0]) => void,
  ): Invocation {
    return {
      cwd: folder,
      whileRunning(child) {
        let told = '';
        child.stderr?.on('data', (text: string) => {
          const before = STARTED.test(told);
          told += text;
          if (!before && STARTED.test(told)) act(child);
        });
      },
    };
  }

  it('the first Ctrl-C ends a run cleanly; it says how to go on, and the next goes on from there', async () => {
    const stopped = await assay(
      ['run', '--backend', 'wasm'],
      whenScoring((child) => setTimeout(() => child.kill('SIGINT'), 300)),
    );
    expect(stopped.stderr).to.contain('Stopping: what is done is kept. Ctrl-C again stops at once.');
    expect(stopped.stderr).to.contain(
      'Stopped: 2 of 3 stages done and kept. To go on from there: assay run long.yaml --backend wasm\n',
    );
    expect(stopped.stderr).not.to.match(/^ {4}at /m);
    expect(stopped.status).to.equal(130);
    const shown = await assay(['show', '--format', 'json'], { cwd: folder });
    const { record } = JSON.parse(shown.stdout) as { record: RunRecord };
    expect(record.state).to.equal('cancelled');
    const plan = await assay(['plan', '--backend', 'wasm'], { cwd: folder });
    expect(plan.stdout)
      .to.match(/^items +cached/m)
      .and.to.match(/^prompts +cached/m)
      .and.to.match(/^scores +run/m);
  });

  it('the second Ctrl-C ends a run at once', async () => {
    const { status, stderr } = await assay(
      ['run', '--backend', 'wasm'],
      whenScoring((child) => {
        child.kill('SIGINT');
        child.stderr?.on('data', (text: string) => {
          if (text.includes('Stopping')) child.kill('SIGINT');
        });
      }),
    );
    expect(status).to.equal(130);
    expect(stderr).not.to.match(/^ {4}at /m);
  });
});
