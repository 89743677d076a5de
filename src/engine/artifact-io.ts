import type { Artifact, ArtifactType, RowPrompt } from './artifact.ts';
import type { Cell, Column, Table } from '../table/table.ts';
import { digestOf, type Json, type JsonObject } from '../system/json.ts';
import { sha256 } from '../system/hash.ts';
import { decodeTokenTree, encodeTokenTree } from './token-tree.ts';
import { InternalError } from '../system/internal-error.ts';
import { entriesOf, jsonInOrder, mapOf } from '../system/names-in-order.ts';

/** The files of an artifact by name, as they are in the store and in the run folder. */
export type ArtifactFiles = ReadonlyMap<string, Uint8Array>;

/** An artifact by its contents: enough to find and check its files. */
export interface ArtifactDescriptor {
  readonly type: ArtifactType;
  /** SHA-256 of the canonical JSON of type, file names and file digests. */
  readonly digest: string;
  readonly files: readonly { readonly name: string; readonly sha256: string; readonly bytes: number }[];
  /** For tables. */
  readonly rows?: number;
}

const TABLE = 'table.jsonl';
const TABLE_SCHEMA = 'table.schema.json';
const TABLE_FORMAT = 'assay-table/1';
/** Beside a table: line n is what the model was given for row n. */
const PROMPTS = 'prompts.jsonl';
/** Beside a table of tokens: all of them as one tree. */
const TOKENS = 'tokens.bin';
const VALUE = 'value.json';
const TEXT = 'text.md';
const FIGURE = { spec: 'figure.vl.json', svg: 'figure.svg', png: 'figure.png' } as const;

/** The bytes of an artifact: the same artifact always gives the same bytes. Throws when it is not what it says it is. */
export function encodeArtifact(artifact: Artifact): ArtifactFiles {
  switch (artifact.type) {
    case 'table':
      return new Map([
        ...encodeTable(artifact.table),
        ...encodePrompts(artifact),
        ...(artifact.tokens === undefined ? [] : [[TOKENS, encodeTokenTree(artifact.tokens)] as const]),
      ]);
    case 'value':
      return new Map([[VALUE, utf8(`${jsonInOrder(explicit(artifact.value, 'value'))}\n`)]]);
    case 'text':
      return new Map([[TEXT, utf8(artifact.text)]]);
    case 'figure':
      return new Map([
        [FIGURE.spec, utf8(`${JSON.stringify(explicit(artifact.spec, 'figure'), null, 2)}\n`)],
        [FIGURE.svg, utf8(artifact.svg)],
        [FIGURE.png, artifact.png],
      ]);
  }
}

export function describeArtifact(artifact: Artifact, files: ArtifactFiles): ArtifactDescriptor {
  const described = [...files].map(([name, bytes]) => ({
    name,
    sha256: sha256(bytes),
    bytes: bytes.byteLength,
  }));
  return {
    type: artifact.type,
    digest: digestOfFiles(artifact.type, described),
    files: described,
    ...(artifact.type === 'table' && { rows: artifact.table.rows.length }),
  };
}

export function digestOfFiles(
  type: ArtifactType,
  files: readonly { readonly name: string; readonly sha256: string }[],
): string {
  return digestOf({
    type,
    files: Object.fromEntries(files.map(({ name, sha256: digest }) => [name, digest])),
  });
}

/** The inverse of `encodeArtifact`. The files have been checked against their digests. */
export function decodeArtifact(type: ArtifactType, files: ArtifactFiles): Artifact {
  const text = (name: string) => Buffer.from(file(files, name)).toString('utf8');
  switch (type) {
    case 'table':
      return {
        type,
        table: decodeTable(text(TABLE_SCHEMA), text(TABLE)),
        ...(files.has(PROMPTS) && { prompts: decodePrompts(text(PROMPTS)) }),
        ...(files.has(TOKENS) && { tokens: decodeTokenTree(file(files, TOKENS)) }),
      };
    case 'value':
      return { type, value: implicit(JSON.parse(text(VALUE)) as Json) };
    case 'text':
      return { type, text: text(TEXT) };
    case 'figure':
      return {
        type,
        spec: implicit(JSON.parse(text(FIGURE.spec)) as Json),
        svg: text(FIGURE.svg),
        png: file(files, FIGURE.png),
      };
  }
}

function encodeTable({ columns, key, rows }: Table): ArtifactFiles {
  const names = new Set<string>();
  for (const { name } of columns) {
    if (names.has(name)) throw broken(`columns of different names, was \`${name}\` twice`);
    names.add(name);
  }
  for (const name of key) {
    if (!names.has(name)) throw broken(`a key of columns that the table has, was \`${name}\``);
  }
  const schema = {
    format: TABLE_FORMAT,
    columns: columns.map(({ name, type, unit, description, counts }) => ({
      name,
      type,
      ...(unit !== undefined && { unit }),
      ...(description !== undefined && { description }),
      ...(counts === true && { counts }),
    })),
    key,
    rows: rows.length,
  };
  const writers = columns.map((column) => ({ column, head: `${JSON.stringify(column.name)}:` }));
  const lines = rows.map((row, index) => {
    for (const name in row) {
      if (!names.has(name)) throw broken(`no cell outside the columns, was \`${name}\` in row ${index}`);
    }
    return `{${writers.map(({ column, head }) => head + cellText(row[column.name], column, index)).join(',')}}\n`;
  });
  return new Map([
    [TABLE, utf8(lines.join(''))],
    [TABLE_SCHEMA, utf8(`${JSON.stringify(schema, null, 2)}\n`)],
  ]);
}

