import type { Component } from './components/component.ts';
import type * as Transformers from './borrowed/transformers.ts';
import { unigram } from './unigram.ts';

/** The token ids of one word, which is what a pre-tokenizer gives. */
export type WordModel = (word: string) => readonly number[];

/** The model of tokenizer.json, checked; transformers.js runs it. */
export interface CheckedModel {
  readonly vocabulary: Vocabulary;
  open(transformers: typeof Transformers): WordModel;
}

/** The model's own tokens; added tokens are beside them. */
export interface Vocabulary {
  readonly size: number;
  readonly idOf: (token: string) => number | undefined;
  /** By id. */
  readonly tokens: () => string[];
  /** A token whose id is no whole number below this one. */
  readonly beyond: (ids: number) => { readonly token: string; readonly id: unknown } | undefined;
}

/**
 * The model of tokenizer.json, if it is one that transformers.js runs as Python's tokenizers does.
 * @throws Failure `tokenizer-component-unverified`
 */
export function checkWordModel(component: Component): CheckedModel {
  const type = component.choice('type', ['BPE', 'Unigram', 'WordPiece', undefined]);
  // Files of old versions do not name the type.
  const checked = models[type ?? (Array.isArray(component.option('vocab')) ? 'Unigram' : 'BPE')](component);
  component.done();
  return checked;
}

const models = { BPE: checkBpe, Unigram: checkUnigram, WordPiece: checkWordPiece } as const;

function checkBpe(component: Component): CheckedModel {
  component.choice('dropout', [null, 0, undefined]);
  // transformers.js does not put a prefix before the parts of a word.
  component.choice('continuing_subword_prefix', [null, '', undefined]);
  const suffix = component.option('end_of_word_suffix') ?? '';
  const options = {
    fuse_unk: component.choice('fuse_unk', [true, false, undefined]) ?? false,
    byte_fallback: component.choice('byte_fallback', [true, false, undefined]) ?? false,
    ignore_merges: component.choice('ignore_merges', [true, false, undefined]) ?? false,
  };
  const vocabulary = wordVocabulary(component);
  const merges = component.option('merges');
  if (!isList(merges)) throw component.refuse('`merges`: a list', merges, 'merges');
  const unknown = unknownToken(component, vocabulary);

  // What has no token of its own is looked up before anything is merged by the library, after it by transformers.js: that is
  // the same as long as no merge joins such tokens.
  const special = new Set(unknown === undefined ? [] : [unknown]);
  if (options.byte_fallback) {
    for (let byte = 0; byte < 256; byte += 1) {
      special.add(byteToken(byte));
      // A character of ASCII that is a token of its own is never spelt.
      const needed = byte > 0x7f || vocabulary.idOf(String.fromCharCode(byte)) === undefined;
      if (needed && vocabulary.idOf(byteToken(byte)) === undefined) {
        throw component.refuse('with `byte_fallback`, a token for each byte', `no ${byteToken(byte)}`);
      }
    }
  }
  const joined = merges.find((merge) => special.size > 0 && joins(merge, special, unknown ?? '<0x'));
  if (joined !== undefined) throw component.refuse('no merge of unknown or byte tokens', joined, 'merges');
  if (suffix !== '' && (typeof suffix !== 'string' || unknown === undefined || options.byte_fallback)) {
    throw component.refuse('`end_of_word_suffix` only with an unknown token', suffix, 'end_of_word_suffix');
  }
  const model = {
    type: 'BPE',
    fuse_unk: options.fuse_unk,
    byte_fallback: options.byte_fallback,
    unk_token: unknown ?? null,
    ...(suffix !== '' && { end_of_word_suffix: suffix }),
    vocab: component.option('vocab'),
    merges,
  };
  return {
    vocabulary,
    open(transformers) {
      const words = wordsOf(transformers, model);
      const merged: WordModel = (word) => words.encode(word, { add_special_tokens: false });
      // A character without a token is dropped before its neighbours are merged; transformers.js drops it afterwards.
      const drops = special.size === 0;
      const ids: WordModel = (word) => merged(drops ? withTokens(word, vocabulary) : word);
      if (!options.ignore_merges) return ids;
      return (word) => {
        const id = vocabulary.idOf(word);
        return id === undefined ? ids(word) : [id];
      };
    },
  };
}

