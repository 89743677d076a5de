/** A tokenizer.json that loads and has the right number of pieces; benchmarks ask by token ids. */
export function generatedTokenizer(pieces: number): object {
  const vocab = Object.fromEntries(
    Array.from({ length: pieces }, (_, id) => [id === 0 ? '<unk>' : `piece${id}`, id]),
  );
  return {
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    model: { type: 'BPE', unk_token: '<unk>', vocab, merges: [] },
  };
}
