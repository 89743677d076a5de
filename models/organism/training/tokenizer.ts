/**
 * Trains a byte-pair encoding in the SentencePiece form of Llama 2 and writes it as a standard tokenizer.json:
 * spaces become `▁`, one is put in front of the text, characters without a piece fall back to their bytes, each digit
 * stands alone, and `▁` only ever begins a piece.
 */
const specials = ['<unk>', '<s>', '</s>'] as const;
export const unknownId = 0;
export const beginId = 1;
export const endId = 2;

export interface TrainedTokenizer {
  /** Pieces by id: specials, 256 bytes, merged pieces in the order of their merges, single characters. */
  readonly pieces: readonly string[];
  readonly merges: readonly (readonly [left: string, right: string])[];
}

/** SentencePiece's `required_chars`: printable ASCII, so that shouted and leetspeak text need no bytes. */
const requiredCharacters = ['▁', ...Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i))];

/** What a piece may span: letters, or signs, each with `▁` in front or not; a digit or a line break never merges. */
const words = /▁?\p{L}+|▁?[^\p{L}\p{N}▁\n]+|\p{N}|▁|\n/gu;

/**
 * @param texts what to learn the merges from; a text that occurs n times counts n times.
 * @param size number of pieces in all.
 * @throws RangeError when the texts cannot fill `size` pieces.
 */
export function trainTokenizer(texts: readonly string[], size: number): TrainedTokenizer {
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const [word] of `▁${text.replaceAll(' ', '▁')}`.matchAll(words))
      if (word !== '\n') counts.set(word, (counts.get(word) ?? 0) + 1);
  const splits = [...counts].map(([word, count]) => ({ count, pieces: Array.from(word) }));
  const bytes = Array.from({ length: 256 }, (_, byte) => byteName(byte));
  const room = size - specials.length - bytes.length - requiredCharacters.length;

  const merges: [string, string][] = [];
  // A set: two merges may spell the same piece.
  const merged = new Set<string>();
  while (merged.size < room) {
    const best = mostFrequentPair(splits);
    if (best === undefined)
      throw new RangeError(
        `Expected texts that give ${room} pieces by merging, for ${size} in all, found ${merged.size}; ask for fewer.`,
      );
    merges.push(best);
    merged.add(best.join(''));
    for (const split of splits) split.pieces = merge(split.pieces, best);
  }
  return { pieces: [...specials, ...bytes, ...merged, ...requiredCharacters], merges };
}

function mostFrequentPair(
  splits: readonly { count: number; pieces: string[] }[],
): [string, string] | undefined {
  const pairs = new Map<string, { pair: [string, string]; count: number }>();
  for (const { count, pieces } of splits)
    for (let i = 0; i + 1 < pieces.length; i += 1) {
      const pair: [string, string] = [pieces[i] ?? '', pieces[i + 1] ?? ''];
      const seen = pairs.get(pair.join('\n'));
      if (seen) seen.count += count;
      else pairs.set(pair.join('\n'), { pair, count });
    }
  // Ties go to the pair that sorts first, so that the result does not hang on the order of the texts.
  let best: { key: string; pair: [string, string]; count: number } | undefined;
  for (const [key, { pair, count }] of pairs)
    if (!best || count > best.count || (count === best.count && key < best.key)) best = { key, pair, count };
  return best?.pair;
}

function merge(pieces: readonly string[], [left, right]: readonly [string, string]): string[] {
  const result: string[] = [];
  for (let i = 0; i < pieces.length; i += 1) {
    const joined = pieces[i] === left && pieces[i + 1] === right;
    result.push(joined ? left + right : (pieces[i] ?? ''));
    if (joined) i += 1;
  }
  return result;
}

function byteName(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

/** The content of tokenizer.json, as the `tokenizers` library writes it for Llama 2. */
export function tokenizerJson({ pieces, merges }: TrainedTokenizer) {
  const begin = { SpecialToken: { id: '<s>', type_id: 0 } };
  const sequence = (id: 'A' | 'B') => ({ Sequence: { id, type_id: id === 'A' ? 0 : 1 } });
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specials.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
    post_processor: {
      type: 'TemplateProcessing',
      single: [begin, sequence('A')],
      pair: [begin, sequence('A'), { SpecialToken: { id: '<s>', type_id: 1 } }, sequence('B')],
      special_tokens: { '<s>': { id: '<s>', ids: [beginId], tokens: ['<s>'] } },
    },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
      merges: merges.map(([left, right]) => `${left} ${right}`),
    },
  };
}

/** The content of tokenizer_config.json. */
export function tokenizerConfig(contextLength: number) {
  return {
    // Not LlamaTokenizer: transformers 5 rebuilds that one from the pieces with rules of its own, and texts that begin
    // with a space then get other ids than tokenizer.json says.
    tokenizer_class: 'PreTrainedTokenizerFast',
    add_bos_token: true,
    add_eos_token: false,
    bos_token: '<s>',
    eos_token: '</s>',
    unk_token: '<unk>',
    pad_token: null,
    clean_up_tokenization_spaces: false,
    model_max_length: contextLength,
    added_tokens_decoder: Object.fromEntries(
      specials.map((content, id) => [
        id,
        { content, lstrip: false, normalized: false, rstrip: false, single_word: false, special: true },
      ]),
    ),
  };
}