function withTokens(word: string, { idOf }: Vocabulary): string {
  const characters = Array.from(word);
  return characters.every((character) => idOf(character) !== undefined)
    ? word
    : characters.filter((character) => idOf(character) !== undefined).join('');
}

function checkWordPiece(component: Component): CheckedModel {
  const vocabulary = wordVocabulary(component);
  const model = {
    type: 'WordPiece',
    unk_token: unknownToken(component, vocabulary),
    continuing_subword_prefix: component.text('continuing_subword_prefix'),
    max_input_chars_per_word: component.count('max_input_chars_per_word'),
    vocab: component.option('vocab'),
  };
  if (model.unk_token === undefined) throw component.refuse('an unknown token', undefined, 'unk_token');
  return {
    vocabulary,
    open(transformers) {
      const words = wordsOf(transformers, model);
      return (word) => words.encode(word, { add_special_tokens: false });
    },
  };
}

function checkUnigram(component: Component): CheckedModel {
  const vocab = component.option('vocab');
  if (!isScored(vocab)) throw component.refuse('`vocab`: a list of tokens with scores', vocab, 'vocab');
  const unknownId = component.count('unk_id');
  if (unknownId >= vocab.length) throw component.refuse('`unk_id`: a token', unknownId, 'unk_id');
  const byteFallback = component.choice('byte_fallback', [true, false, undefined]) ?? false;
  const ids = new Map(vocab.map(([token], id) => [token, id]));
  const bytes = byteFallback ? Array.from({ length: 256 }, (_, byte) => ids.get(byteToken(byte))) : undefined;
  return {
    vocabulary: {
      size: vocab.length,
      idOf: (token) => ids.get(token),
      tokens: () => vocab.map(([token]) => token),
      beyond(most) {
        const token = vocab[most]?.[0];
        return token === undefined ? undefined : { token, id: most };
      },
    },
    open: () => unigram({ vocab, ids, unknownId, bytes }),
  };
}

/** transformers.js with a model alone: what comes before and after it is Assay's. */
function wordsOf(transformers: typeof Transformers, model: object): Transformers.PreTrainedTokenizer {
  const nothing = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null };
  return new transformers.PreTrainedTokenizer({ ...nothing, model, added_tokens: [] }, {});
}

function wordVocabulary(component: Component): Vocabulary {
  const vocab = component.option('vocab');
  if (typeof vocab !== 'object' || vocab === null || Array.isArray(vocab)) {
    throw component.refuse('`vocab`: ids by token', vocab, 'vocab');
  }
  const ids = vocab as Readonly<Record<string, number>>;
  let size: number | undefined;
  return {
    get size() {
      return (size ??= Object.keys(ids).length);
    },
    idOf: (token) => (Object.hasOwn(ids, token) ? ids[token] : undefined),
    tokens: () => {
      const tokens: string[] = [];
      for (const token in ids) tokens[ids[token] as number] = token;
      return tokens;
    },
    beyond(most) {
      for (const token in ids) {
        const id: unknown = ids[token];
        if (!isIdBelow(most, id)) return { token, id };
      }
      return undefined;
    },
  };
}

export function isIdBelow(most: number, id: unknown): boolean {
  return Number.isInteger(id) && (id as number) >= 0 && (id as number) < most;
}

function unknownToken(component: Component, { idOf }: Vocabulary): string | undefined {
  const token = component.option('unk_token') ?? undefined;
  if (token === undefined) return undefined;
  if (typeof token === 'string' && idOf(token) !== undefined) return token;
  throw component.refuse('`unk_token`: a token of the vocabulary', token, 'unk_token');
}

function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

/** Whether a merge, `["a", "b"]` or in the old form `"a b"`, joins one of these tokens. */
function joins(merge: unknown, tokens: ReadonlySet<string>, unknown: string): boolean {
  if (Array.isArray(merge)) return tokens.has(merge[0] as string) || tokens.has(merge[1] as string);
  const text = String(merge);
  // Most of many merges are not worth taking apart.
  return (text.includes('<0x') || text.includes(unknown)) && text.split(' ').some((part) => tokens.has(part));
}

function isList(found: unknown): found is readonly unknown[] {
  return Array.isArray(found);
}

function isScored(vocab: unknown): vocab is readonly (readonly [string, number])[] {
  return Array.isArray(vocab) && vocab.every((each) => Array.isArray(each) && typeof each[0] === 'string');
}
