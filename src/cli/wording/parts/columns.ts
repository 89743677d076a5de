import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';

export type Align = 'left' | 'right';

/** Rows of texts under each other; the last column is not padded. Colours do not count as width. */
export function alignColumns(
  rows: readonly (readonly string[])[],
  align: readonly Align[] = [],
  gap = '  ',
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((text, i) => (widths[i] = Math.max(widths[i] ?? 0, stringWidth(text))));
  }
  return rows.map((row) =>
    row
      .map((text, i) => {
        const fill = ' '.repeat((widths[i] ?? 0) - stringWidth(text));
        if (align[i] === 'right') return fill + text;
        return i === row.length - 1 ? text : text + fill;
      })
      .join(gap)
      .trimEnd(),
  );
}

/** Cuts a line, which may have colours, to what fits in `columns`. */
export function clip(line: string, columns: number): string {
  if (stringWidth(line) <= columns) return line;
  const plain = stripVTControlCharacters(line);
  let width = 0;
  let kept = '';
  for (const { segment: character } of new Intl.Segmenter().segment(plain)) {
    width += stringWidth(character);
    if (width > columns - 3) break;
    kept += character;
  }
  return `${kept}...`;
}

/** A paragraph in lines of at most `columns`, broken at spaces, each behind `indent`; a longer word stands alone. */
export function wrap(text: string, columns: number, indent = ''): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const joined = `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length > 0 && stringWidth(joined) <= columns) lines[lines.length - 1] = joined;
    else lines.push(indent + word);
  }
  return lines;
}
