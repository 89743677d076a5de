import type { spawn } from 'node:child_process';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { assay, makeFolder, type Outcome, putFiles, removeFolder, requireBuild } from '../assay.ts';

const PIPELINE = `name: watched
stages:
  items:
    uses: dataset
    with: { file: data/items.csv }
  loud: { uses: ./stages/loud.ts, from: items }
`;

const STAGE = `import { defineStage } from 'assay';
import { mark } from './mark.ts';

export default defineStage({
  name: 'loud',
  summary: 'Words in capitals',
  description: 'Words in capitals.',
  example: 'from: items',
  options: { type: 'object', additionalProperties: false, properties: {} },
  inputs: { ports: [{ name: 'rows', type: 'table', description: 'words' }] },
  output: () => ({ type: 'text' }),
  async run({ inputs: { rows } }) {
    if (process.env.SLOW) await new Promise((resolve) => setTimeout(resolve, 1500));
    if (rows?.type !== 'table') throw new Error('no table');
    return { type: 'text', text: rows.table.rows.map(({ word }) => String(word).toUpperCase() + mark).join(' ') + '\\n' };
  },
});
`;

type Child = ReturnType<typeof spawn>;

/** `assay run --watch` in a folder: a spec edits files, and waits for what the program says to it. */
class Watching {
  readonly ended: Promise<Outcome>;
  readonly #child: Promise<Child>;
  #said = '';
  #wake: () => void = () => undefined;

  constructor(cwd: string, env: Readonly<Record<string, string>> = {}) {
    let started: (child: Child) => void = () => undefined;
    this.#child = new Promise((resolve) => (started = resolve));
    this.ended = assay(['run', '--watch'], {
      cwd,
      env,
      whileRunning: (child) => {
        const hear = (text: string) => {
          this.#said += text;
          this.#wake();
        };
        child.stdout?.on('data', hear);
        child.stderr?.on('data', hear);
        started(child);
      },
    });
  }

  /** What was said until a text, and with it; the next call hears what comes after. */
  async until(text: string | RegExp): Promise<string> {
    for (;;) {
      const [found, at] =
        typeof text === 'string'
          ? [text, this.#said.indexOf(text)]
          : [text.exec(this.#said)?.[0] ?? '', this.#said.search(text)];
      if (at >= 0) {
        const heard = this.#said.slice(0, at + found.length);
        this.#said = this.#said.slice(heard.length);
        return heard;
      }
      await new Promise<void>((resolve, fail) => {
        const patience = setTimeout(
          () => fail(new Error(`never said ${String(text)}: ${this.#said}`)),
          20_000,
        );
        this.#wake = () => {
          clearTimeout(patience);
          resolve();
        };
      });
    }
  }

  async interrupt(): Promise<Outcome> {
    (await this.#child).kill('SIGINT');
    return this.ended;
  }

  async kill(): Promise<void> {
    (await this.#child).kill('SIGKILL');
    await this.ended;
  }
}

const WATCHES = 'Watching watched.yaml and what it reads. Ctrl-C ends.';

describe('assay run --watch', () => {
  let folder = '';
  let watching: Watching | undefined;
  before(requireBuild);
  beforeEach(() => {
    folder = makeFolder({
      'watched.yaml': PIPELINE,
      'data/items.csv': 'word\na\nb\n',
      'stages/loud.ts': STAGE,
      'stages/mark.ts': `export const mark: string = '!';\n`,
    });
  });
  afterEach(async () => {
    await watching?.kill();
    removeFolder(folder);
  });

  it('a watched pipeline runs again on edits of its data, the file, a module and what that imports, until Ctrl-C', async () => {
    watching = new Watching(folder);
    expect(await watching.until(WATCHES)).to.contain('2 stages: 2 ran');

    putFiles(folder, { 'data/items.csv': 'word\na\nc\n' });
    await watching.until('data/items.csv changed.');
    expect(await watching.until(WATCHES)).to.contain('2 stages: 2 ran');

    // As many editors save: a new file takes the name of the old one.
    writeFileSync(join(folder, 'stages/mark.ts~'), `export const mark = '?';\n`);
    renameSync(join(folder, 'stages/mark.ts~'), join(folder, 'stages/mark.ts'));
    await watching.until('stages/mark.ts changed.');
    expect(await watching.until(WATCHES)).to.contain('2 stages: 1 cached, 1 ran');

    putFiles(folder, { 'stages/loud.ts': STAGE.replace('toUpperCase', 'toLowerCase') });
    await watching.until('stages/loud.ts changed.');
    expect(await watching.until(WATCHES)).to.contain('2 stages: 1 cached, 1 ran');

    putFiles(folder, { 'watched.yaml': `${PIPELINE}  more: { uses: ./stages/loud.ts, from: items }\n` });
    await watching.until('watched.yaml changed.');
    expect(await watching.until(WATCHES)).to.contain('3 stages: 3 cached');

    const { status, stderr } = await watching.interrupt();
    expect(status).to.equal(130);
    expect(stderr).not.to.match(/^ {4}at /m);
  });

  it('a watched pipeline with problems prints them and is watched on, also files that are not there yet', async () => {
    writeFileSync(join(folder, 'watched.yaml'), PIPELINE.replace('uses: dataset', 'uses: datset'));
    rmSync(join(folder, 'data'), { recursive: true });
    watching = new Watching(folder);
    expect(await watching.until(WATCHES)).to.contain('did you mean');

    putFiles(folder, { 'watched.yaml': PIPELINE });
    await watching.until('watched.yaml changed.');
    expect(await watching.until(WATCHES)).to.contain('data/items.csv');

    putFiles(folder, { 'data/items.csv': 'word\na\n' });
    await watching.until('data/items.csv changed.');
    expect(await watching.until(WATCHES)).to.contain('2 stages: 2 ran');

    // A mistake in what a module imports, and its correction.
    putFiles(folder, { 'stages/mark.ts': 'export const mark = ;\n' });
    await watching.until('stages/mark.ts changed.');
    expect(await watching.until(WATCHES)).to.contain('stages/mark.ts:1:');
    putFiles(folder, { 'stages/mark.ts': `export const mark = '.';\n` });
    await watching.until('stages/mark.ts changed.');
    expect(await watching.until(WATCHES)).to.contain('2 stages: 1 cached, 1 ran');
  });

  it('an edit during a run lets it finish, and one more follows', async () => {
    watching = new Watching(folder, { SLOW: '1' });
    await watching.until(/loud +starts/);
    putFiles(folder, { 'stages/mark.ts': `export const mark = ' again';\n` });
    const first = await watching.until('stages/mark.ts changed.');
    expect(first).to.contain('2 stages: 2 ran');
    expect(await watching.until(WATCHES)).to.contain('2 stages: 1 cached, 1 ran');
  });

  it('Ctrl-C during a watched run ends once what runs has ended cleanly', async () => {
    watching = new Watching(folder, { SLOW: '1' });
    await watching.until(/loud +starts/);
    const { status, stderr } = await watching.interrupt();
    expect(status).to.equal(130);
    expect(stderr).to.contain('Stopping: what is done is kept.').and.not.contain('Watching');
  });
});
