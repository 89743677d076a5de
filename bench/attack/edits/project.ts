import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { LocalModelOptions, ModelSource } from '../../../src/hosting/model-source.ts';
import { firstState, pipelineOf, type State } from './state.ts';

/** Times of all files of models, which an archive gives back too. */
const TIME = '2020-01-01';

/** The models that a project has: two folders of one shape. */
export interface Models {
  /** Writes both, into folders that are not there yet. */
  readonly make: (a: string, b: string) => void;
  /** How they are read. Default: by the forward pass. */
  readonly source?: (options: LocalModelOptions) => ModelSource;
  /** Whether their numbers are the same to the byte in any company. */
  readonly areExact: boolean;
}

/** A project in a folder of its own, whose files say what its state says. */
export class Project {
  dir = mkdtempSync(join(tmpdir(), 'assay-edits-'));
  readonly state: State = firstState();
  readonly models: Models;
  /** How many packages were installed: each has a folder of its own, as links of pnpm have. */
  #installed = 0;
  #written = '';

  constructor(models: Models) {
    this.models = models;
    models.make(this.path('weights-a'), this.path('weights-b'));
    this.write();
  }

  /** Gives the whole folder another name. */
  move(): void {
    const dir = this.dir.endsWith('-moved') ? this.dir.slice(0, -'-moved'.length) : `${this.dir}-moved`;
    renameSync(this.dir, dir);
    this.dir = dir;
    this.#written = '';
    this.write();
  }

  get file(): string {
    return this.path('edited.yaml');
  }

  path(...parts: readonly string[]): string {
    return join(this.dir, ...parts);
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Writes what differs from what is there. */
  write(): void {
    const { state } = this;
    const pipeline = pipelineOf(state);
    const comment = `# ${state.comment}\n`;
    this.#put(
      'edited.yaml',
      comment + (state.asJson ? JSON.stringify(pipeline, null, 1) : stringify(pipeline)),
    );
    for (const name of readdirSync(this.dir)) {
      if (name.endsWith('.csv') && name !== state.dataFile)
        renameSync(this.path(name), this.path(state.dataFile));
    }
    this.#put(state.dataFile, csvOf(state));
    this.#put(
      'loud.ts',
      `// ${state.module.comment}
import { defineStage } from 'assay';
import { close, open } from 'packaged';
import { line } from 'linked';
import { MARK } from './lib/mark.ts';
export default defineStage({
  name: 'loud', summary: 's', description: 'd', example: 'e', options: { type: 'object' },
  inputs: { ports: [{ name: 'rows', type: 'table', description: 'r' }] },
  output: (_, { rows }) => ({ ...rows, columns: [...rows.columns, { name: 'text', type: 'string' }] }),
  run: async ({ inputs: { rows: { table } } }) => ({
    type: 'table',
    table: {
      ...table,
      columns: [...table.columns, { name: 'text', type: 'string' }],
      rows: table.rows.map((row) => ({ ...row, text: open + ${state.module.text} + MARK + line + close })),
    },
  }),
});
`,
    );
    this.#put('lib/mark.ts', `export const MARK = ${JSON.stringify(state.mark)};\n`);
    this.#put(
      'shared/linked/package.json',
      JSON.stringify({ name: 'linked', version: '1.0.0', main: './main.js' }),
    );
    this.#put('shared/linked/main.js', `exports.line = ${JSON.stringify(state.linked)};\n`);
    this.#link('node_modules/linked', this.path('shared/linked'));
    this.#install();
    this.#placeModel();
  }

  #put(path: string, text: string): void {
    const file = this.path(path);
    if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  #link(path: string, target: string): void {
    const link = this.path(path);
    mkdirSync(dirname(link), { recursive: true });
    rmSync(link, { force: true });
    symlinkSync(target, link);
  }

  /** A program keeps what it has loaded of a package by its place: an edit in one process is another place. */
  #install(): void {
    const { packaged, needed } = this.state;
    const text = JSON.stringify([packaged, needed]);
    if (text === this.#written) return;
    this.#written = text;
    this.#installed += 1;
    const store = `node_modules/.pnpm/packaged@${this.#installed}/node_modules`;
    const describe = (name: string, version: string, more: object = {}) =>
      JSON.stringify({ name, version, main: './main.js', ...more });
    const dependencies = { needed: '^1.0.0' };
    this.#put(`${store}/packaged/package.json`, describe('packaged', packaged.version, { dependencies }));
    this.#put(
      `${store}/packaged/main.js`,
      `exports.open = ${JSON.stringify(packaged.text)};\nexports.close = require('needed').close;\n`,
    );
    this.#put(`${store}/needed/package.json`, describe('needed', needed.version));
    this.#put(`${store}/needed/main.js`, `exports.close = ${JSON.stringify(needed.text)};\n`);
    this.#link('node_modules/packaged', this.path(store, 'packaged'));
  }

  /** The weights of the state in the folder of the state; replaced in place, with equal sizes and times. */
  #placeModel(): void {
    const { folder, weights } = this.state.model;
    const [there] = readdirSync(this.dir).filter((name) => /^m\d*$/.test(name));
    if (there !== undefined && there !== folder) renameSync(this.path(there), this.path(folder));
    mkdirSync(this.path(folder), { recursive: true });
    for (const name of readdirSync(this.path(`weights-${weights}`))) {
      const bytes = readFileSync(this.path(`weights-${weights}`, name));
      const file = this.path(folder, name);
      if (!existsSync(file) || !readFileSync(file).equals(bytes)) writeFileSync(file, bytes);
    }
    for (const name of readdirSync(this.path(folder))) {
      utimesSync(this.path(folder, name), new Date(TIME), new Date(TIME));
    }
  }
}

function csvOf({ items, isQuoted }: State): string {
  const cell = (text: string) => (isQuoted || /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const rows = items.map(({ question, answer, topic }) => [question, answer, topic].map(cell).join(','));
  return `${['question,answer,topic', ...rows].join('\n')}\n`;
}
