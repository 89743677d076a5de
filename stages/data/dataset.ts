import { defineStage } from '../../src/engine/stage-kind.ts';
import { Failure, type OptionProblem } from '../../src/system/failure.ts';
import { sha256 } from '../../src/system/hash.ts';
import { completeRows, inferColumns, inferType, unknownColumns } from '../../src/table/columns.ts';
import { formatOfName, type FileFormat, type FileReading } from '../../src/table/files/file-reading.ts';
import { delimiters, type Delimiter } from '../../src/table/files/csv.ts';
import { bytesOfFile, columnsOfFile, rowsOfFile } from '../../src/table/files/open-file.ts';
import { rowNumbers } from '../../src/table/storage/row-numbers.ts';
import {
  cellsByName,
  cellsOf,
  rowCount,
  tableOfColumns,
  withKey,
} from '../../src/table/storage/table-of-columns.ts';
import type { Column, ColumnType, Row, Table, TableShape } from '../../src/table/table.ts';

interface DatasetOptions {
  readonly items?: readonly Row[];
  readonly file?: string;
  readonly format?: FileFormat;
  readonly delimiter?: Delimiter;
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
    '  so that an answer like `007` stays what it is. An empty cell of another type is null. Fields are divided by',
    '  commas; by semicolons, tabs or bars (`|`) where the header has those and no comma. Empty lines are skipped; `""` is a row.',
    '- **TSV**: the same, divided by tabs.',
    '- **JSON**: a list of objects. **JSON Lines**: an object on each line. A name that stands twice in an object is an',
    '  error, and so is a whole number of more digits than a number keeps (some 16); a column that `types` calls',
    '  `string` keeps the digits of its numbers as text.',
    '',
    'The start of the file is read before anything runs, so that its columns are known to all stages that follow.',
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
        enum: ['csv', 'tsv', 'json', 'jsonl'],
        description: 'Of `file`; without it, what the ending of its name says.',
      },
      delimiter: {
        type: 'string',
        enum: [...delimiters],
        description: 'Between fields of CSV; without it, what the header says.',
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
        description:
          'Columns that tell rows apart: items are called by them, and two runs compared row by row along them.',
      },
    },
  },
  inputs: { ports: [] },

  output(options, _, { baseDir }): TableShape {
    const { items, file, types, key } = options;
    if (file === undefined) {
      const given = items ?? [];
      return {
        type: 'table',
        columns: typedTable(tableOfItems(given), types).columns,
        key,
      };
    }
    if (options.format === undefined && formatOfName(file) === undefined)
      return { type: 'table', columns: [], key, open: true };
    const { columns, open } = columnsOfFile(baseDir, file, readingOf(options));
    const typed = new Map(Object.entries(types));
    return {
      type: 'table',
      columns: columns.map((column) => ({ ...column, type: typed.get(column.name) ?? column.type })),
      key,
      ...(open && { open }),
    };
  },

  check(options, _, { baseDir }) {
    const { items, file, format, key } = options;
    if ((items === undefined) === (file === undefined)) {
      return [
        {
          path: items === undefined ? [] : ['file'],
          message:
            items === undefined ? 'the dataset has no rows' : 'the dataset has both `items` and `file`',
          expected: 'either `items` or `file`',
          found: items === undefined ? 'neither' : 'both',
          next:
            items === undefined ? 'add `file: data.csv`, or the rows as `items`' : 'leave one of them out',
        },
      ];
    }
    if (file !== undefined && format === undefined && formatOfName(file) === undefined) {
      return [
        {
          path: ['file'],
          message: 'the name does not say what format the file has',
          expected: 'a name that ends in .csv, .tsv, .json, .jsonl or .ndjson, or the option `format`',
          found: file,
          next: 'save the table as CSV, or say `format`',
        },
      ];
    }
    const shape: TableShape =
      file === undefined
        ? { type: 'table', columns: inferColumns(items ?? []), key: [] }
        : { type: 'table', key: [], ...columnsOfFile(baseDir, file, readingOf(options)) };
    const problems = nameProblems(shape, options);
    if (items === undefined || problems.length > 0) return problems;
    const twice = duplicateRow(tableOfItems(items), key);
    return twice === undefined
      ? []
      : [{ path: ['items', twice], message: `two items have the same ${key.join(', ')}` }];
  },

  // Another name for the same contents is the same dataset; only what the name says of the format counts.
  namesOnly: ['file'],

  async externals(options, { baseDir }) {
    const { file } = options;
    if (file === undefined) return {};
    const { format } = readingOf(options);
    return {
      file: { identity: { sha256: sha256(await bytesOfFile(baseDir, file)), format }, detail: file },
    };
  },

  async run({ options, baseDir }) {
    const { items, file, types, key } = options;
    const table = typedTable(
      items === undefined ? await rowsOfFile(baseDir, file ?? '', readingOf(options)) : tableOfItems(items),
      types,
    );
    const { columns } = table;
    const [problem] = nameProblems({ type: 'table', columns, key: [] }, options);
    if (problem !== undefined) throw new Failure({ code: 'unknown-column', blame: 'user', ...problem });
    const twice = duplicateRow(table, key);
    if (twice !== undefined) {
      throw new Failure({
        code: 'key-not-unique',
        blame: 'user',
        message: `two rows have the same ${key.join(', ')}`,
        path: ['key'],
        found: `row ${twice + 1} repeats an earlier one`,
      });
    }
    return { type: 'table', table: withKey(table, key) };
  },
});

