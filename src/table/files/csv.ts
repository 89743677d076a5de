/** A mistake in a CSV text. Lines count from 1. */
export class CsvError extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/**
 * CSV as RFC 4180 has it: fields by commas, quotes around fields with commas, quotes or line breaks, `""` for a quote
 * inside. Takes CRLF and LF, skips a byte order mark and empty lines.
 *
 * @throws CsvError for a quote that is never closed or that is followed by text.
 */
export function parseCsv(source: string): readonly CsvRecord[] {
  const text = source.startsWith('\uFEFF') ? source.slice(1) : source;
  const records: CsvRecord[] = [];
  let line = 1;
  let position = 0;
  while (position < text.length) {
    const start = line;
    const fields: string[] = [];
    for (;;) {
      let field = '';
      if (text[position] === '"') {
        const opened = line;
        position += 1;
        for (;;) {
          const quote = text.indexOf('"', position);
          if (quote < 0) throw new CsvError(opened, 'a quoted field is never closed');
          const part = text.slice(position, quote);
          field += part;
          line += part.split('\n').length - 1;
          position = quote + 1;
          if (text[position] !== '"') break;
          field += '"';
          position += 1;
        }
        if (position < text.length && !/[,\r\n]/.test(text[position] ?? '')) {
          throw new CsvError(line, `after a closing quote came ${JSON.stringify(text[position])}`);
        }
      } else {
        const end = /[,\r\n]/g;
        end.lastIndex = position;
        const stop = end.exec(text)?.index ?? text.length;
        field = text.slice(position, stop);
        position = stop;
      }
      fields.push(field);
      if (text[position] !== ',') break;
      position += 1;
    }
    if (text[position] === '\r') position += 1;
    if (text[position] === '\n') position += 1;
    line += 1;
    if (fields.length > 1 || fields[0] !== '') records.push({ line: start, fields });
  }
  return records;
}
