import { mapOf } from '../../system/names-in-order.ts';
import { completeRows, inferColumns } from '../columns.ts';
import type { ColumnType, Row, Table } from '../table.ts';
import { invalid, refuseManyColumns, told } from './invalid-data.ts';
import { cellOf, Digits, JsonError, parseJson, wellFormed, type Written } from './json-text.ts';

/** An object of a file with the text that holds it, and where that text begins. */
interface JsonItem {
  readonly fields: ReadonlyMap<string, Written>;
  readonly text: string;
  /** `items.json, line 3`: names the line of `text` that is counted from 1. */
  readonly at: (line: number) => string;
}

export function jsonItems(text: string, file: string): readonly JsonItem[] {
  const at = (line: number): string => `${file}, line ${line}`;
  let value: Written;
  try {
    value = parseJson(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    if (!isJsonLines(text)) throw invalid(at(error.line), error.message, told(error));
    throw invalid(file, 'the file holds one JSON object on each line, not one list', {
      expected: 'a list of objects',
      found: 'JSON Lines',
      next: 'say `format: jsonl`, or let its name end in .jsonl',
    });
  }
  if (!Array.isArray(value)) {
    throw invalid(file, 'the file holds no list', {
      expected: 'a list of objects',
      found: kindOf(value),
      next: 'put the list alone into the file, without what stands around it',
    });
  }
  let orders: readonly (readonly string[])[] | undefined;
  return (value as readonly Written[]).map((item, index) => ({
    fields: fieldsOf(item, `${file}, item ${index + 1}`, () => (orders ??= namesIn(text, 2))[index]),
    text,
    at,
  }));
}

function isJsonLines(text: string): boolean {
  const lines = text.split('\n', 20).filter((line) => line.trim() !== '');
  return (
    lines.length > 1 &&
    lines.slice(0, 2).every((line) => {
      try {
        return kindOf(parseJson(line)) === 'an object';
      } catch {
        return false;
      }
    })
  );
}

export function jsonLines(text: string, file: string): readonly JsonItem[] {
  const whole = text.startsWith('\uFEFF') ? text.slice(1) : text;
  return whole.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const where = `${file}, line ${index + 1}`;
    try {
      return [
        { fields: fieldsOf(parseJson(line), where, () => namesIn(line, 1)[0]), text: line, at: () => where },
      ];
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      const isList = index === 0 && line.trimStart().startsWith('[');
      throw invalid(where, error.message, isList ? { next: 'say `format: json` for a list' } : told(error));
    }
  });
}

export function jsonRows(items: readonly JsonItem[], types: ReadonlyMap<string, ColumnType>): Table {
  const names = new Set<string>();
  const rows = items.map(({ fields, text, at }): Row => {
    for (const name of fields.keys()) names.add(name);
    refuseManyColumns(names.size, at(1));
    try {
      return mapOf(
        [...fields].map(([name, value]) => [
          wellFormed(name, text),
          cellOf(value, text, { asText: types.get(name) === 'string' }),
        ]),
      );
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      throw invalid(at(error.line), error.message, told(error));
    }
  });
  const columns = inferColumns(rows);
  return { columns, key: [], rows: completeRows(rows, columns) };
}

/**
 * @param written gives the names as they stand in the text: an object moves those that are whole numbers to the front
 */
function fieldsOf(
  value: Written,
  where: string,
  written: () => readonly string[] | undefined,
): ReadonlyMap<string, Written> {
  if (kindOf(value) !== 'an object') {
    throw invalid(where, 'not an object', {
      expected: 'an object with a field for each column',
      found: kindOf(value),
    });
  }
  const fields = value as { readonly [name: string]: Written };
  const names = Object.keys(fields);
  const order = /^\d+$/.test(names[0] ?? '') ? (written() ?? names) : names;
  return new Map(order.map((name) => [name, fields[name] ?? null]));
}

/** The names of each object at a depth of brackets, in a text that is known to be JSON. */
function namesIn(text: string, depth: number): readonly (readonly string[])[] {
  const found: string[][] = [];
  let level = 0;
  for (const [token, name] of text.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (token === '{' || token === '[') {
      level += 1;
      if (token === '{' && level === depth) found.push([]);
    } else if (token === '}' || token === ']') level -= 1;
    else if (name !== undefined && level === depth) found.at(-1)?.push(JSON.parse(name) as string);
  }
  return found;
}

function kindOf(value: Written): string {
  if (value === null) return 'null';
  if (value instanceof Digits) return 'a number';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
