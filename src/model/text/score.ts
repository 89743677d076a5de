import {
  encodePair,
  withBos,
  type EncodedPair,
  type EncodeOptions,
  type TruncatePolicy,
} from './encode-pair.ts';
import type { LanguageModel, Reading, ReadingRequest, ReadOptions, Tokenizer } from '../language-model.ts';
import { Failure } from '../../system/failure.ts';
import { commonPrefix } from '../forest/prefix-tree.ts';
import { mustBeWellFormed } from './well-formed.ts';
import { InternalError } from '../../system/internal-error.ts';

export interface ScoreItem {
  readonly prompt: string;
  readonly target: string;
}

export interface ScoreOptions extends EncodeOptions {
  /** Most probable tokens after the prompt; default 5. */
  readonly topTokens?: number;
}

export interface ScoredToken {
  readonly id: number;
  readonly text: string;
  /** Nats, given everything before. */
  readonly logProb: number;
  readonly rank: number;
}

/** How probable a target is after a prompt. Logarithms are natural. */
export interface Score {
  /** log P(target | prompt): the sum over the target's tokens. */
  readonly logProb: number;
  readonly logProbPerToken: number;
  /** Per Unicode code point of the target text. */
  readonly logProbPerCharacter: number;
  /** Per byte of the target in UTF-8. */
  readonly logProbPerByte: number;
  /** Surprisal of the target: -log2 P. */
  readonly bits: number;
  readonly tokens: readonly ScoredToken[];
  /**
   * Rank, entropy and top tokens are read after the prompt's own tokens, whatever the target: where the join merged, that is
   * not where the target's first token is read. Rank of that token among all; 1 is the most probable.
   */
  readonly rank: number;
  /** Of the next-token distribution after the prompt, in nats. */
  readonly entropy: number;
  readonly top: readonly { readonly id: number; readonly text: string; readonly logProb: number }[];
  /** How prompt and target were joined. */
  readonly join: EncodedPair['join'];
  readonly bos: boolean;
  /** Tokens before the target, BOS not counted; tokens dropped from the prompt not counted either. */
  readonly promptTokens: number;
  readonly truncated: number;
  /** Of the prompt alone; see `PerplexityResult`. */
  readonly promptLogPerplexity: number;
  readonly promptPerplexity: number;
}

/** Perplexity of a text: exp of the mean surprisal of its tokens after the first (BOS, where there is one). */
export interface PerplexityResult {
  /** Mean surprisal in nats; Infinity with fewer than two tokens, BOS counted. */
  readonly logPerplexity: number;
  readonly perplexity: number;
  /** Sum over the tokens that have something before them. */
  readonly logProb: number;
  /** BOS not counted. */
  readonly tokenCount: number;
  readonly bos: boolean;
  readonly truncated: number;
  /** The tokens that were read: all after the first. */
  readonly tokens: readonly ScoredToken[];
}

/** What has to be asked for one result, and how the readings become it. Pure: measurements can be pooled into one `read`. */
export interface Measurement<Result> {
  readonly requests: readonly ReadingRequest[];
  /** `readings` answer `requests`, in order. */
  result(readings: readonly Reading[]): Result;
}

/** As much of a model as it takes to say what has to be asked. */
export type TextModel = Pick<LanguageModel, 'tokenizer' | 'contextLength'>;

/** @throws Failure as `encodePair` */
export function scoreMeasurement(
  model: TextModel,
  item: ScoreItem,
  options: ScoreOptions = {},
): Measurement<Score> {
  const { prompt, target } = item;
  const { tokenizer } = model;
  const pair = encodePair(model, prompt, target, options);
  const { ids, from } = pair;
  const topTokens = options.topTokens ?? 5;

  // What follows the prompt is read on the joint text, unless the join changed the prompt's own tokens.
  const clean = isStart(pair.promptIds, ids) && pair.promptIds.length === from;
  // So is the prompt; `lmeval` leaves its trailing whitespace out of the prompt's tokens, but not out of its perplexity.
  const { before } = pair;
  const encoded = before.text === prompt ? before.ids : tokenizer.encode(prompt);
  const alone = withBos(tokenizer, encoded, options.bos ?? 'auto', prompt).ids;
  const promptIds = pair.truncated > 0 ? pair.promptIds : alone;
  const shared = clean && promptIds.length === from && isStart(promptIds, ids);
  const after = { distributionAt: pair.promptIds.length - 1, topTokens };
  const joint: ReadingRequest = { ids, from: shared ? 1 : from, ...(clean && after) };
  const follows: ReadingRequest = {
    ids: [...pair.promptIds, ids[from] as number],
    from: pair.promptIds.length,
    ...after,
  };
  const promptRequest: ReadingRequest[] = shared || promptIds.length < 2 ? [] : [{ ids: promptIds, from: 1 }];

  return {
    requests: [joint, ...(clean ? [] : [follows]), ...promptRequest],
    result([reading, ...others]) {
      const skip = from - joint.from;
      const following = clean ? reading : others.shift();
      const rank = following?.ranks[clean ? skip : 0];
      if (reading === undefined || following?.distribution === undefined || rank === undefined)
        throw new InternalError('expected a distribution, was none');
      const tokens = scoredTokens(tokenizer, ids.slice(from), {
        logProbs: reading.logProbs.slice(skip),
        ranks: reading.ranks.slice(skip),
      });
      const logProb = sum(tokens.map((token) => token.logProb));
      const promptLogProbs = shared ? reading.logProbs.slice(0, skip) : (others[0]?.logProbs ?? []);
      const promptLogPerplexity = logPerplexity(promptLogProbs);
      return {
        logProb,
        logProbPerToken: logProb / tokens.length,
        logProbPerCharacter: logProb / Array.from(pair.target).length,
        logProbPerByte: logProb / Buffer.byteLength(pair.target),
        bits: -logProb / Math.LN2,
        tokens,
        rank,
        entropy: following.distribution.entropy,
        top: following.distribution.top.map(({ id, logProb }) => ({
          id,
          text: tokenizer.token(id),
          logProb,
        })),
        join: pair.join,
        bos: pair.bos,
        promptTokens: promptIds.length - (pair.bos ? 1 : 0),
        truncated: pair.truncated,
        promptLogPerplexity,
        promptPerplexity: Math.exp(promptLogPerplexity),
      };
    },
  };
}

