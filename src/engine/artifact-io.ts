import type { Artifact, ArtifactType, RowPrompt } from './artifact.ts';
import type { Table } from '../table/table.ts';
import { rowCount } from '../table/storage/table-of-columns.ts';
import { digestOf, type Json } from '../system/json.ts';
import { sha256 } from '../system/hash.ts';
import { decodeTokenTree, encodeTokenTree } from './token-tree.ts';
import { must } from '../system/internal-error.ts';
import { jsonInOrder } from '../system/names-in-order.ts';
import { broken, explicit, implicit } from './json-cells.ts';
import { bytesOfLines, decodeTable, encodeTable, linesOf } from './table-lines.ts';

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
        ...encodedTable(artifact.table),
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
    ...(artifact.type === 'table' && { rows: rowCount(artifact.table) }),
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
        table: decodeTable(text(TABLE_SCHEMA), file(files, TABLE)),
        ...(files.has(PROMPTS) && { prompts: decodePrompts(file(files, PROMPTS)) }),
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

function encodedTable(table: Table): ArtifactFiles {
  const { schema, lines } = encodeTable(table);
  return new Map([
    [TABLE, lines],
    [TABLE_SCHEMA, utf8(schema)],
  ]);
}

function encodePrompts({ prompts, table }: Extract<Artifact, { type: 'table' }>): ArtifactFiles {
  if (prompts === undefined) return new Map();
  if (prompts.length !== rowCount(table)) {
    throw broken(`a prompt for each of ${rowCount(table)} rows, was ${prompts.length} prompts`);
  }
  const lines = bytesOfLines(prompts.length, (index) => {
    const { prompt, targets, against } = must(prompts[index], 'a prompt');
    return JSON.stringify({ prompt, targets, ...(against !== undefined && { against }) });
  });
  return new Map([[PROMPTS, lines]]);
}

function decodePrompts(bytes: Uint8Array): readonly RowPrompt[] {
  return [...linesOf(bytes)].map((line) => JSON.parse(line) as RowPrompt);
}

function file(files: ArtifactFiles, name: string): Uint8Array {
  const bytes = files.get(name);
  if (bytes === undefined) throw broken(`the artifact file ${name}, was none`);
  return bytes;
}

function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}
