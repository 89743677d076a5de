import { type Tokenizer } from '../language-model.ts';
import { Failure } from '../../system/failure.ts';
import { commonPrefix } from '../forest/prefix-tree.ts';
import { mustBeWellFormed } from './well-formed.ts';

/**
 * Where the target begins, when prompt and target are one text.
 * - `join`: both are encoded together; the target is what follows the longest prefix of tokens that the prompt alone has too.
 * - `lmeval`: as lm-evaluation-harness does: the prompt's trailing whitespace is moved to the target, then the prompt is as it
 *   is encoded alone, and the target is what both encoded together have after as many tokens. Where a token spans the join, a
 *   piece of the text is thus read twice, or never.
 * - `separate`: each is encoded alone.
 */
export type BoundaryPolicy = 'join' | 'lmeval' | 'separate';

/** BOS in front: as the tokenizer's own post-processor does, in any case, or in none. Never twice. */
export type BosPolicy = 'auto' | 'always' | 'never';

export interface EncodeOptions {
  /** Default `join`. */
  readonly boundary?: BoundaryPolicy;
  /** Default `auto`. */
  readonly bos?: BosPolicy;
  /** Default `never`. */
  readonly truncate?: TruncatePolicy;
}

/**
 * What to do with texts longer than the context and one token, the last, which is not fed: a failure; drop the prompt's oldest
 * tokens, but keep BOS; or drop the oldest tokens, BOS first, as lm-evaluation-harness does.
 */
export type TruncatePolicy = 'never' | 'left' | 'lmeval';

export interface EncodedPair {
  /** BOS, if any, prompt and target. */
  readonly ids: readonly number[];
  /** Index of the first target token; at least 1. */
  readonly from: number;
  /**
   * The prompt encoded alone, with BOS as in `ids`, without what `lmeval` moves to the target. `ids` begins with it unless
   * the join merged.
   */
  readonly promptIds: readonly number[];
  /** What was encoded as the prompt, without what `lmeval` moves to the target, BOS and truncation. */
  readonly before: { readonly text: string; readonly ids: readonly number[] };
  /** The text that is scored: the target, less a BOS that it begins with where nothing else is before it. */
  readonly target: string;
  /** Whether BOS is in front. */
  readonly bos: boolean;
  /** `merged`: a token spans the join, so the target's first token carries the end of the prompt too. */
  readonly join: 'clean' | 'merged';
  /** Tokens dropped from the prompt. */
  readonly truncated: number;
}

/** Python's str.rstrip(): JavaScript's \s lacks the separators 1C-1F and NEL, and has U+FEFF. */
const trailingWhitespace = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/u;

/**
 * Encodes a prompt and the target that follows it. A target that begins with BOS, as the text of a chat may, and has nothing
 * before it follows that BOS.
 * @throws Failure `prompt-not-unicode`, `target-not-unicode`, `target-empty`, `no-context` (nothing before the target),
 *   `no-bos`, `too-long`
 */
export function encodePair(
  { tokenizer, contextLength }: { tokenizer: Tokenizer; contextLength: number },
  prompt: string,
  target: string,
  { boundary = 'join', bos = 'auto', truncate = 'never' }: EncodeOptions = {},
): EncodedPair {
  mustBeWellFormed(prompt, 'prompt');
  mustBeWellFormed(target, 'target');
  if (target === '') throw emptyTarget(prompt, target);
  const { before, alone, whole, split, join } = splitPair(tokenizer, prompt, target, boundary);
  if (split >= whole.length) throw emptyTarget(prompt, target);
  const { ids, added } = withBos(tokenizer, whole, bos, before);
  const startsWithBos = tokenizer.bos !== undefined && ids[0] === tokenizer.bos;
  const typed = startsWithBos && !added && split === 0;
  if (typed && ids.length === 1) throw emptyTarget(prompt, target);
  const from = split + (added || typed ? 1 : 0);
  if (from === 0) {
    throw new Failure({
      code: 'no-context',
      blame: 'user',
      message: 'there is nothing before the target that its first token could follow',
      where: `prompt ${JSON.stringify(prompt.slice(0, 60))}`,
      expected: 'a prompt of at least one token of its own, or BOS',
      found: `no tokens (bos: ${bos})`,
      next: tokenizer.bos === undefined ? 'give a prompt' : 'use `bos: always`, or give a prompt',
    });
  }
  const start = added || typed ? ids.slice(0, 1) : [];
  const pair: EncodedPair = {
    ids,
    from,
    promptIds: [...start, ...alone],
    before: { text: before, ids: alone },
    target: typed ? withoutStart(target, tokenizer.token(ids[0] as number)) : target,
    bos: startsWithBos,
    join,
    truncated: 0,
  };
  return truncateLeft(pair, contextLength, truncate, prompt);
}

