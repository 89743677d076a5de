import type { Column } from './blocks.ts';

/** Row numbers in the order of a column; rows without a value come last either way, equal ones as they were. */
export function sortRows(rows: Int32Array, column: Column, descending: boolean): Int32Array {
  const sign = descending ? -1 : 1;
  const { type } = column.about;
  if (type === 'number' || type === 'integer') {
    const values = Float64Array.from(rows, (row) => {
      const cell = column.at(row);
      return typeof cell === 'number' ? cell : NaN;
    });
    const places = Int32Array.from(rows.keys()).sort((a, b) => {
      const [x, y] = [values[a] as number, values[b] as number];
      if (x === y || (Number.isNaN(x) && Number.isNaN(y))) return a - b;
      if (Number.isNaN(x)) return 1;
      return Number.isNaN(y) ? -1 : sign * (x < y ? -1 : 1);
    });
    return places.map((place) => rows[place] as number);
  }
  const collator = new Intl.Collator('en', { numeric: true });
  const texts = Array.from(rows, (row) => {
    const cell = column.at(row);
    return cell === null ? undefined : typeof cell === 'string' ? cell : JSON.stringify(cell);
  });
  const places = Int32Array.from(rows.keys()).sort((a, b) => {
    const [x, y] = [texts[a], texts[b]];
    if (x === y) return a - b;
    if (x === undefined) return 1;
    if (y === undefined) return -1;
    return sign * collator.compare(x, y) || a - b;
  });
  return places.map((place) => rows[place] as number);
}
