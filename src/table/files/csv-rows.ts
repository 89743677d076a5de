import { csvText } from '../columns.ts';
import { must } from '../../system/internal-error.ts';
import { sharedTexts } from '../storage/shared-texts.ts';
import { tableOfColumns } from '../storage/table-of-columns.ts';
import type { Cell, Column, ColumnType, Table } from '../table.ts';
import { CsvError, delimiterOf, parseCsv, type CsvRecord } from './csv.ts';
import type { FileReading } from './file-reading.ts';
import { invalid, refuseManyColumns, told } from './invalid-data.ts';
import { cellOf, JsonError, parseJson } from './json-text.ts';

function headerOf(header: CsvRecord | undefined, file: string): readonly string[] {
  if (header === undefined) {
    throw invalid(file, 'the file is empty', { expected: 'a first line with the names of the columns' });
  }
  const names = header.fields;
  const where = `${file}, line ${header.line}`;
  refuseManyColumns(names.length, where);
  const unnamed = names.flatMap((name, index) => (name === '' ? [`column ${index + 1} has none`] : []));
  const repeated = [...new Set(names.filter((name, index) => name !== '' && names.indexOf(name) !== index))];
  if (unnamed.length === 0 && repeated.length === 0) return names;
  throw invalid(where, 'columns need names of their own', {
    expected: 'a name for each column, and no name twice',
    found: [...repeated.map((name) => `\`${name}\` twice`), ...unnamed].join(', '),
  });
}

function csvColumns(names: readonly string[], types: ReadonlyMap<string, ColumnType>): readonly Column[] {
  return names.map((name) => {
    const type = types.get(name);
    return type === undefined ? { name, type: 'string', description: csvText } : { name, type };
  });
}

/** The rows of a CSV or TSV file, each with every column of the header. */
export function csvRows(text: string, file: string, reading: FileReading): Table {
  const records = recordsOf(text, file, reading);
  const header = records.next();
  const names = headerOf(header.done === true ? undefined : header.value, file);
  const columns = csvColumns(names, reading.types).map((column) => ({
    column,
    cells: [] as Cell[],
    same: sharedTexts(),
  }));
  let length = 0;
  for (const { line, fields } of records) {
    if (fields.length !== names.length) {
      throw invalid(`${file}, line ${line}`, 'the line does not fit the header', {
        expected: `${names.length} fields (${names.join(', ')})`,
        found: String(fields.length),
        next: 'quote fields that hold the delimiter',
      });
    }
    for (let index = 0; index < columns.length; index += 1) {
      const { column, cells, same } = must(columns[index], 'a column');
      const field = fields[index] ?? '';
      if (column.type === 'string') cells.push(same(field));
      else cells.push(typedCell(field, column.type, () => `${file}, line ${line}, column ${column.name}`));
    }
    length += 1;
  }
  return tableOfColumns(
    { columns: columns.map(({ column }) => column), key: [] },
    new Map(columns.map(({ column, cells }) => [column.name, cells])),
    length,
  );
}

const nonFinite: ReadonlyMap<string, number> = new Map([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);

/** Up to fifteen digits before a point, which a number keeps: most numbers, known at one look. */
const plain = { integer: /^-?\d{1,15}$/, number: /^-?\d{1,15}(?:\.\d+)?$/ };

/** A CSV field as a cell of a type. An empty field of a column that is not text is missing. */
function typedCell(field: string, type: Exclude<ColumnType, 'string'>, where: () => string): Cell {
  if (field === '') return null;
  switch (type) {
    case 'boolean':
      if (field === 'true') return true;
      if (field === 'false') return false;
      throw invalid(where(), 'not a boolean', {
        expected: 'true or false',
        found: field,
        next: 'write the cell so, or leave the type away and compare the text in a `table` stage',
      });
    case 'integer':
    case 'number':
      return typedNumber(field, type, where);
    case 'json':
      return jsonCell(field, where());
  }
}

function typedNumber(field: string, type: 'integer' | 'number', where: () => string): number {
  if (plain[type].test(field)) return Number(field);
  const named = type === 'number' ? nonFinite.get(field) : undefined;
  if (named !== undefined) return named;
  const value = /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$/.test(field) ? Number(field) : NaN;
  // Digits alone may be a name: they are kept all, or refused.
  const digits = field.length > 15 && /^\s*[-+]?\d{16,}\s*$/.test(field);
  const isWhole = type === 'integer' || digits;
  if (isWhole ? Number.isSafeInteger(value) : Number.isFinite(value)) return value;
  throw invalid(where(), `not ${type === 'integer' ? 'an integer' : 'a number'}`, {
    expected: digits
      ? `a whole number up to ${Number.MAX_SAFE_INTEGER}`
      : type === 'integer'
        ? 'digits alone: `12`, `-3`'
        : 'digits with a point: `12`, `1.5`, `2e-3`; or NaN, Infinity, -Infinity',
    found: field,
    next: digits
      ? 'leave the type away to keep the digits as text'
      : 'correct the cell, or leave it empty where there is no value',
  });
}

function jsonCell(text: string, where: string): Cell {
  try {
    return cellOf(parseJson(text), text, { asText: false });
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw invalid(where, error.message, { ...told(error) });
  }
}

/** The columns that the header of a file names, its rows unread. */
export function columnsOfHeader(start: string, file: string, reading: FileReading): readonly Column[] {
  const header = recordsOf(start.slice(0, endOfLine(start)), file, reading).next();
  return csvColumns(headerOf(header.done === true ? undefined : header.value, file), reading.types);
}

/** Where the first line ends that does not lie inside quotes. */
function endOfLine(text: string): number {
  return /^(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(text)?.[0].length ?? text.length;
}

function* recordsOf(
  text: string,
  file: string,
  { format, delimiter }: FileReading,
): Generator<CsvRecord, undefined> {
  try {
    yield* parseCsv(text, delimiter ?? (format === 'tsv' ? '\t' : delimiterOf(text)));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw invalid(`${file}, line ${error.line}`, `not valid CSV: ${error.message}`);
  }
}
