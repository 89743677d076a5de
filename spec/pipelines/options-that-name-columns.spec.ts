import { expect } from 'chai';
import type { JsonObject } from '../../src/system/json.ts';
import { branchesOf } from '../../src/system/names-in-order.ts';
import { stageKinds } from '../../stages/index.ts';
import { ToldRuns, type Told } from '../support/told-run.ts';
import { knownAnyway, namingNone, namings, namingWithin, own } from './naming-options.ts';

/** Options whose text, or whose names, are described as columns. */
function optionsOfColumns(schema: JsonObject, path: string): readonly string[] {
  const found = new Set<string>();
  const visit = (node: JsonObject, at: string): void => {
    for (const each of branchesOf(schema, node)) {
      const types = [each['type']].flat();
      if (/\bcolumns?\b/i.test(String(each['description'] ?? ''))) {
        const isListed = types.includes('array') && !types.includes('string');
        if (types.includes('string')) found.add(at);
        else if (isListed) found.add(`${at}[]`);
        else if (types.includes('object')) found.add(`${at}{}`);
      }
      for (const [name, inner] of Object.entries((each['properties'] ?? {}) as JsonObject)) {
        visit(inner as JsonObject, `${at}.${name}`);
      }
      for (const [keyword, step] of [
        ['items', '[]'],
        ['additionalProperties', '.*'],
      ] as const) {
        const inner = each[keyword];
        if (typeof inner === 'object' && inner !== null) visit(inner as JsonObject, at + step);
      }
    }
  };
  visit(schema, path);
  return [...found];
}

const header = [
  'id',
  'format',
  'country',
  'item',
  'score',
  'words',
  'choice',
  'prompt',
  'list',
  'others',
] as const;
type Name = (typeof header)[number];
const rows: readonly Readonly<Record<Name, unknown>>[] = ['qa', 'plain'].flatMap((format, at) =>
  [1, 2, 3].map((item) => ({
    id: `${format}${item}`,
    format,
    country: ['DE', 'FR', 'IT'][item - 1],
    item,
    score: item + at / 2,
    words: (item * 7 + at * 3) % 5,
    choice: item % 2,
    prompt: `Q${item}`,
    list: ['x', 'y'],
    others: [0.5, 1, 1.5],
  })),
);
const numbers = 'item: integer, score: number, words: number, choice: integer, list: json, others: json';

/** The rows in a file: those of which a column is null, or none. */
function csv(given: readonly Readonly<Record<string, unknown>>[]): string {
  const cell = (value: unknown): string => {
    const text = typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value);
    return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [header.join(','), ...given.map((row) => header.map((name) => cell(row[name])).join(','))]
    .map((line) => `${line}\n`)
    .join('');
}

/** The third row has no value in the column. */
const without = (column: string) => rows.map((row, at) => (at === 2 ? { ...row, [column]: null } : row));

/** A stage whose table nobody knows before it runs. */
const OPAQUE = `import { defineStage } from 'assay';
export default defineStage({
  name: 'opaque',
  options: { type: 'object', properties: {} },
  inputs: { ports: [{ name: 'rows', type: 'table' }] },
  output: () => ({ type: 'table', columns: [], key: [], open: true }),
  run: ({ inputs: { rows } }) => Promise.resolve(rows),
});
`;

/** A stage whose schema says which options name columns. */
const ANNOTATED = `import { defineStage } from 'assay';
export default defineStage({
  name: 'annotated',
  options: {
    type: 'object',
    properties: {
      column: { type: 'string', columnOf: 'rows' },
      measures: { type: 'array', items: { type: 'string', columnOf: 'rows', columnType: 'number' } },
    },
  },
  inputs: { ports: [{ name: 'rows', type: 'table' }] },
  output: (_, { rows }) => rows,
  run: ({ inputs: { rows } }) => Promise.resolve(rows),
});
`;

/** Where the rows come from: known before the run, or only in it. */
const sources = {
  inline: (given: typeof rows) => `rows: { uses: dataset, with: { items: ${JSON.stringify(given)} } }`,
  'a file': () => `rows: { uses: dataset, with: { file: rows.csv, types: { ${numbers} } } }`,
  'a stage of one’s own': (given: typeof rows) =>
    `known: { uses: dataset, with: { items: ${JSON.stringify(given)} } }\n  rows: { uses: ./opaque.ts, from: known }`,
} as const;
type Source = keyof typeof sources;

