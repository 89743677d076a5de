import { must } from '../../src/system/internal-error.ts';

export type Scalar = null | number | string;

export interface MadeColumn {
  readonly name: string;
  readonly type: 'string' | 'number' | 'integer';
  readonly cells: readonly Scalar[];
}

/** A table that was made at random, and what its columns are used as. Columns stand in the order of `columns`. */
export interface MadeTable {
  readonly columns: readonly MadeColumn[];
  readonly length: number;
  readonly label: MadeColumn;
  readonly x: MadeColumn;
  readonly y: MadeColumn;
  readonly text: MadeColumn;
  /** A name that a person chose for something else than a column. */
  readonly format: string;
  /** What the medium cannot hold has become something else: an empty cell of a text column of a CSV file is no null. */
  readonly nullText: null | '';
}

/** As it stands in a pipeline, and in a file beside it. */
export interface WrittenTable {
  readonly options: string;
  readonly file?: string;
  readonly text: string;
}

type Random = () => number;

const names =
  'constructor __proto__ toString hasOwnProperty then valueOf größe 16 2024 0 名前 rank id d x|y -a a.b a[0] it’s target mean NaN true null ~ #x 3.10 label ص'
    .split(' ')
    .concat([
      ' x',
      'x ',
      'x y',
      'he said "x"',
      "it's",
      'a,b',
      'a;b',
      'line\nbreak',
      '{{ x }}',
      'back\\slash',
      '🙂',
      'format',
      'item',
      'prompt',
    ]);
const texts = [
  'x',
  'X',
  'y',
  ' x',
  'x ',
  '',
  '1',
  '01',
  '1.0',
  'true',
  'null',
  'NaN',
  '__proto__',
  'constructor',
  'x"|"y',
  'a,b',
  'a;b',
  'a\nb',
  '{{ x }}',
  '日本',
  '🙂',
  '- a',
  '#no',
  'a: b',
  '|',
  "'",
];
const numbers = [0, 1, 2, 3, -1, 0.5, 2.5, -2.25, 1e21, 1e-7, 10, 9, 100];

function pick<T>(random: Random, from: readonly T[]): T {
  return must(from[Math.floor(random() * from.length)], 'one of several');
}

export function tableOf(random: Random): MadeTable {
  const length = pick(random, [0, 1, 2, 3, 5, 8, 12]);
  const nullText = random() < 0.5 ? null : '';
  const chosen = new Set<string>();
  while (chosen.size < 4) chosen.add(pick(random, names));
  const [first, second, third, fourth] = [...chosen] as [string, string, string, string];
  const sparse = random() < 0.3 ? 0.25 : 0;
  const cells = (make: () => Scalar, missing: Scalar): Scalar[] =>
    Array.from({ length }, () => (random() < sparse ? missing : make()));
  const pool = [0, 1, 2].map(() => pick(random, texts));
  const whole = random() < 0.4;
  const number = (): Scalar => (whole ? Math.floor(random() * 7) - 1 : pick(random, numbers));
  const label = { name: first, type: 'string', cells: cells(() => pick(random, pool), nullText) } as const;
  const x = { name: second, type: 'number', cells: cells(number, null) } as const;
  const y = { name: third, type: 'number', cells: cells(() => pick(random, numbers), null) } as const;
  const text = { name: fourth, type: 'string', cells: cells(() => pick(random, texts), nullText) } as const;
  const columns = [label, x, y, text].map((column) => ({ column, at: random() })).sort((a, b) => a.at - b.at);
  return {
    columns: columns.map(({ column }) => column),
    length,
    label,
    x,
    y,
    text,
    format: pick(random, names),
    nullText,
  };
}

/** Written in the pipeline, or in a file of one of the forms. Where null is what lacks in a text column, no CSV. */
export function writtenAs(table: MadeTable, random: Random): WrittenTable {
  const { columns, length, nullText } = table;
  const types = Object.entries({ types: Object.fromEntries(columns.map(({ name, type }) => [name, type])) });
  const typed = types.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`).join('');
  const rows = Array.from({ length }, (_, row) => {
    const fields = columns.map(({ name, cells }) => `${JSON.stringify(name)}: ${JSON.stringify(cells[row])}`);
    return `{ ${fields.join(', ')} }`;
  });
  const form =
    nullText === '' && length > 0
      ? pick(random, ['csv', 'csv', 'inline', 'jsonl'])
      : pick(random, ['inline', 'json', 'jsonl']);
  if (form === 'inline' && length > 0)
    return { options: `{ items: [${rows.join(', ')}], ${typed} }`, text: '' };
  if (form === 'csv') {
    const [name, delimiter] = pick(random, [
      ['a.csv', ','],
      ['a.csv', ';'],
      ['a.csv', '\t'],
      ['a.csv', '|'],
      ['a.tsv', '\t'],
    ] as const);
    const said = name === 'a.csv' ? `, delimiter: ${JSON.stringify(delimiter)}` : '';
    const ending = pick(random, ['\n', '\r\n']);
    const lines = [
      columns.map(({ name: each }) => each),
      ...rows.map((_, row) => columns.map(({ cells }) => String(cells[row] ?? ''))),
    ];
    const text = lines
      .map((fields) => fields.map((field) => quoted(field, delimiter, random)).join(delimiter) + ending)
      .join('');
    return {
      options: `{ file: ${name}, ${typed}${said} }`,
      file: name,
      text: pick(random, ['', '\ufeff']) + text,
    };
  }
  const name = form === 'jsonl' ? 'a.jsonl' : 'a.json';
  const text = form === 'jsonl' ? rows.map((row) => `${row}\n`).join('') : `[${rows.join(',\n')}]`;
  // A file without rows names no columns.
  return { options: `{ file: ${name}${length === 0 ? '' : `, ${typed}`} }`, file: name, text };
}

function quoted(field: string, delimiter: string, random: Random): string {
  const must = /["\r\n]/.test(field) || field.includes(delimiter);
  return must || random() < 0.2 ? `"${field.replaceAll('"', '""')}"` : field;
}
