import { csvText } from '../columns.ts';
import type { Cell, Column, ColumnType } from '../table.ts';
import { CsvError, delimiterOf, parseCsv, type CsvRecord } from './csv.ts';
import type { FileReading, FileRows } from './file-reading.ts';
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
export function csvRows(text: string, file: string, reading: FileReading): FileRows {
  const [header, ...lines] = recordsOf(text, file, reading);
  const names = headerOf(header, file);
  const columns = csvColumns(names, reading.types);
  const rows = lines.map(({ line, fields }) => {
    if (fields.length !== names.length) {
      throw invalid(`${file}, line ${line}`, 'the line does not fit the header', {
        expected: `${names.length} fields (${names.join(', ')})`,
        found: String(fields.length),
        next: 'quote fields that hold the delimiter',
      });
    }
    return Object.fromEntries(
      columns.map(({ name, type }, index) => [
        name,
        typedCell(fields[index] ?? '', type, `${file}, line ${line}, column ${name}`),
      ]),
    );
  });
  return { columns, rows };
}

const nonFinite: ReadonlyMap<string, number> = new Map([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);

/** A CSV field as a cell of a type. An empty field of a column that is not text is missing. */
function typedCell(field: string, type: ColumnType, where: string): Cell {
  if (type === 'string') return field;
  if (field === '') return null;
  switch (type) {
    case 'boolean':
      if (field === 'true') return true;
      if (field === 'false') return false;
      throw invalid(where, 'not a boolean', {
        expected: 'true or false',
        found: field,
        next: 'write the cell so, or leave the type away and compare the text in a `table` stage',
      });
    case 'integer':
    case 'number':
      return typedNumber(field, type, where);
    case 'json':
      return jsonCell(field, where);
  }
}

function typedNumber(field: string, type: 'integer' | 'number', where: string): number {
  const named = type === 'number' ? nonFinite.get(field) : undefined;
  if (named !== undefined) return named;
  const value = /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$/.test(field) ? Number(field) : NaN;
  // Digits alone may be a name: they are kept all, or refused.
  const digits = /^\s*[-+]?\d{16,}\s*$/.test(field);
  const isWhole = type === 'integer' || digits;
  if (isWhole ? Number.isSafeInteger(value) : Number.isFinite(value)) return value;
  throw invalid(where, `not ${type === 'integer' ? 'an integer' : 'a number'}`, {
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
  const [header] = recordsOf(start.slice(0, endOfLine(start)), file, reading);
  return csvColumns(headerOf(header, file), reading.types);
}

/** Where the first line ends that does not lie inside quotes. */
function endOfLine(text: string): number {
  return /^(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(text)?.[0].length ?? text.length;
}

function recordsOf(text: string, file: string, { format, delimiter }: FileReading): readonly CsvRecord[] {
  try {
    return parseCsv(text, delimiter ?? (format === 'tsv' ? '\t' : delimiterOf(text)));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw invalid(`${file}, line ${error.line}`, `not valid CSV: ${error.message}`);
  }
}
