import fc from 'fast-check';
import { expect } from 'chai';
import type { Artifact } from '../../src/engine/artifact.ts';
import type { Cell, Column, Table } from '../../src/table/table.ts';
import { decodeArtifact, describeArtifact, encodeArtifact } from '../../src/engine/artifact-io.ts';

const wellFormed = fc.string({ unit: 'grapheme' });
const number = fc.double({ noNaN: false });
const json: fc.Arbitrary<Cell> = fc.letrec((tie) => ({
  cell: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    wellFormed, number, fc.boolean(), fc.constant(null), fc.array(tie('cell'), { maxLength: 3 }),
    fc.dictionary(wellFormed.filter((name) => name !== '__proto__'), tie('cell'), { maxKeys: 3, noNullPrototype: true }),
  ), // prettier-ignore
})).cell as fc.Arbitrary<Cell>;
const cellOf: Record<Column['type'], fc.Arbitrary<Cell>> = {
  string: wellFormed,
  integer: fc.maxSafeInteger(),
  number,
  boolean: fc.boolean(),
  json,
};

const table = fc
  .uniqueArray(
    fc.record({
      name: fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
      type: fc.constantFrom<Column['type'][]>('string', 'integer', 'number', 'boolean', 'json'),
    }),
    { selector: ({ name }) => name, minLength: 1, maxLength: 5 },
  ) // prettier-ignore
  .chain(
    (columns) =>
    fc
      .array(fc.record(Object.fromEntries(columns.map(({ name, type }) => [name, fc.option(cellOf[type])]))))
      .map((rows) => ({ columns, key: columns.slice(0, 1).map(({ name }) => name), rows: rows.map((row) => ({ ...row })) })), // prettier-ignore
  );

describe('artifacts on disk', () => {
  const through = (artifact: Artifact) => decodeArtifact(artifact.type, encodeArtifact(artifact));

  it('give back any table exactly: every number, its sign, NaN and infinities, any text', () => {
    fc.assert(
      fc.property(table, (given) => {
        const artifact: Artifact = { type: 'table', table: given };
        expect(through(artifact)).to.deep.equal(artifact);
      }),
      { numRuns: 300 },
    );
  });

  it('give back what a model was given for each row, half characters too, and have one for each', () => {
    const rows = [{ a: 1 }, { a: 2 }];
    const one: Table = { columns: [{ name: 'a', type: 'integer' }], key: ['a'], rows };
    const prompts = [
      { prompt: 'a\nb\u2028', targets: [' c', ''] },
      { prompt: '\ud83d', targets: [], against: '' },
    ];
    expect(through({ type: 'table', table: one, prompts })).to.deep.equal({
      type: 'table',
      table: one,
      prompts,
    });
    expect([...encodeArtifact({ type: 'table', table: one }).keys()]).not.to.include('prompts.jsonl');
    expect(() => encodeArtifact({ type: 'table', table: one, prompts: prompts.slice(1) })).to.throw(
      'Internal error: expected a prompt for each of 2 rows, was 1 prompts',
    );
  });

  it('give back any value exactly', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(through({ type: 'value', value })).to.deep.equal({ type: 'value', value });
      }),
      { numRuns: 300 },
    );
  });

  it('give back what looks like their own way to write numbers', () => {
    const cells: Cell[] = ['NaN', 'Infinity', 'toString', 2, NaN, null].flatMap((value) => [
      { $number: value },
      { $$number: value },
      { $number: value, other: 1 },
      { $number: { $number: value } },
      [{ $$$number: [{ $number: value }] }],
    ]);
    const value: Artifact = { type: 'value', value: cells };
    expect(through(value)).to.deep.equal(value);
    const rows = cells.map((cell) => ({ cell }));
    const table: Artifact = {
      type: 'table',
      table: { columns: [{ name: 'cell', type: 'json' }], key: [], rows },
    };
    expect(through(table)).to.deep.equal(table);
  });

  it('write what JSON cannot say so that any reader sees it', () => {
    const files = encodeArtifact({
      type: 'table',
      table: {
        columns: [{ name: 'p', type: 'number', unit: 'nats' }, { name: 'j', type: 'json' }, { name: 'i', type: 'integer' }],
        key: ['p'],
        rows: [{ p: NaN, j: [Infinity], i: 1 }, { p: -Infinity, j: null, i: null }, { p: -0, j: 0.1, i: -3 }],
      }, // prettier-ignore
    });
    const text = (name: string) => Buffer.from(files.get(name)!).toString();
    expect(text('table.jsonl')).to.equal(
      '{"p":"NaN","j":[{"$number":"Infinity"}],"i":1}\n{"p":"-Infinity","j":null,"i":null}\n{"p":-0,"j":0.1,"i":-3}\n',
    );
    expect(JSON.parse(text('table.schema.json'))).to.deep.equal({
      format: 'assay-table/1',
      columns: [
        { name: 'p', type: 'number', unit: 'nats' },
        { name: 'j', type: 'json' },
        { name: 'i', type: 'integer' },
      ],
      key: ['p'],
      rows: 3,
    });
  });

  it('have one digest for one content, whatever the order in which a row was built', () => {
    const digest = (row: Record<string, Cell>) => {
      const artifact: Artifact = {
        type: 'table',
        table: { columns: [{ name: 'a', type: 'number' }, { name: 'b', type: 'json' }], key: [], rows: [row] }, // prettier-ignore
      };
      return describeArtifact(artifact, encodeArtifact(artifact)).digest;
    };
    expect(digest({ a: 1, b: 2 })).to.equal(digest({ b: 2, a: 1 }));
    expect(digest({ a: 1, b: 2 })).not.to.equal(digest({ a: 1, b: 3 }));
  });

  for (const [title, columns, row, message] of [
    [
      'text where a number is promised',
      [{ name: 'n', type: 'number' }],
      { n: '1' },
      'expected number in column `n`, row 0, was string "1"',
    ],
    [
      'a fraction where a whole number is promised',
      [{ name: 'n', type: 'integer' }],
      { n: 1.5 },
      'expected integer in column `n`, row 0, was number 1.5',
    ],
    [
      'a list where text is promised',
      [{ name: 's', type: 'string' }],
      { s: ['a'] },
      'expected string in column `s`, row 0, was a list',
    ],
    [
      'half a letter',
      [{ name: 's', type: 'string' }],
      { s: '\ud800' },
      'expected string in column `s`, row 0, was string "\\ud800"',
    ],
    [
      'a cell without a column',
      [{ name: 's', type: 'string' }],
      { s: 'a', t: 'b' },
      'expected no cell outside the columns, was `t` in row 0',
    ],
    [
      'what is no JSON',
      [{ name: 'j', type: 'json' }],
      { j: new Date(0) },
      'expected JSON in column `j`, row 0, was a map',
    ],
  ] as const) {
    // prettier-ignore
    it(`refuse ${title}, and say where`, () => {
      const artifact = { type: 'table', table: { columns, key: [], rows: [row] } } as unknown as Artifact;
      expect(() => encodeArtifact(artifact)).to.throw(`Internal error: ${message}`);
    });
  }

  it('give back text and figures as they were', () => {
    const figure: Artifact = {
      type: 'figure',
      spec: { mark: 'bar', data: { values: [{ x: NaN }] } },
      svg: '<svg/>',
      png: Uint8Array.of(1, 2, 3),
    };
    expect(through(figure)).to.deep.equal(figure);
    expect(through({ type: 'text', text: '# é\n' })).to.deep.equal({ type: 'text', text: '# é\n' });
  });
});