describe('options that name columns', () => {
  let runs: ToldRuns;
  before(async () => {
    runs = await ToldRuns.open();
    await runs.put('opaque.ts', OPAQUE);
    await runs.put('annotated.ts', ANNOTATED);
  });
  after(() => runs.close());

  const told = (
    source: Source,
    stage: string,
    given: readonly Readonly<Record<string, unknown>>[] = rows,
  ): Promise<Told> => {
    const other = `other: { uses: dataset, with: { items: ${JSON.stringify(rows.map(({ id, format, country }) => ({ id, format, words: country })))} } }`;
    return runs.run({
      pipeline: `stages:\n  ${sources[source](given)}\n  ${other}\n  last: { ${stage} }\n`,
      files: { 'rows.csv': csv(given) },
    });
  };
  const misspelt = (name: string): string => `${name.slice(0, -1)}q`;

  it('are all in this table', () => {
    const described = [...stageKinds.values()].flatMap(({ name, options }) =>
      optionsOfColumns(options, name),
    );
    const here = Object.keys(namings).filter((path) => !namingWithin.includes(path));
    expect(described.filter((path) => !namingNone.includes(path))).to.have.members(here);
  });

  for (const [path, { stage, right, wrong, keepsNull }] of Object.entries({ ...namings, ...own })) {
    const isDataset = path.startsWith('dataset.');
    // What is not known before the run is checked for all options by the same code: one of each kind is enough.
    const isFirst =
      path ===
      Object.keys({ ...namings, ...own }).find((other) => other.startsWith(path.replace(/\..*/, '.')));
    const tried = (Object.keys(sources) as Source[]).filter(
      (source) => source !== 'a stage of one’s own' || isFirst,
    );
    for (const source of isDataset ? (['a file'] as const) : tried) {
      it(`${path} misspelt, from ${source}`, async () => {
        const { errors, ran } = await told(source, stage(misspelt(right)));
        const [problem] = errors;
        expect(problem?.message).to.match(/no column `|no .*column/);
        expect(problem?.next).to.contain(`did you mean \`${right}\`?`);
        expect(problem?.place?.line).to.be.above(1);
        expect(ran, 'told before anything ran').to.equal(
          source === 'a stage of one’s own' && !knownAnyway.includes(path),
        );
      });
    }
    for (const source of ['inline', 'a file'] as const) {
      if (isDataset && source === 'inline') continue;
      if (wrong !== undefined) {
        it(`${path} of the wrong type, from ${source}`, async () => {
          const [problem] = (await told(source, stage(wrong))).errors;
          expect(problem?.place?.line).to.be.above(1);
          expect(problem?.message).to.match(new RegExp(`\`${wrong}\`|number|candidate`));
          expect(`${problem?.expected ?? ''}${problem?.next ?? ''}`).to.not.equal('');
          expect(problem?.code).to.not.equal('internal-error');
        });
      }
      it(`${path} of a column with a null, from ${source}`, async () => {
        const { errors, warnings, artifacts } = await told(source, stage(right), without(right));
        for (const { code, place, message } of errors) {
          expect(code, message).to.not.equal('internal-error');
          expect(place?.line, message).to.be.above(1);
        }
        // An empty cell of a text column of a CSV file is an empty text, which is a value.
        const isText = source === 'a file' && ['id', 'format', 'country'].includes(right);
        const last = artifacts['last'];
        const noted = last?.type === 'table' && last.table.rows.some(({ note }) => typeof note === 'string');
        if (keepsNull !== true && !isText && !noted) {
          expect(errors.length + warnings.filter((text) => /\b1\b/.test(text)).length, 'told').to.be.above(0);
        }
      });
      it(`${path} over no rows, from ${source}`, async () => {
        const stageText = stage(right);
        const empty =
          source === 'inline'
            ? stageText.replaceAll('from: rows', 'from: none').replaceAll('rows: rows', 'rows: none')
            : stageText;
        const { errors, warnings } = await told(
          source,
          source === 'inline'
            ? `${empty} }\n  none: { uses: table, from: rows, with: { verbs: [{ filter: d.item > 9 }] }`
            : empty,
          source === 'inline' ? rows : [],
        );
        for (const { code, place, message } of errors) {
          expect(code, message).to.not.equal('internal-error');
          expect(place?.line, message).to.be.above(1);
        }
        expect(errors.length + warnings.filter((text) => /no row/.test(text)).length, 'told').to.be.above(0);
      });
    }
  }

  it('say of text from a file how it becomes numbers', async () => {
    const { errors } = await runs.run({
      pipeline:
        'stages:\n  rows: { uses: dataset, with: { file: rows.csv } }\n  last: { uses: aggregate, from: rows, with: { by: [format], measure: score } }\n',
      files: { 'rows.csv': csv(rows) },
    });
    expect(errors[0]?.next).to.contain('types: { score: number }');
  });
});
