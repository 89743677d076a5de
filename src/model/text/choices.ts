import { encodePair, withBos, type EncodedPair, type EncodeOptions } from './encode-pair.ts';
import type { Measurement, TextModel, ScoredToken } from './score.ts';
import type { Reading, ReadingRequest, Tokenizer } from '../language-model.ts';
import { Failure } from '../../system/failure.ts';
import { must } from '../../system/internal-error.ts';

export interface ChoiceItem {
  readonly prompt: string;
  /** Between prompt and candidate: scored with the candidate. */
  readonly delimiter: string;
  /** What may follow the prompt; at least one. */
  readonly candidates: readonly string[];
  /** The prompt that says nothing of the item; empty: BOS alone. Absent: nothing is read after it. */
  readonly neutral?: string;
}

/** How probable one candidate is. Logarithms are natural. */
export interface ChoiceScore {
  /** log P(delimiter + candidate | prompt): the sum over its tokens. */
  readonly logProb: number;
  readonly logProbPerToken: number;
  /** Per code point of the candidate without its delimiter; -Infinity where it is empty. */
  readonly logProbPerCharacter: number;
  /** Per byte of the candidate in UTF-8, without its delimiter; -Infinity where it is empty. */
  readonly logProbPerByte: number;
  readonly tokens: readonly ScoredToken[];
  /** Whether each token is the most probable one in its position. */
  readonly greedy: boolean;
  /** log P of the very same token ids after the neutral prompt, where one was given. */
  readonly neutralLogProb?: number;
  readonly join: EncodedPair['join'];
  /** Tokens dropped from the prompt. */
  readonly truncated: number;
}

/**
 * Asks for every candidate of one item after its prompt.
 * @throws Failure as `encodePair`; `neutral-empty` and `neutral-too-long` of the neutral prompt
 */
export function choiceMeasurement(
  model: TextModel,
  { prompt, delimiter, candidates, neutral }: ChoiceItem,
  options: EncodeOptions = {},
): Measurement<readonly ChoiceScore[]> {
  const { tokenizer } = model;
  const pairs = candidates.map((candidate) => encodePair(model, prompt, delimiter + candidate, options));
  const joint = pairs.map(({ ids, from }): ReadingRequest => ({ ids, from }));
  const apart =
    neutral === undefined
      ? []
      : pairs.map(({ ids, from }) => neutralRequest(model, neutral, ids.slice(from), options));
  return {
    requests: [...joint, ...apart],
    result(readings) {
      return pairs.map(({ ids, from, join, truncated }, index) => {
        const reading = must(readings[index], 'a reading of each candidate');
        const tokens = tokensRead(tokenizer, ids.slice(from), reading);
        const candidate = must(candidates[index], 'a candidate of each pair');
        const logProb = sum(tokens.map((token) => token.logProb));
        const unconditional = readings[joint.length + index];
        return {
          logProb,
          logProbPerToken: logProb / tokens.length,
          logProbPerCharacter: per(logProb, Array.from(candidate).length),
          logProbPerByte: per(logProb, Buffer.byteLength(candidate)),
          tokens,
          greedy: tokens.every(({ rank }) => rank === 1),
          ...(unconditional !== undefined && { neutralLogProb: sum(unconditional.logProbs) }),
          join,
          truncated,
        };
      });
    },
  };
}

/** As lm-evaluation-harness has it: by a length of 0, even 0 nats are not the best. */
function per(logProb: number, length: number): number {
  return length === 0 ? -Infinity : logProb / length;
}

/**
 * The target's own ids after the neutral prompt: encoded anew, some tokenizers would begin it with another token. Where nothing
 * is before the target, BOS is, as in lm-evaluation-harness, though the tokenizer puts none by itself.
 */
function neutralRequest(
  { tokenizer, contextLength }: TextModel,
  neutral: string,
  target: readonly number[],
  { bos = 'auto' }: EncodeOptions,
): ReadingRequest {
  const { ids } = withBos(tokenizer, tokenizer.encode(neutral), bos, neutral);
  const alone = tokenizer.bos === undefined || bos === 'never' ? [] : [tokenizer.bos];
  const before = ids.length > 0 ? ids : alone;
  if (before.length === 0) {
    throw new Failure({
      code: 'neutral-empty',
      blame: 'user',
      message: 'there is nothing before the candidates that their first token could follow',
      expected: 'a neutral prompt of at least one token, or BOS',
      found: `no tokens (bos: ${bos})`,
      next: 'give a neutral prompt, for example "Answer:"',
    });
  }
  if (before.length + target.length > contextLength + 1) {
    throw new Failure({
      code: 'neutral-too-long',
      blame: 'user',
      message: "the neutral prompt and a candidate are longer than the model's context",
      expected: `at most ${contextLength + 1} tokens: the context, and one that follows it`,
      found: `${before.length + target.length} tokens`,
      next: 'shorten the neutral prompt',
    });
  }
  return { ids: [...before, ...target], from: before.length };
}

function tokensRead(tokenizer: Tokenizer, ids: readonly number[], reading: Reading): readonly ScoredToken[] {
  return ids.map((id, index) => ({
    id,
    text: tokenizer.token(id),
    logProb: must(reading.logProbs[index], 'a log-probability of each token'),
    rank: must(reading.ranks[index], 'a rank of each token'),
  }));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
