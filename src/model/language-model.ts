/** What can run the forward pass, fastest first. `tensorflow*` are the native addon; `wasm` is always there. */
export const backendNames = ['tensorflow-gpu', 'tensorflow', 'wasm'] as const;
export type BackendName = (typeof backendNames)[number];

/** An open checkpoint: its tokenizer, and machines that hold its weights. */
export interface LanguageModel extends ReadingModel {
  readonly tokenizer: Tokenizer;
}

/** Machines that hold the weights of a checkpoint: all that reads token ids. */
export interface ReadingModel {
  readonly identity: ModelIdentity;
  /** Longest sequence, in tokens, BOS included. */
  readonly contextLength: number;
  readonly vocabularySize: number;
  /** A read of at least so many distinct prefixes is as fast, by the prefix, as a larger one. */
  readonly efficientPrefixes: number;
  /**
   * Reads every sequence in one forward pass over the tree of their prefixes: each distinct prefix is computed once.
   * Readings come in the order of the requests.
   */
  read(requests: readonly ReadingRequest[], options?: ReadOptions): Promise<ReadResult>;
  /** How weights are held, and what the process has taken so far. Not part of `Numerics`: it changes no number. */
  memoryUse?(): MemoryUse;
  dispose(): Promise<void>;
}

export interface MemoryUse {
  /** All in memory, or layer by layer in every sweep. */
  readonly weights: 'resident' | 'streamed';
  /** Most resident memory of the whole process until now, in bytes. */
  readonly peakBytes: number;
}

export interface ReadOptions {
  /** Called with distinct prefixes computed so far and in all. */
  readonly onProgress?: (done: number, total: number) => void;
  /**
   * Called with readings as soon as they are whole, each once, in any order; the pass goes on when it has resolved. Those that are not
   * given to it come with the result, which has all.
   */
  readonly onReadings?: (found: readonly FoundReading[]) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

/** A reading with the index of its request. */
export interface FoundReading {
  readonly index: number;
  readonly reading: Reading;
}

/** What is asked about one token sequence. */
export interface ReadingRequest {
  /** Token ids, BOS included where it is wanted; at least one, at most `contextLength` that something is read after. */
  readonly ids: readonly number[];
  /** Log-probabilities and ranks are read for `ids[from..]`, each given all before it. At least 1. */
  readonly from: number;
  /**
   * Where the next-token distribution is read: the index of the token after which it is read. `from - 1` is the
   * distribution at the join of prompt and target. `each`: before every token that is read, as `distributions`.
   */
  readonly distributionAt?: number | 'each';
  /** How many of the most probable tokens to give at `distributionAt`. */
  readonly topTokens?: number;
}

export interface Reading {
  /** log P(ids[from + i] | ids[0 .. from + i - 1]) in nats. */
  readonly logProbs: readonly number[];
  /** 1 + number of tokens that are more probable than ids[from + i] there. */
  readonly ranks: readonly number[];
  readonly distribution?: Distribution;
  /** Where `each` was asked for: the distribution in which ids[from + i] was read. */
  readonly distributions?: readonly Distribution[];
}

/** What the model expects next. */
export interface Distribution {
  /** -sum p log p over the whole vocabulary, in nats. */
  readonly entropy: number;
  /** Most probable first; ties by lower id. */
  readonly top: readonly { readonly id: number; readonly logProb: number }[];
}

export interface ReadResult {
  readonly readings: readonly Reading[];
  /** Tokens in all requests; distinct prefixes that were computed for them. */
  readonly tokensAsked: number;
  readonly prefixesComputed: number;
}

/** Who the model is: contents, never a name or a path. */
export interface ModelIdentity {
  /** SHA-256 of the canonical JSON of `files`. */
  readonly digest: string;
  /** SHA-256 of each file that determines a score: weights, config.json, tokenizer.json, tokenizer_config.json. */
  readonly files: Readonly<Record<string, string>>;
}

/** How the numbers were made: what may change low bits. Part of the key of every score, and of where readings are kept. */
export interface Numerics {
  readonly backend: BackendName;
  readonly dtype: 'float32';
  /** SHA-256 of the code that makes readings of token ids and weights, and of the versions of the packages it imports. */
  readonly code: string;
  /** The library under the backend, by name and version: `tfjs-backend-wasm 4.22.0`. */
  readonly library: string;
}

export interface ChatOptions {
  /** The day that a template may write, as `2024-07-26`. Default: none, and the template's own where it has one. */
  readonly date?: string;
}

export interface Tokenizer {
  /** Token ids without special tokens. */
  encode(text: string): number[];
  /** One token as people read it: `▁Berlin`, `<0x0A>`. */
  token(id: number): string;
  /** The part of a text, in UTF-8, that one token stands for; of a special token its name. A character may be in several. */
  bytes(id: number): Uint8Array;
  decode(ids: readonly number[]): string;
  /** BOS id, if the tokenizer has one. */
  readonly bos: number | undefined;
  /** Whether the tokenizer's own post-processor puts BOS in front (`bos: auto`). */
  readonly addsBos: boolean;
  /** The model's chat template applied to messages. @throws Failure `no-chat-template`, `chat-template` */
  chat(
    messages: readonly { readonly role: string; readonly content: string }[],
    options?: ChatOptions,
  ): string;
}