function withoutStart(text: string, start: string): string {
  return text.startsWith(start) ? text.slice(start.length) : text;
}

function splitPair(
  tokenizer: Tokenizer,
  prompt: string,
  target: string,
  boundary: BoundaryPolicy,
): { before: string; alone: number[]; whole: number[]; split: number; join: EncodedPair['join'] } {
  if (boundary === 'separate') {
    const first = tokenizer.encode(prompt);
    return {
      before: prompt,
      alone: first,
      whole: [...first, ...tokenizer.encode(target)],
      split: first.length,
      join: 'clean',
    };
  }
  const spaces = boundary === 'lmeval' ? (trailingWhitespace.exec(prompt)?.[0] ?? '') : '';
  const before = prompt.slice(0, prompt.length - spaces.length);
  const alone = tokenizer.encode(before);
  const whole = tokenizer.encode(before + spaces + target);
  const shared = commonPrefix(alone, whole);
  const join = shared === alone.length ? 'clean' : 'merged';
  if (boundary === 'join') return { before, alone, whole, split: shared, join };
  return { before, alone, whole: [...alone, ...whole.slice(alone.length)], split: alone.length, join };
}

/** Puts BOS in front unless it is there already: a chat template may have written it. */
export function withBos(
  tokenizer: Tokenizer,
  ids: readonly number[],
  policy: BosPolicy,
  text: string,
): { ids: readonly number[]; added: boolean } {
  if (policy === 'never' || (policy === 'auto' && !tokenizer.addsBos)) return { ids, added: false };
  if (tokenizer.bos === undefined) {
    throw new Failure({
      code: 'no-bos',
      blame: 'user',
      message: 'BOS is asked for, but the tokenizer has none',
      where: `text ${JSON.stringify(text.slice(0, 60))}`,
      expected: '`bos: auto` or `bos: never`',
      found: '`bos: always`',
      next: 'use `bos: auto`',
    });
  }
  return ids[0] === tokenizer.bos ? { ids, added: false } : { ids: [tokenizer.bos, ...ids], added: true };
}

function truncateLeft(
  pair: EncodedPair,
  contextLength: number,
  truncate: TruncatePolicy,
  prompt: string,
): EncodedPair {
  // The last token of all is not fed; of the prompt alone every token is.
  const over = Math.max(pair.ids.length - (contextLength + 1), pair.promptIds.length - contextLength);
  if (over <= 0) return pair;
  const kept = pair.bos && truncate === 'left' ? 1 : 0;
  const target = pair.ids.length - pair.from;
  if (truncate === 'never' || pair.from - over < 1) {
    throw new Failure({
      code: 'too-long',
      blame: 'user',
      message: "prompt and target are longer than the model's context",
      where: `prompt ${JSON.stringify(prompt.slice(0, 60))}`,
      expected: `at most ${contextLength + 1} tokens: the context, and one that follows it`,
      found: `${pair.ids.length} tokens: ${pair.from} before the target, ${target} in it`,
      next:
        truncate === 'never'
          ? "shorten the prompt, or allow `truncate: left`, which drops the prompt's oldest tokens"
          : 'shorten the target: it leaves no room for a prompt',
    });
  }
  return {
    ...pair,
    ids: [...pair.ids.slice(0, kept), ...pair.ids.slice(kept + over)],
    promptIds: [...pair.promptIds.slice(0, kept), ...pair.promptIds.slice(kept + over)],
    from: pair.from - over,
    bos: kept === 1,
    truncated: over,
  };
}

function emptyTarget(prompt: string, target: string): Failure {
  return new Failure({
    code: 'target-empty',
    blame: 'user',
    message: 'the target has no token of its own',
    where: `prompt ${JSON.stringify(prompt.slice(0, 60))}`,
    expected: 'a target of at least one token',
    found: JSON.stringify(target),
    next: 'give a target, for example " Berlin"',
  });
}
