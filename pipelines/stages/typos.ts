import { defineStage, StageFailure, type Row } from 'assay';

interface Options {
  readonly column: string;
  readonly count: number;
  readonly as: string;
}

/** A stage of one's own; see ../typos.yaml, and CONTRIBUTING.md for what a descriptor says. */
export default defineStage<Options>({
  name: 'typos',
  summary: 'Texts with pairs of letters swapped',
  description:
    'Swaps neighbouring letters inside words, at places spread evenly over the text: the same typos every time.',
  example: 'from: questions\nwith: { column: question, count: 2, as: prompt }',
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['column', 'as'],
    properties: {
      column: { type: 'string', description: 'The column with the texts.' },
      count: { type: 'integer', minimum: 0, default: 1, description: 'How many pairs are swapped in each.' },
      as: { type: 'string', description: 'The new column with the misspelt texts.' },
    },
  },
  inputs: { ports: [{ name: 'rows', type: 'table', description: 'what is misspelt, row by row' }] },

  // What is known before anything runs: pipelines are checked against it.
  output({ as }, { rows }) {
    if (rows?.type !== 'table') return { type: 'table', columns: [], key: [], open: true };
    return { ...rows, columns: [...rows.columns, { name: as, type: 'string' }] };
  },
  check({ column, as }, { rows }) {
    if (rows?.type !== 'table' || rows.open === true) return [];
    const candidates = rows.columns.map(({ name }) => name);
    return [
      ...(candidates.includes(column)
        ? []
        : [{ path: ['column'], message: `no column \`${column}\``, found: column, candidates }]),
      ...(candidates.includes(as) ? [{ path: ['as'], message: `there is a column \`${as}\` already` }] : []),
    ];
  },

  run({ options: { column, count, as }, inputs: { rows } }) {
    if (rows?.type !== 'table') throw new Error('Internal error: expected a table');
    const { columns, key, rows: given } = rows.table;
    const misspelt = given.map((row, index): Row => {
      const text = row[column];
      if (typeof text === 'string') return { ...row, [as]: misspell(text, count) };
      throw new StageFailure({
        code: 'not-text',
        blame: 'user',
        path: ['column'],
        message: `row ${index + 1} of \`${column}\` is no text`,
        expected: 'text',
        found: JSON.stringify(text ?? null),
      });
    });
    const table = { columns: [...columns, { name: as, type: 'string' as const }], key, rows: misspelt };
    return Promise.resolve({ type: 'table', table });
  },
});

/** Swaps `count` pairs of different letters that stand inside words, as far apart as the text allows. */
export function misspell(text: string, count: number): string {
  const letters = [...text];
  const pairs: number[] = [];
  for (let at = 1; at + 2 < letters.length; at++) {
    const inWord = letters.slice(at - 1, at + 2).every((letter) => /\p{L}/u.test(letter));
    // Pairs do not overlap, or the second swap would undo the first.
    if (inWord && letters[at] !== letters[at + 1] && at - (pairs.at(-1) ?? -2) >= 2) pairs.push(at);
  }
  const most = Math.min(count, pairs.length);
  for (let swap = 0; swap < most; swap++) {
    const at = pairs[Math.floor(((swap + 0.5) * pairs.length) / most)] ?? 0;
    [letters[at], letters[at + 1]] = [letters[at + 1] ?? '', letters[at] ?? ''];
  }
  return letters.join('');
}