/** How the file is to be read; a name whose ending says nothing has been refused before. */
function readingOf({ file = '', format, delimiter, types }: DatasetOptions): FileReading {
  return {
    format: format ?? formatOfName(file) ?? 'json',
    ...(delimiter !== undefined && { delimiter }),
    types: new Map(Object.entries(types)),
  };
}

/** Columns that `key` and `types` name and that are not there. */
function nameProblems(table: TableShape, { key, types }: DatasetOptions): readonly OptionProblem[] {
  return [
    ...unknownColumns(
      table,
      key.map((name, index) => ({ name, path: ['key', index] })),
    ),
    ...unknownColumns(
      table,
      Object.keys(types).map((name) => ({ name, path: ['types', name] })),
    ),
  ];
}

function tableOfItems(items: readonly Row[]): Table {
  const columns = inferColumns(items);
  return { columns, key: [], rows: completeRows(items, columns) };
}

/** A table with the types that are wanted of its columns. @throws Failure `wrong-column-type` where cells do not fit */
function typedTable(table: Table, types: Readonly<Record<string, ColumnType>>): Table {
  const wanted = new Map(Object.entries(types));
  const cells = cellsByName(table);
  const columns = table.columns.map((column): Column => {
    const { name } = column;
    const asked = wanted.get(name) ?? column.type;
    const given = inferType(cells.get(name) ?? []);
    const isEmpty = cells.get(name)?.every((cell) => cell === null) === true;
    const fits = asked === given || asked === 'json' || (asked === 'number' && given === 'integer');
    if (isEmpty || fits) return { ...column, type: asked };
    throw new Failure({
      code: 'wrong-column-type',
      blame: 'user',
      message: `column \`${name}\` is not of type ${asked}`,
      path: ['types', name],
      expected: given,
      found: asked,
    });
  });
  return tableOfColumns({ columns, key: table.key }, cells, rowCount(table));
}

/** The place of the first row that is alike to an earlier one. */
function duplicateRow(table: Table, key: readonly string[]): number | undefined {
  if (key.length === 0) return undefined;
  const numbers = rowNumbers(
    key.map((name) => cellsOf(table, name)),
    rowCount(table),
  );
  const place = numbers.findIndex((number, row) => number !== row);
  return place < 0 ? undefined : place;
}
