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

/** What may stand between fields: a comma, or what spreadsheets of other countries and tools write. */
export const delimiters = [',', ';', '\t', '|'] as const;
export type Delimiter = (typeof delimiters)[number];

/**
 * The delimiter of a file whose name does not say: a comma, unless the header holds none and does hold semicolons,
 * tabs or bars. A name of a column that holds one of them is quoted by whoever writes CSV, and quoted text does not count.
 */
export function delimiterOf(source: string): Delimiter {
  const header = (/^\uFEFF?((?:"(?:[^"]|"")*"|[^"\r\n])*)/.exec(source)?.[1] ?? '').replaceAll(
    /"(?:[^"]|"")*"/g,
    '',
  );
  if (header.includes(',')) return ',';
  return delimiters.find((delimiter) => header.includes(delimiter)) ?? ',';
}

/**
 * CSV as RFC 4180 has it: fields by a delimiter, quotes around fields with delimiters, quotes or line breaks, `""` for
 * a quote inside. Takes CRLF, LF and CR, skips a byte order mark and empty lines. A line that is `""` is not empty: it
 * is a record of one empty field.
 *
 * @throws CsvError for a quote that is never closed or that is followed by text.
 */
export function parseCsv(source: string, delimiter: Delimiter = ','): Generator<CsvRecord, undefined> {
  return new Reader(source.startsWith('\uFEFF') ? source.slice(1) : source, delimiter).records();
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

class Reader {
  readonly #text: string;
  readonly #delimiter: Delimiter;
  #position = 0;
  #line = 1;

  constructor(text: string, delimiter: Delimiter) {
    this.#text = text;
    this.#delimiter = delimiter;
  }

  *records(): Generator<CsvRecord, undefined> {
    while (this.#position < this.#text.length) {
      const line = this.#line;
      const start = this.#position;
      const fields = [this.#field()];
      while (this.#text[this.#position] === this.#delimiter) {
        this.#position += 1;
        fields.push(this.#field());
      }
      if (this.#position > start) yield { line, fields };
      this.#lineBreak();
    }
  }

  #lineBreak(): void {
    if (this.#text[this.#position] === '\r') this.#position += 1;
    if (this.#text[this.#position] === '\n') this.#position += 1;
    this.#line += 1;
  }

  #field(): string {
    if (this.#text[this.#position] === '"') return this.#quoted();
    const text = this.#text;
    const delimiter = this.#delimiter.charCodeAt(0);
    let stop = this.#position;
    for (; stop < text.length; stop += 1) {
      const unit = text.charCodeAt(stop);
      if (unit === delimiter || unit === LINE_FEED || unit === CARRIAGE_RETURN) break;
    }
    const field = text.slice(this.#position, stop);
    this.#position = stop;
    return field;
  }

  #quoted(): string {
    const opened = this.#line;
    let field = '';
    this.#position += 1;
    for (;;) {
      const quote = this.#text.indexOf('"', this.#position);
      if (quote < 0) throw new CsvError(opened, 'a quoted field is never closed');
      const piece = this.#text.slice(this.#position, quote);
      field += piece;
      this.#line += piece.split(/\r\n|\r|\n/).length - 1;
      this.#position = quote + 1;
      if (this.#text[this.#position] !== '"') break;
      field += '"';
      this.#position += 1;
    }
    const next = this.#text[this.#position];
    if (next !== undefined && next !== this.#delimiter && next !== '\r' && next !== '\n') {
      throw new CsvError(this.#line, `after a closing quote came ${JSON.stringify(next)}`);
    }
    return field;
  }
}
