import { expect } from 'chai';
import picocolors from 'picocolors';
import { openProgress } from '../../../src/cli/terminal/progress.ts';
import type { Channel } from '../../../src/cli/terminal/terminal.ts';
import type { RunStage } from '../../../src/engine/record.ts';

function record(isTTY: boolean): Channel & { readonly written: string[] } {
  const written: string[] = [];
  return {
    written,
    write: (text) => void written.push(text),
    control: (sequence) => void written.push(sequence),
    colors: picocolors.createColors(false),
    isTTY,
    columns: 80,
  };
}

const stage: RunStage = {
  name: 'scores',
  uses: 'score',
  from: {},
  state: 'ran',
  reasons: [{ type: 'changed', path: ['inputs', 'variants'], before: 'a', after: 'b' }],
  durationMs: 4100,
  artifact: { type: 'table', digest: '', files: [], rows: 36 },
};

describe('openProgress', () => {
  it('progress without a terminal is plain lines: one when a stage starts, one when it ends', () => {
    const channel = record(false);
    let time = 0;
    const progress = openProgress(channel, { stage: 8 }, () => time);
    progress.onEvent({ type: 'run-started', runId: 'r', runFolder: 'runs/r', stages: 2 });
    progress.onEvent({
      type: 'stage-finished',
      stage: 'variants',
      result: { ...stage, name: 'variants', state: 'cached', reasons: [] },
    });
    time = 100;
    progress.onEvent({ type: 'stage-started', stage: 'scores', reasons: [{ type: 'first-run' }] });
    time = 2000;
    progress.onEvent({ type: 'stage-progress', stage: 'scores', done: 5, total: 10, unit: 'prefixes' });
    progress.onEvent({ type: 'stage-warning', stage: 'scores', message: 'two prompts are equal' });
    time = 4200;
    progress.onEvent({ type: 'stage-finished', stage: 'scores', result: stage });
    progress.close();
    expect(channel.written.join('')).to.equal(
      [
        '   0.0 s  variants  cached, 36 rows',
        '   0.1 s  scores    starts (never ran before)',
        '   2.0 s  scores    warning: two prompts are equal',
        '   4.2 s  scores    ran, 4.1 s, 36 rows',
        '',
      ].join('\n'),
    );
  });

  it('progress on a terminal redraws a few lines, with the rate and the time left', () => {
    const channel = record(true);
    let time = 0;
    const progress = openProgress(channel, { stage: 8 }, () => time);
    progress.onEvent({ type: 'run-started', runId: 'r', runFolder: 'runs/r', stages: 2 });
    progress.onEvent({ type: 'stage-started', stage: 'scores', reasons: [] });
    // Loading takes three seconds, which the rate must not count.
    time = 3000;
    progress.onEvent({ type: 'stage-progress', stage: 'scores', done: 0, total: 400, unit: 'prefixes' });
    time = 5000;
    progress.onEvent({ type: 'stage-progress', stage: 'scores', done: 100, total: 400, unit: 'prefixes' });
    expect(channel.written.at(-1)).to.equal(
      '  scores  100/400 prefixes  25 %  50/s  6.0 s left\n  0 of 2 stages done\n',
    );
    progress.onEvent({ type: 'stage-finished', stage: 'scores', result: stage });
    expect(channel.written.slice(-2)).to.deep.equal([
      '\x1b[2A\x1b[0J',
      '   5.0 s  scores    ran, 4.1 s, 36 rows (input variants changed)\n',
    ]);
    progress.close();
  });

  it('progress lets no line wrap, which would break the redrawing', () => {
    const channel = { ...record(true), columns: 30 };
    let time = 0;
    const progress = openProgress(channel, { stage: 8 }, () => time);
    progress.onEvent({ type: 'stage-started', stage: 'a-stage-with-a-very-long-name', reasons: [] });
    time = 500;
    progress.onEvent({
      type: 'stage-progress',
      stage: 'a-stage-with-a-very-long-name',
      done: 1,
      total: 2,
      unit: 'x',
    });
    progress.close();
    for (const line of channel.written.join('').split('\n')) expect(line.length).to.be.below(40);
  });
});
