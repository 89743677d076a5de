import type { Cell, ColumnType, Row } from '../table.ts';
import { Failure } from '../../system/failure.ts';
import { CsvError, parseCsv } from './csv.ts';

export type FileFormat = 'csv' | 'json' | 'jsonl';

const extensions: Readonly<Record<string, FileFormat>> = {
  csv: 'csv',
  json: 'json',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
};

export function formatOfName(file: string): FileFormat | undefined {
  return extensions[file.slice(file.lastIndexOf('.') + 1).toLowerCase()];
}

/**
 * Rows of a data file. CSV cells are text unless `types` says otherwise; JSON keeps its types.
 *
 * @throws Failure `data-invalid` with the line at fault.
 */
export function readRows(
  text: string,
  format: FileFormat,
  file: string,
  types: Readonly<Record<string, ColumnType>>,
): readonly Row[] {
  switch (format) {
    case 'csv':
      return csvRows(text, file, types);
    case 'json': {
      const value = parsed(text, file);
      if (!Array.isArray(value))
        throw invalid(file, 'the file holds no list', 'a list of objects', kindOf(value));
      return value.map((row, index) => objectRow(row, `${file}, item ${index + 1}`));
    }
    case 'jsonl':
      return text.split('\n').flatMap((line, index) => {
        const where = `${file}, line ${index + 1}`;
        return line.trim() === '' ? [] : [objectRow(parsed(line, where), where)];
      });
  }
}

function csvRows(text: string, file: string, types: Readonly<Record<string, ColumnType>>): readonly Row[] {
  let records;
  try {
    records = parseCsv(text);
  } catch (error) {
    if (error instanceof CsvError)
      throw invalid(`${file}, line ${error.line}`, `not valid CSV: ${error.message}`);
    throw error;
  }
  const [header, ...lines] = records;
  if (header === undefined)
    throw invalid(file, 'the file is empty', 'a first line with the names of the columns');
  const names = header.fields;
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined || names.includes('')) {
    throw invalid(
      `${file}, line ${header.line}`,
      'columns need names of their own',
      undefined,
      names.join(', '),
    );
  }
  return lines.map(({ line, fields }) => {
    if (fields.length !== names.length) {
      throw invalid(
        `${file}, line ${line}`,
        'the line does not fit the header',
        `${names.length} fields (${names.join(', ')})`,
        `${fields.length}`,
      );
    }
    const where = (name: string): string => `${file}, line ${line}, column ${name}`;
    return Object.fromEntries(
      names.map((name, index) => [
        name,
        typedCell(fields[index] ?? '', types[name] ?? 'string', where(name)),
      ]),
    );
  });
}

/** A CSV field as a cell of a type. An empty field of a column that is not text is missing. */
function typedCell(field: string, type: ColumnType, where: string): Cell {
  if (type === 'string') return field;
  if (field === '') return null;
  switch (type) {
    case 'boolean':
      if (field !== 'true' && field !== 'false')
        throw invalid(where, 'not a boolean', 'true or false', field);
      return field === 'true';
    case 'integer':
    case 'number': {
      const named: Readonly<Record<string, number>> = { NaN, Infinity, '-Infinity': -Infinity };
      const value = type === 'number' && field in named ? (named[field] ?? NaN) : Number(field.trim() || 'x');
      const fits =
        type === 'integer' ? Number.isSafeInteger(value) : field in named || Number.isFinite(value);
      if (!fits)
        throw invalid(where, `not ${type === 'integer' ? 'an integer' : 'a number'}`, undefined, field);
      return value;
    }
    case 'json':
      return parsed(field, where);
  }
}

function parsed(text: string, where: string): Cell {
  try {
    return JSON.parse(text) as Cell;
  } catch (error) {
    throw invalid(where, `not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function objectRow(value: Cell, where: string): Row {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(where, 'not an object', 'an object with a field for each column', kindOf(value));
  }
  return value as Row;
}

function kindOf(value: Cell): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

function invalid(where: string, message: string, expected?: string, found?: string): Failure {
  return new Failure({
    code: 'data-invalid',
    blame: 'user',
    message,
    path: ['file'],
    where,
    ...(expected !== undefined && { expected }),
    ...(found !== undefined && { found }),
  });
}
