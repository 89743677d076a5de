import { cpSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The reference checkpoints: random weights, 96 pieces, logits computed by transformers (see their index.json). */
export const checkpoints = fileURLToPath(new URL('../../fixtures/checkpoints', import.meta.url));

export const goldenCases = readdirSync(checkpoints).filter((name) => !name.endsWith('.json'));

export function temporaryFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'assay-spec-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Copies a reference checkpoint and gives it a tokenizer; `legacy` takes the older form of config.json. */
export function copyModel(name: string, into: string, { legacy = false } = {}): string {
  const folder = join(into, legacy ? `${name}-legacy` : name);
  cpSync(join(checkpoints, name), folder, { recursive: true });
  if (legacy) renameSync(join(folder, 'config.legacy.json'), join(folder, 'config.json'));
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tinyTokenizer()));
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(tinyTokenizerConfig));
  return folder;
}

export const tinyTokenizerConfig = {
  tokenizer_class: 'LlamaTokenizer',
  bos_token: '<s>',
  eos_token: '</s>',
  unk_token: '<unk>',
  chat_template:
    "{% for message in messages %}{{ bos_token + message['role'] + ': ' + message['content'] }}{% endfor %}",
};

/**
 * SentencePiece-like BPE of 96 pieces: letters, digits, some punctuation, and merges of which one (`:` and a space) can span
 * the join of a prompt and its target.
 */
export function tinyTokenizer(): object {
  const pieces = ['<unk>', '<s>', '</s>', '▁'];
  pieces.push(...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;!?*#-\n"()'.split(''));
  const merges = ['t h', 'th e', 'i s', '▁ i', '▁ the', 'e r', 'i n', ': ▁', 'a n', 'o n', '1 2'];
  const merged = merges.map((merge) => merge.replace(' ', ''));
  const vocabulary = [...pieces, ...merged];
  while (vocabulary.length < 96) vocabulary.push(`<extra_${vocabulary.length}>`);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: ['<unk>', '<s>', '</s>'].map((content, id) => ({
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
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [
        { SpecialToken: { id: '<s>', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { Sequence: { id: 'B', type_id: 1 } },
      ],
      special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
    },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      unk_token: '<unk>',
      fuse_unk: true,
      byte_fallback: false,
      vocab: Object.fromEntries(vocabulary.map((piece, id) => [piece, id])),
      merges,
    },
  };
}
