/**
 * Tokens of many texts as the prefix tree that they are read as: what texts begin with in common is there once. It is kept
 * beside the table of a stage, for people to look at; no stage reads it. Browsers read it too, so nothing here needs Node.
 */
export interface TokenTree {
  /** How many of the most probable tokens each node has. */
  readonly top: number;
  readonly nodes: TokenNodes;
  readonly texts: readonly TokenText[];
  /** Bytes in UTF-8 that each token stands for. */
  readonly bytes: ReadonlyMap<number, Uint8Array>;
}

/** A node is a token after all before it. Parents come before their children. */
export interface TokenNodes {
  /** -1 for none. */
  readonly parents: Int32Array;
  readonly ids: Int32Array;
  /** Nats; NaN where nothing is before the token. */
  readonly logProbs: Float32Array;
  /** 1 is the most probable; 0 where nothing is before the token. */
  readonly ranks: Int32Array;
  /** Of the distribution that the token was read in, nats. */
  readonly entropies: Float32Array;
  /** `top` for each node, most probable first. */
  readonly topIds: Int32Array;
  readonly topLogProbs: Float32Array;
}

export interface TokenText {
  /** Cells that name the row. */
  readonly key: Readonly<Record<string, unknown>>;
  readonly prompt: string;
  /** Empty where the prompt alone was read. */
  readonly target: string;
  /** The node of its last token. */
  readonly leaf: number;
  /** Where each token begins in the bytes of prompt and target; it ends where the next one begins. */
  readonly starts: readonly number[];
  /** Index of the first token of the target. */
  readonly from: number;
  /** Whether that token carries the end of the prompt too. */
  readonly merged: boolean;
}

const FORM = 'assay-tokens/1';

interface Head {
  readonly format: string;
  readonly top: number;
  readonly nodes: number;
  readonly texts: readonly (Omit<TokenText, 'starts'> & { readonly lengths: readonly number[] })[];
  /** By id, characters for bytes. */
  readonly bytes: readonly (readonly [id: number, bytes: string])[];
}

/** Length of the head, the head as JSON, then the columns of the nodes, little-endian, 4 bytes a number, ids of small vocabularies 2. */
export function encodeTokenTree({ top, nodes, texts, bytes }: TokenTree): Uint8Array {
  const head: Head = {
    format: FORM,
    top,
    nodes: nodes.ids.length,
    texts: texts.map(({ starts, ...text }) => ({
      ...text,
      lengths: starts.map((start, i) => start - (starts[i - 1] ?? 0)),
    })),
    bytes: [...bytes].map(([id, own]) => [id, String.fromCharCode(...own)]),
  };
  const json = new TextEncoder().encode(JSON.stringify(head));
  const narrow = isNarrow(bytes.keys());
  const columns = columnsOf(nodes).map((column) =>
    column === nodes.ids || column === nodes.topIds ? (narrow ? Uint16Array.from(column) : column) : column,
  );
  const size = columns.reduce((sum, column) => sum + column.byteLength, 5 + json.byteLength);
  const file = new Uint8Array(size);
  new DataView(file.buffer).setUint32(0, json.byteLength, true);
  file[4] = narrow ? 2 : 4;
  file.set(json, 5);
  let at = 5 + json.byteLength;
  for (const column of columns) {
    file.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
    at += column.byteLength;
  }
  return file;
}

/** @throws Error where it is not such a file */
export function decodeTokenTree(given: Uint8Array): TokenTree {
  // A Buffer's "slice" shares its memory.
  const file = new Uint8Array(given);
  const length = new DataView(file.buffer, file.byteOffset).getUint32(0, true);
  const narrow = file[4] === 2;
  const head = JSON.parse(new TextDecoder().decode(file.subarray(5, 5 + length))) as Head;
  if (head.format !== FORM) throw new Error(`expected tokens of the form ${FORM}, was ${head.format}`);
  let at = 5 + length;
  // Copied: a column begins where the one before ends, which may be no multiple of its numbers' size.
  const take = (bytes: number): ArrayBuffer => file.slice(at, (at += bytes)).buffer;
  const integers = (count: number): Int32Array => new Int32Array(take(4 * count));
  const floats = (count: number): Float32Array => new Float32Array(take(4 * count));
  const ids = (count: number): Int32Array =>
    narrow ? Int32Array.from(new Uint16Array(take(2 * count))) : integers(count);
  const { nodes: count, top } = head;
  const nodes: TokenNodes = {
    parents: integers(count),
    ids: ids(count),
    logProbs: floats(count),
    ranks: integers(count),
    entropies: floats(count),
    topIds: ids(count * top),
    topLogProbs: floats(count * top),
  };
  return {
    top,
    nodes,
    texts: head.texts.map(({ lengths, ...text }) => {
      let start = 0;
      return { ...text, starts: lengths.map((each) => (start += each)) };
    }),
    bytes: new Map(
      head.bytes.map(([id, own]) => [id, Uint8Array.from(own, (character) => character.charCodeAt(0))]),
    ),
  };
}

function columnsOf({
  parents,
  ids,
  logProbs,
  ranks,
  entropies,
  topIds,
  topLogProbs,
}: TokenNodes): readonly (Int32Array | Float32Array)[] {
  return [parents, ids, logProbs, ranks, entropies, topIds, topLogProbs];
}

function isNarrow(ids: Iterable<number>): boolean {
  for (const id of ids) if (id > 0xffff) return false;
  return true;
}

/** A token of a text with what was read of it. */
export interface TreeToken {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Absent where nothing is before the token. */
  readonly reading?: {
    readonly logProb: number;
    readonly rank: number;
    readonly entropy: number;
    readonly top: readonly { readonly id: number; readonly bytes: Uint8Array; readonly logProb: number }[];
  };
}

/** The tokens of a text, from the first to its leaf. */
export function tokensOf(tree: TokenTree, text: TokenText): readonly TreeToken[] {
  const { nodes, top } = tree;
  const path: number[] = [];
  for (let node = text.leaf; node >= 0; node = nodes.parents[node] as number) path.unshift(node);
  const size = new TextEncoder().encode(text.prompt + text.target).length;
  const bytesOf = (id: number): Uint8Array => tree.bytes.get(id) ?? new Uint8Array();
  return path.map((node, i) => {
    const id = nodes.ids[node] as number;
    const token = { id, bytes: bytesOf(id), start: text.starts[i] ?? size, end: text.starts[i + 1] ?? size };
    const rank = nodes.ranks[node] as number;
    if (rank === 0) return token;
    const tops = Array.from({ length: top }, (_, k) => {
      const other = nodes.topIds[node * top + k] as number;
      return { id: other, bytes: bytesOf(other), logProb: nodes.topLogProbs[node * top + k] as number };
    });
    return {
      ...token,
      reading: {
        logProb: nodes.logProbs[node] as number,
        rank,
        entropy: nodes.entropies[node] as number,
        top: tops,
      },
    };
  });
}
