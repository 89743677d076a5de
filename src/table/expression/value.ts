import { isList } from '../cells.ts';
import type { Cell, ColumnType } from '../table.ts';

/** What an expression gives for a row. A date is a moment in UTC; in a cell it is ISO 8601 text. */
export type Value = Cell | Date;

export type ValueKind = 'boolean' | 'number' | 'text' | 'date' | 'list' | 'object';

/** What is known of a value before there are rows. `null`: it is always missing; `any`: the rows tell. */
export type Type = ValueKind | 'null' | 'any';

export function typeOfColumn(type: ColumnType): Type {
  switch (type) {
    case 'string':
      return 'text';
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'json':
      return 'any';
  }
}

export function columnTypeOf(type: Type): ColumnType {
  switch (type) {
    case 'text':
    case 'date':
      return 'string';
    case 'number':
    case 'boolean':
      return type;
    default:
      return 'json';
  }
}

export function typeOf(value: Value): Type {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'number':
    case 'boolean':
      return typeof value as 'number' | 'boolean';
    case 'string':
      return 'text';
    default:
      return value instanceof Date ? 'date' : isList(value) ? 'list' : 'object';
  }
}

const words: Readonly<Record<Type, string>> = {
  boolean: 'true or false',
  number: 'a number',
  text: 'text',
  date: 'a date',
  list: 'a list',
  object: 'an object',
  null: 'null',
  any: 'a value',
};

export function wordType(type: Type): string {
  return words[type];
}

/** `a list or text` */
export function wordTypes(types: readonly Type[]): string {
  return types.map(wordType).join(' or ');
}

/** The type of a value that is either; null takes no part. */
export function eitherType(a: Type, b: Type): Type {
  if (a === b || b === 'null') return a;
  return a === 'null' ? b : 'any';
}

export function cellFrom(value: Value): Cell {
  return value instanceof Date ? value.toISOString() : value;
}

/** Null, or a number that is none. */
export function isMissingValue(value: Value): value is null {
  return value === null || (typeof value === 'number' && Number.isNaN(value));
}

/** A value in a message: short, and in quotes where it is text. */
export function wordValue(value: Value): string {
  const cell = cellFrom(value);
  const text = typeof cell === 'number' ? String(cell) : JSON.stringify(cell);
  return text.length > 40 ? `${Array.from(text).slice(0, 37).join('')}...` : text;
}
