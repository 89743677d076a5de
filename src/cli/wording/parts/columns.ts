import { stripVTControlCharacters } from 'node:util';

export type Align = 'left' | 'right';

/** Rows of texts under each other; the last column is not padded. Colours do not count as width. */
export function alignColumns(
  rows: readonly (readonly string[])[],
  align: readonly Align[] = [],
  gap = '  ',
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((text, i) => (widths[i] = Math.max(widths[i] ?? 0, displayWidth(text))));
  }
  return rows.map((row) =>
    row
      .map((text, i) => {
        const fill = ' '.repeat((widths[i] ?? 0) - displayWidth(text));
        if (align[i] === 'right') return fill + text;
        return i === row.length - 1 ? text : text + fill;
      })
      .join(gap)
      .trimEnd(),
  );
}

/** Cells of a terminal that a text takes: combining marks none, East Asian wide characters and emoji two. */
export function displayWidth(text: string): number {
  const plain = stripVTControlCharacters(text);
  if (/^[\x20-\x7e]*$/.test(plain)) return plain.length;
  let width = 0;
  for (const character of plain) {
    if (/[\p{Mark}\u200b-\u200f\u2060\ufe0f]/u.test(character)) continue;
    width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

/** Unicode Standard Annex 11, the blocks in which (nearly) everything is wide. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;

/** Cuts a line, which may have colours, to what fits in `columns`. */
export function clip(line: string, columns: number): string {
  if (displayWidth(line) <= columns) return line;
  const plain = stripVTControlCharacters(line);
  let width = 0;
  let kept = '';
  for (const character of plain) {
    width += displayWidth(character);
    if (width > columns - 3) break;
    kept += character;
  }
  return `${kept}...`;
}