/** Numbers in their shortest form that reads back exactly; `null` is a missing cell of any type. */
function cellText(cell: Cell | undefined, column: Column, row: number): string {
  if (cell === null || cell === undefined) return 'null';
  const { type } = column;
  if (type === 'json') return JSON.stringify(explicit(cell, `column \`${column.name}\`, row ${row}`));
  if (type === 'number' && typeof cell === 'number') {
    return Number.isFinite(cell) ? numberText(cell) : `"${String(cell)}"`;
  }
  const fits =
    type === 'integer'
      ? Number.isSafeInteger(cell)
      : type === 'string'
        ? typeof cell === 'string' && cell.isWellFormed()
        : typeof cell === type;
  if (!fits) {
    throw broken(`${type} in column \`${column.name}\`, row ${row}, was ${wordCell(cell)}`);
  }
  return typeof cell === 'number' ? numberText(cell) : JSON.stringify(cell);
}

function decodeTable(schemaText: string, text: string): Table {
  const schema = JSON.parse(schemaText) as { format: string; columns: Column[]; key: string[]; rows: number };
  if (schema.format !== TABLE_FORMAT) throw broken(`a table of format ${TABLE_FORMAT}, was ${schema.format}`);
  const numbers = schema.columns.filter(({ type }) => type === 'number').map(({ name }) => name);
  const jsons = schema.columns.filter(({ type }) => type === 'json').map(({ name }) => name);
  const rows = text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const row = JSON.parse(line) as Record<string, Cell>;
      for (const name of numbers) {
        const cell = row[name];
        if (typeof cell === 'string') row[name] = NON_FINITE[cell] ?? NaN;
      }
      for (const name of jsons) row[name] = implicit(row[name] ?? null);
      return row;
    });
  return { columns: schema.columns, key: schema.key, rows };
}

function encodePrompts({ prompts, table }: Extract<Artifact, { type: 'table' }>): ArtifactFiles {
  if (prompts === undefined) return new Map();
  if (prompts.length !== table.rows.length) {
    throw broken(`a prompt for each of ${table.rows.length} rows, was ${prompts.length} prompts`);
  }
  const lines = prompts.map(({ prompt, targets, against }) => {
    return `${JSON.stringify({ prompt, targets, ...(against !== undefined && { against }) })}\n`;
  });
  return new Map([[PROMPTS, utf8(lines.join(''))]]);
}

function decodePrompts(text: string): readonly RowPrompt[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as RowPrompt);
}

/** Numbers that JSON cannot say, or that JSON.stringify loses. */
const NON_FINITE: Record<string, number> = { NaN, Infinity, '-Infinity': -Infinity, '-0': -0 };
const EXPLICIT = '$number';
/** An object of the user's that looks like that has one more `$` on disk: `{"$$number": "NaN"}`. */
const LOOKS_EXPLICIT = /^\$+number$/;
const ESCAPED = /^\$\$+number$/;

/** JSON.stringify loses the sign of zero, and a table should read back as it was. */
function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Numbers that JSON cannot say as `{"$number": "Infinity"}`; refuses what JSON would lose. */
function explicit(cell: Cell | undefined, where: string): Json {
  if (typeof cell === 'number') {
    const plain = Number.isFinite(cell) && !Object.is(cell, -0);
    return plain ? cell : { [EXPLICIT]: Object.is(cell, -0) ? '-0' : String(cell) };
  }
  if (cell === null || typeof cell === 'boolean') return cell;
  if (typeof cell === 'string') {
    if (!cell.isWellFormed()) throw broken(`well-formed text in ${where}, was a lone surrogate`);
    return cell;
  }
  if (Array.isArray(cell)) return cell.map((item: Cell, index) => explicit(item, `${where}[${index}]`));
  if (typeof cell !== 'object' || ![Object.prototype, null].includes(Object.getPrototypeOf(cell) as null)) {
    throw broken(`JSON in ${where}, was ${wordCell(cell)}`);
  }
  // A stage of a user's own may leave a field undefined, whatever its type says.
  const entries = entriesOf(cell as Readonly<Record<string, Cell | undefined>>).filter(
    (entry): entry is [string, Cell] => entry[1] !== undefined,
  );
  const isAlone = entries.length === 1;
  return mapOf(
    entries.map(
      ([name, value]) =>
        [
          isAlone && LOOKS_EXPLICIT.test(name) ? `$${name}` : name,
          explicit(value, `${where}.${name}`),
        ] as const,
    ),
  );
}

function implicit(json: Json): Cell {
  if (json === null || typeof json !== 'object') return json;
  if (Array.isArray(json)) return json.map((item: Json) => implicit(item));
  const entries = Object.entries(json as JsonObject);
  const only = entries.length === 1 ? entries[0] : undefined;
  if (only?.[0] === EXPLICIT && typeof only[1] === 'string' && Object.hasOwn(NON_FINITE, only[1])) {
    return NON_FINITE[only[1]] ?? NaN;
  }
  return Object.fromEntries(
    entries.map(([name, value]) => [
      only !== undefined && ESCAPED.test(name) ? name.slice(1) : name,
      implicit(value),
    ]),
  );
}

function wordCell(cell: unknown): string {
  if (cell === undefined || typeof cell === 'function') return typeof cell;
  if (typeof cell === 'object' && cell !== null) return Array.isArray(cell) ? 'a list' : 'a map';
  return `${typeof cell} ${JSON.stringify(cell)}`;
}

function broken(expected: string): InternalError {
  return new InternalError(`expected ${expected}`);
}

function file(files: ArtifactFiles, name: string): Uint8Array {
  const bytes = files.get(name);
  if (bytes === undefined) throw broken(`the artifact file ${name}, was none`);
  return bytes;
}

function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}
