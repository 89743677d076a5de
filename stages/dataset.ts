import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Column, ColumnType, Row } from '../src/table/table.ts';
import { codeOf } from '../src/system/errno.ts';
import { sha256 } from '../src/system/hash.ts';
import { defineStage } from '../src/engine/stage-kind.ts';
import { Failure } from '../src/system/failure.ts';
import type { OptionProblem } from '../src/system/option-problem.ts';
import { formatOfName, readRows, type FileFormat } from '../src/table/files/read-rows.ts';
import { cellsKey, completeRows, inferColumns, inferType, unknownColumns } from '../src/table/columns.ts';

interface DatasetOptions {
  readonly items?: readonly Row[];
  readonly file?: string;
  readonly format?: FileFormat;
  readonly types: Readonly<Record<string, ColumnType>>;
  readonly key: readonly string[];
}

export const dataset = defineStage<DatasetOptions>({
  name: 'dataset',
  module: import.meta.url,
  summary: 'A table from items in the pipeline file, or from a CSV, JSON or JSON Lines file.',
  description: [
    'Give `items`, or `file`. Rows keep their order; columns come in the order in which they first appear, and what',
    'a row lacks is null.',
    '',
    '- **CSV** (RFC 4180, with a header line): every cell is text unless `types` names another type for its column,',
    '  so that an answer like `007` stays what it is. An empty cell of another type is null.',
    '- **JSON**: a list of objects. **JSON Lines**: an object on each line.',
    '',
    'A file counts by its contents: renaming it or touching it runs nothing again.',
  ].join('\n'),
  example: [
    'with:',
    '  items:',
    '    - { question: What is the capital of Germany?, answer: Berlin }',
    '    - { question: What is the sum of 45 and 67?, answer: "112" }',
    '  key: [question]',
  ].join('\n'),
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      items: {
        type: 'array',
        minItems: 1,
        items: { type: 'object', minProperties: 1 },
        description: 'The rows themselves, one object each.',
      },
      file: {
        type: 'string',
        minLength: 1,
        description: 'The data file, relative to the pipeline file.',
      },
      format: {
        type: 'string',
        enum: ['csv', 'json', 'jsonl'],
        description: 'Of `file`; without it, what the ending of its name says.',
      },
      types: {
        type: 'object',
        additionalProperties: { type: 'string', enum: ['string', 'integer', 'number', 'boolean', 'json'] },
        default: {},
        description: 'Types of columns that are not text (CSV) or that differ from what the cells suggest.',
      },
      key: {
        type: 'array',
        items: { type: 'string' },
        uniqueItems: true,
        default: [],
        description: 'Columns that tell rows apart: two runs are compared row by row along them.',
      },
    },
  },
  inputs: { ports: [] },

  output({ items, types, key }) {
    return items === undefined
      ? { type: 'table', columns: declared(types), key, open: true }
      : { type: 'table', columns: columnsOf(items, types), key };
  },

  check({ items, file, format, types, key }) {
    const problems: OptionProblem[] = [];
    if ((items === undefined) === (file === undefined)) {
      problems.push({
        path: items === undefined ? [] : ['file'],
        message: items === undefined ? 'the dataset has no rows' : 'the dataset has both `items` and `file`',
        expected: 'either `items` or `file`',
      });
    }
    if (file !== undefined && format === undefined && formatOfName(file) === undefined) {
      problems.push({
        path: ['file'],
        message: 'the name does not say what format the file has',
        expected: 'a name that ends in .csv, .json, .jsonl or .ndjson, or the option `format`',
        found: file,
      });
    }
    if (items === undefined) return problems;
    const shape = { type: 'table', columns: columnsOf(items, {}), key: [] } as const;
    problems.push(
      ...unknownColumns(
        shape,
        key.map((name, index) => ({ name, path: ['key', index] })),
      ),
      ...unknownColumns(
        shape,
        Object.keys(types).map((name) => ({ name, path: ['types', name] })),
      ),
    );
    const twice = problems.length === 0 ? duplicateRow(items, key) : undefined;
    if (twice !== undefined) {
      problems.push({ path: ['items', twice], message: `two items have the same ${key.join(', ')}` });
    }
    return problems;
  },

  async externals({ file }, { baseDir }) {
    return file === undefined
      ? {}
      : { file: { identity: sha256(await bytesOf(file, baseDir)), detail: file } };
  },

  async run({ options, baseDir }) {
    const { items, file, types, key } = options;
    const rows = items ?? readRows(...(await textOf(file ?? '', options.format, baseDir)), types);
    const columns = columnsOf(rows, types);
    const table = { type: 'table', columns, key: [] } as const;
    for (const [name, uses] of [
      ['key', key],
      ['types', Object.keys(types)],
    ] as const) {
      const [problem] = unknownColumns(
        table,
        uses.map((each) => ({ name: each, path: [name] })),
      );
      if (problem !== undefined) throw new Failure({ code: 'unknown-column', blame: 'user', ...problem });
    }
    const twice = duplicateRow(rows, key);
    if (twice !== undefined) {
      throw new Failure({
        code: 'key-not-unique',
        blame: 'user',
        message: `two rows have the same ${key.join(', ')}`,
        path: ['key'],
        found: `row ${twice + 1} repeats an earlier one`,
      });
    }
    return { type: 'table', table: { columns, key, rows: completeRows(rows, columns) } };
  },
});

function columnsOf(rows: readonly Row[], types: Readonly<Record<string, ColumnType>>): readonly Column[] {
  return inferColumns(rows).map(({ name, type }) => {
    const wanted = types[name] ?? type;
    const cells = rows.map((row) => row[name] ?? null).filter((cell) => cell !== null);
    const given = inferType(cells);
    const fits = wanted === given || wanted === 'json' || (wanted === 'number' && given === 'integer');
    if (cells.length > 0 && !fits) {
      throw new Failure({
        code: 'wrong-column-type',
        blame: 'user',
        message: `column \`${name}\` is not of type ${wanted}`,
        path: ['types', name],
        expected: given,
        found: wanted,
      });
    }
    return { name, type: wanted };
  });
}

function declared(types: Readonly<Record<string, ColumnType>>): readonly Column[] {
  return Object.entries(types).map(([name, type]) => ({ name, type }));
}

function duplicateRow(rows: readonly Row[], key: readonly string[]): number | undefined {
  if (key.length === 0) return undefined;
  const seen = new Set<string>();
  for (const [index, row] of rows.entries()) {
    const cells = cellsKey(key.map((name) => row[name]));
    if (seen.has(cells)) return index;
    seen.add(cells);
  }
  return undefined;
}

async function textOf(
  file: string,
  format: FileFormat | undefined,
  baseDir: string,
): Promise<readonly [text: string, format: FileFormat, file: string]> {
  const bytes = await bytesOf(file, baseDir);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return [text, format ?? formatOfName(file) ?? 'json', file];
  } catch {
    throw new Failure({
      code: 'data-invalid',
      blame: 'user',
      message: 'the file is not UTF-8',
      path: ['file'],
      where: file,
    });
  }
}

async function bytesOf(file: string, baseDir: string): Promise<Uint8Array> {
  const path = resolve(baseDir, file);
  try {
    return await readFile(path);
  } catch (error) {
    const code = codeOf(error) ?? '';
    throw new Failure({
      code: code === 'ENOENT' ? 'file-not-found' : 'file-unreadable',
      blame: 'user',
      message: code === 'ENOENT' ? 'the data file does not exist' : `the data file cannot be read (${code})`,
      path: ['file'],
      found: path,
      expected: 'a file, relative to the pipeline file',
    });
  }
}
