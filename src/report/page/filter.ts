import type { Column, PageTable } from './blocks.ts';

/** Whether a row is to be seen. */
export type RowTest = (row: number) => boolean;

interface Term {
  readonly negated: boolean;
  readonly column?: string;
  readonly operator: '' | '=' | '<' | '<=' | '>' | '>=';
  readonly value: string;
}

/** What is wrong with a filter, for the person who types it. */
export class FilterProblem extends Error {}

/**
 * Terms that must all hold: `word` anywhere in the texts of a row, `column:word`, `column:=text`, `column:<-2`, `-` in front for
 * what must not be; quotes around what has spaces.
 */
export function parseFilter(query: string, columns: readonly string[]): readonly Term[] {
  const terms = query.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? [];
  return terms.map((text) => {
    const negated = text.startsWith('-') && text.length > 1 && !/^-[\d.]/.test(text);
    const plain = (negated ? text.slice(1) : text).replaceAll('"', '');
    const colon = plain.indexOf(':');
    const named = colon > 0 ? plain.slice(0, colon) : undefined;
    if (named === undefined || (!columns.includes(named) && /\s/.test(named)))
      return { negated, operator: '', value: plain.toLowerCase() };
    if (!columns.includes(named)) throw new FilterProblem(`there is no column ${named}`);
    const [, operator = '', value = ''] = /^(<=|>=|<|>|=)?(.*)$/s.exec(plain.slice(colon + 1)) ?? [];
    if (/[<>]/.test(operator) && !Number.isFinite(Number(value)))
      throw new FilterProblem(`${named}:${operator} wants a number`);
    return { negated, column: named, operator: operator as Term['operator'], value: value.toLowerCase() };
  });
}

/** Reads the columns that a filter needs. @throws FilterProblem */
export async function filterOf(query: string, table: PageTable): Promise<RowTest> {
  const names = table.present.map(({ name }) => name);
  const texts = table.present.filter(({ type }) => type === 'string');
  const tests = await Promise.all(
    parseFilter(query, names).map(async (term): Promise<RowTest> => {
      const searched = term.column === undefined ? texts.map(({ name }) => name) : [term.column];
      const columns = await Promise.all(searched.map((name) => table.column(name)));
      const test = testOf(term);
      return (row) => columns.some((column) => test(column, row)) !== term.negated;
    }),
  );
  return (row) => tests.every((test) => test(row));
}

function testOf({ operator, value }: Term): (column: Column, row: number) => boolean {
  const number = Number(value);
  const compare = (ok: (cell: number) => boolean) => (column: Column, row: number) => {
    const cell = column.at(row);
    return typeof cell === 'number' && ok(cell);
  };
  if (operator === '<') return compare((cell) => cell < number);
  if (operator === '<=') return compare((cell) => cell <= number);
  if (operator === '>') return compare((cell) => cell > number);
  if (operator === '>=') return compare((cell) => cell >= number);
  const text = (column: Column, row: number): string => textOf(column.at(row)).toLowerCase();
  if (operator === '=') return (column, row) => text(column, row) === value;
  return (column, row) => text(column, row).includes(value);
}

/** A cell as text: of a missing one, none. */
export function textOf(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  return typeof cell === 'string' ? cell : JSON.stringify(cell);
}