export interface PerplexityOptions extends Pick<EncodeOptions, 'bos'> {
  readonly truncate?: Exclude<TruncatePolicy, 'lmeval'>;
}

/** A text as it is given to a model. */
export interface EncodedText {
  /** All token ids, with BOS where one is put in front. */
  readonly all: readonly number[];
  /** Whether BOS was put in front; otherwise the text has all the ids itself. */
  readonly added: boolean;
  /** `all` without what was dropped. */
  readonly ids: readonly number[];
  /** How many ids at the start are kept in any case: 1 where the text begins with BOS. */
  readonly kept: 0 | 1;
  /** How many ids were dropped after these. */
  readonly truncated: number;
}

/** @throws Failure `text-not-unicode`, `too-long`, `no-bos` */
export function encodeText(
  { tokenizer, contextLength }: TextModel,
  text: string,
  { bos = 'auto', truncate = 'never' }: PerplexityOptions = {},
): EncodedText {
  mustBeWellFormed(text, 'text');
  const { ids: all, added } = withBos(tokenizer, tokenizer.encode(text), bos, text);
  const kept = tokenizer.bos !== undefined && all[0] === tokenizer.bos ? 1 : 0;
  // The last token is not fed.
  const over = Math.max(all.length - (contextLength + 1), 0);
  if (over > 0 && truncate === 'never') {
    throw new Failure({
      code: 'too-long',
      blame: 'user',
      message: "the text is longer than the model's context",
      where: `text ${JSON.stringify(text.slice(0, 60))}`,
      expected: `at most ${contextLength + 1} tokens: the context, and one that follows it`,
      found: `${all.length} tokens`,
      next: 'shorten the text, or allow `truncate: left`, which drops its oldest tokens',
    });
  }
  const ids = [...all.slice(0, kept), ...all.slice(kept + over)];
  return { all, added, ids, kept, truncated: over };
}

/** @throws Failure as `encodeText` */
export function perplexityMeasurement(
  model: TextModel,
  text: string,
  options: PerplexityOptions = {},
): Measurement<PerplexityResult> {
  const { tokenizer } = model;
  const { ids, kept, truncated } = encodeText(model, text, options);
  return {
    requests: ids.length < 2 ? [] : [{ ids, from: 1 }],
    result([reading]) {
      const tokens = scoredTokens(tokenizer, ids.slice(1), reading ?? { logProbs: [], ranks: [] });
      const logProbs = tokens.map((token) => token.logProb);
      return {
        logPerplexity: logPerplexity(logProbs),
        perplexity: Math.exp(logPerplexity(logProbs)),
        logProb: sum(logProbs),
        tokenCount: ids.length - kept,
        bos: kept === 1,
        truncated,
        tokens,
      };
    },
  };
}

/** Scores targets after prompts, in one pass over all of them. */
export function score(
  model: LanguageModel,
  items: readonly ScoreItem[],
  options: ScoreOptions & ReadOptions = {},
): Promise<Score[]> {
  return readMeasurements(
    model,
    items.map((item) => scoreMeasurement(model, item, options)),
    options,
  );
}

/** Perplexities of texts, in one pass over all of them. */
export function perplexity(
  model: LanguageModel,
  texts: readonly string[],
  options: PerplexityOptions & ReadOptions = {},
): Promise<PerplexityResult[]> {
  return readMeasurements(
    model,
    texts.map((text) => perplexityMeasurement(model, text, options)),
    options,
  );
}

/** One `read` for everything that is asked; results in the order of the measurements. */
export async function readMeasurements<Result>(
  model: LanguageModel,
  measurements: readonly Measurement<Result>[],
  options: ReadOptions = {},
): Promise<Result[]> {
  const { readings } = await model.read(
    measurements.flatMap(({ requests }) => requests),
    options,
  );
  let at = 0;
  return measurements.map((each) => each.result(readings.slice(at, (at += each.requests.length))));
}

function scoredTokens(
  tokenizer: Tokenizer,
  ids: readonly number[],
  { logProbs, ranks }: Pick<Reading, 'logProbs' | 'ranks'>,
): ScoredToken[] {
  return logProbs.map((logProb, i) => {
    const id = ids[i] as number;
    return { id, text: tokenizer.token(id), logProb, rank: ranks[i] as number };
  });
}

function isStart(start: readonly number[], ids: readonly number[]): boolean {
  return commonPrefix(start, ids) === start.length;
}

function logPerplexity(logProbs: readonly number[]): number {
  return logProbs.length === 0 ? Infinity : -sum(logProbs) / logProbs.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
