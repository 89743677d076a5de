import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChatOptions, Tokenizer } from '../language-model.ts';
import { ChatTemplate, type ChatMessage } from './chat-template.ts';
import { Failure } from '../../system/failure.ts';
import { checkTokenizer, type CheckedTokenizer } from './check-tokenizer.ts';
import { readSpelling, type Spelling } from './spelling.ts';
import type * as Transformers from './borrowed/transformers.ts';
import type { WordModel } from './word-model.ts';

/**
 * The tokenizer of a model folder: tokenizer.json, special tokens and chat template from tokenizer_config.json (or
 * chat_template.jinja). Whether BOS is put in front is decided by tokenizer.json's post-processor alone; `add_bos_token` says
 * nothing.
 * @throws Failure `tokenizer-missing`, `tokenizer-json`, `tokenizer-unsupported`, `tokenizer-component-unverified`
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

/**
 * A tokenizer from the parsed files; `file` is what failures name.
 * @throws Failure `tokenizer-unsupported`, `tokenizer-component-unverified`
 */
export async function makeTokenizer(
  json: object,
  config: object,
  file = 'tokenizer.json',
): Promise<Tokenizer> {
  const checked = checkTokenizer(json, file);
  const transformers = await import('./borrowed/transformers.ts');
  try {
    return new TransformersTokenizer(transformers, { json, config, file, checked });
  } catch (error) {
    throw new Failure({
      code: 'tokenizer-unsupported',
      blame: 'user',
      message: 'the tokenizer cannot be made from its files',
      where: file,
      expected: 'a tokenizer.json and a tokenizer_config.json that transformers.js knows',
      found: error instanceof Error ? error.message : String(error),
      next: 'fetch the files again; save the tokenizer with a current transformers',
    });
  }
}

/** A tokenizer.json that does nothing before or after its model. */
const bare = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null };
const empty = { type: 'BPE', vocab: {}, merges: [] };

interface Parts {
  readonly json: object;
  readonly config: object;
  readonly file: string;
  readonly checked: CheckedTokenizer;
}

/**
 * What comes before the model is done by components that are verified or mended (see `components`); the model and
 * decoding are transformers.js's; chat templates are rendered as Jinja2 does (see `ChatTemplate`).
 */
class TransformersTokenizer implements Tokenizer {
  readonly bos: number | undefined;
  readonly addsBos: boolean;
  readonly #transformers: typeof Transformers;
  readonly #parts: Parts;
  readonly #wordModel: WordModel;
  readonly #spelling: Spelling;
  #tokens: readonly string[] | undefined;
  #chatTemplate: ChatTemplate | undefined;
  #decoder: Transformers.PreTrainedTokenizer | undefined;

  constructor(transformers: typeof Transformers, parts: Parts) {
    const { model, addedTokens, tokenInFront } = parts.checked;
    this.#transformers = transformers;
    this.#parts = parts;
    this.#wordModel = model.open(transformers);
    this.#spelling = readSpelling(parts.json);
    // Special tokens only; no vocabulary.
    const special = new transformers.PreTrainedTokenizer(
      { ...bare, added_tokens: [], model: empty },
      parts.config,
    );
    const named = special.bos_token;
    this.bos = addedTokens.ids.get(named) ?? model.vocabulary.idOf(named) ?? tokenInFront;
    this.addsBos = tokenInFront !== undefined && tokenInFront === this.bos;
  }

  encode(text: string): number[] {
    const { addedTokens, preTokenize } = this.#parts.checked;
    return addedTokens
      .split(text)
      .flatMap((part) =>
        typeof part === 'number' ? part : preTokenize(part).flatMap((word) => this.#wordModel(word.text)),
      );
  }

  token(id: number): string {
    this.#tokens ??= this.#listTokens();
    return this.#tokens[id] ?? `<${id}>`;
  }

  bytes(id: number): Uint8Array {
    const token = this.token(id);
    // Added tokens are in the text as they are written.
    return this.#parts.checked.addedTokens.ids.get(token) === id
      ? Buffer.from(token)
      : this.#spelling.bytes(token);
  }

  decode(ids: readonly number[]): string {
    if (ids.length === 0) return '';
    this.#decoder ??= this.#openDecoder();
    return this.#decoder.decode([...ids], {
      skip_special_tokens: false,
      clean_up_tokenization_spaces: false,
    });
  }

  chat(messages: readonly ChatMessage[], options: ChatOptions = {}): string {
    this.#chatTemplate ??= ChatTemplate.of({ ...this.#parts.config }, this.#parts.file);
    return this.#chatTemplate.render(messages, options);
  }

  #listTokens(): readonly string[] {
    const { model, addedTokens } = this.#parts.checked;
    const tokens = model.vocabulary.tokens();
    for (const [token, id] of addedTokens.ids) tokens[id] = token;
    return tokens;
  }

  /** Tokens and decoder without merges, which take most of the time to open. */
  #openDecoder(): Transformers.PreTrainedTokenizer {
    const { json, config } = this.#parts;
    const { decoder = null, added_tokens = [], model } = json as Readonly<Record<string, unknown>>;
    return new this.#transformers.PreTrainedTokenizer(
      { ...bare, decoder, added_tokens, model: { ...(model as object), merges: [] } },
      config,
    );
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
