import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PreTrainedTokenizer } from '@huggingface/transformers';
import { type Tokenizer } from '../language-model.ts';
import { Failure } from '../../system/failure.ts';

/**
 * The tokenizer of a model folder: tokenizer.json run by transformers.js, special tokens and chat template from
 * tokenizer_config.json (or chat_template.jinja). Whether BOS is put in front is decided by tokenizer.json's post-processor
 * alone; `add_bos_token` says nothing.
 * @throws Failure `tokenizer-missing`, `tokenizer-json`, `tokenizer-unsupported`
 */
export async function openTokenizer(folder: string): Promise<Tokenizer> {
  const { json, config, file } = readTokenizerFiles(folder);
  return makeTokenizer(json, config, file);
}

/**
 * What `makeTokenizer` takes.
 * @throws Failure `tokenizer-missing`, `tokenizer-json`
 */
export function readTokenizerFiles(folder: string): {
  readonly json: object;
  readonly config: object;
  readonly file: string;
} {
  const file = join(folder, 'tokenizer.json');
  if (!existsSync(file)) {
    throw new Failure({
      code: 'tokenizer-missing',
      blame: 'user',
      message: 'the model folder has no tokenizer.json',
      where: file,
      expected: 'tokenizer.json, the form of the tokenizers library',
      found: existsSync(join(folder, 'tokenizer.model'))
        ? 'tokenizer.model, the SentencePiece form'
        : 'no such file',
      next: 'fetch tokenizer.json of the model, or save the tokenizer with a current transformers',
    });
  }
  const json = readJson(file);
  const configFile = join(folder, 'tokenizer_config.json');
  const config = existsSync(configFile) ? readJson(configFile) : {};
  const templateFile = join(folder, 'chat_template.jinja');
  if (existsSync(templateFile)) config['chat_template'] = readFileSync(templateFile, 'utf8');
  return { json, config, file };
}

/** A tokenizer from the parsed files; `file` is what failures name. */
export async function makeTokenizer(
  json: object,
  config: object,
  file = 'tokenizer.json',
): Promise<Tokenizer> {
  const transformers = await import('@huggingface/transformers');
  let inner: PreTrainedTokenizer;
  try {
    inner = new transformers.PreTrainedTokenizer(json, config);
  } catch (error) {
    throw new Failure({
      code: 'tokenizer-unsupported',
      blame: 'user',
      message: 'the tokenizer cannot be made from its files',
      where: file,
      expected: 'a tokenizer.json that transformers.js knows',
      found: error instanceof Error ? error.message : String(error),
      next: 'fetch the file again; save the tokenizer with a current transformers',
    });
  }
  return new TransformersTokenizer(inner, config, file);
}

class TransformersTokenizer implements Tokenizer {
  readonly bos: number | undefined;
  readonly addsBos: boolean;
  readonly #inner: PreTrainedTokenizer;
  readonly #file: string;
  readonly #hasChatTemplate: boolean;
  readonly #tokens: readonly string[];

  constructor(inner: PreTrainedTokenizer, config: object, file: string) {
    this.#inner = inner;
    this.#file = file;
    this.#hasChatTemplate = Boolean((config as { chat_template?: unknown }).chat_template);
    const vocabulary: string[] = [];
    for (const [token, id] of inner._tokenizer.get_vocab()) vocabulary[id] = token;
    this.#tokens = vocabulary;

    const plain = inner.encode('a', { add_special_tokens: false });
    const special = inner.encode('a', { add_special_tokens: true });
    const first = special.length > plain.length && special[0] !== plain[0] ? special[0] : undefined;
    const named = (inner as unknown as { bos_token_id?: number | null }).bos_token_id ?? undefined;
    this.bos = named ?? first;
    this.addsBos = first !== undefined && first === this.bos;
  }

  encode(text: string): number[] {
    return this.#inner.encode(text, { add_special_tokens: false });
  }

  token(id: number): string {
    return this.#tokens[id] ?? `<${id}>`;
  }

  decode(ids: readonly number[]): string {
    if (ids.length === 0) return '';
    return this.#inner.decode([...ids], { skip_special_tokens: false, clean_up_tokenization_spaces: false });
  }

  chat(messages: readonly { readonly role: string; readonly content: string }[]): string {
    if (!this.#hasChatTemplate) {
      throw new Failure({
        code: 'no-chat-template',
        blame: 'user',
        message: 'this model has no chat template',
        where: this.#file.replace(/tokenizer\.json$/, 'tokenizer_config.json'),
        expected: 'a `chat_template`',
        found: 'none: probably a base model',
        next: 'use the chat version of the model, or a format with a template of its own',
      });
    }
    try {
      return this.#inner.apply_chat_template([...messages], {
        tokenize: false,
        add_generation_prompt: true,
      }) as string;
    } catch (error) {
      throw new Failure({
        code: 'chat-template',
        blame: 'user',
        message: "the model's chat template refuses these messages",
        where: this.#file.replace(/tokenizer\.json$/, 'tokenizer_config.json'),
        expected: 'messages in the order that the template knows',
        found: error instanceof Error ? error.message : String(error),
        next: 'check roles and their order; some templates take no system message',
      });
    }
  }
}

function readJson(file: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof json === 'object' && json !== null && !Array.isArray(json))
      return json as Record<string, unknown>;
    throw new Error('not an object');
  } catch (error) {
    throw new Failure({
      code: 'tokenizer-json',
      blame: 'user',
      message: 'a file of the tokenizer is not a JSON object',
      where: file,
      expected: 'a JSON object',
      found: error instanceof Error ? error.message : String(error),
      next: 'fetch the file again',
    });
  }
}
