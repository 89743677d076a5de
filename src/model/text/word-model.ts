import type * as Transformers from '@huggingface/transformers';
import type { Component } from './components/component.ts';
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
  idOf(token: string): number | undefined;
  entries(): Iterable<readonly [token: string, id: number]>;
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
  if (!Array.isArray(merges)) throw component.refuse('`merges`: a list', merges, 'merges');
  const unknown = unknownToken(component, vocabulary);

  // What has no token of its own is looked up before anything is merged by the library, after it by transformers.js: that is
  // the same as long as no merge joins such tokens.
  const special = new Set(unknown === undefined ? [] : [unknown]);
  if (options.byte_fallback) {
    for (let byte = 0; byte < 256; byte += 1) special.add(byteToken(byte));
    const missing = [...special].find((token) => vocabulary.idOf(token) === undefined);
    if (missing !== undefined)
      throw component.refuse('with `byte_fallback`, a token for each byte', `no ${missing}`);
  }
  const joined =
    special.size === 0 ? undefined : merges.find((merge) => partsOf(merge).some((part) => special.has(part)));
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
  const characters = [...word];
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
    vocabulary: { size: vocab.length, idOf: (token) => ids.get(token), entries: () => ids },
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
  return {
    size: Object.keys(ids).length,
    idOf: (token) => (Object.hasOwn(ids, token) ? ids[token] : undefined),
    entries: () => Object.entries(ids),
  };
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

/** Of a merge in the present form, `["a", "b"]`, or the old one, `"a b"`. */
function partsOf(merge: unknown): readonly string[] {
  return Array.isArray(merge) ? (merge as readonly string[]) : String(merge).split(' ');
}

function isScored(vocab: unknown): vocab is readonly (readonly [string, number])[] {
  return Array.isArray(vocab) && vocab.every((each) => Array.isArray(each) && typeof each[0] === 'string');
}
