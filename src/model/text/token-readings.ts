import { must } from '../../system/internal-error.ts';
import { encodePair, type EncodeOptions } from './encode-pair.ts';
import { byteStarts } from './place-tokens.ts';
import { encodeText, type Measurement, type ScoreItem, type TextModel } from './score.ts';

/** A token where it stands, and the distribution that it was read in. */
export interface ReadToken {
  readonly id: number;
  /** As people read it. */
  readonly text: string;
  /** What it stands for, in UTF-8. */
  readonly bytes: Uint8Array;
  /** Where it begins and ends in the bytes of prompt and target. */
  readonly start: number;
  readonly end: number;
  /** Absent where nothing is before the token. */
  readonly reading?: {
    readonly logProb: number;
    readonly rank: number;
    readonly entropy: number;
    readonly top: readonly {
      readonly id: number;
      readonly text: string;
      readonly bytes: Uint8Array;
      readonly logProb: number;
    }[];
  };
}

export interface TextTokens {
  readonly tokens: readonly ReadToken[];
  /** Index of the first token of the target; where there is none, of the end. */
  readonly from: number;
  readonly join: 'clean' | 'merged';
  readonly bos: boolean;
  /** Tokens dropped from the prompt. */
  readonly truncated: number;
}

export interface TokenOptions extends EncodeOptions {
  readonly topTokens: number;
}

/**
 * Asks for the distribution before every token of prompt and target, as they are encoded together; an empty target is none.
 * Log-probabilities are natural. Every byte of the text is in one token; what `truncate` drops is in the first that is left.
 * @throws Failure as `encodePair` and `encodeText`
 */
export function tokensMeasurement(
  model: TextModel,
  { prompt, target }: ScoreItem,
  { topTokens, ...options }: TokenOptions,
): Measurement<TextTokens> {
  const { tokenizer } = model;
  const { ids, from, join, bos, truncated } = encoded(model, prompt, target, options);
  const bytes = ids.map((id, i) => (i === 0 && bos ? new Uint8Array() : tokenizer.bytes(id)));
  const text = prompt + target;
  const starts = byteStarts(text, bytes);
  const size = Buffer.byteLength(text);
  return {
    requests: ids.length < 2 ? [] : [{ ids, from: 1, distributionAt: 'each', topTokens }],
    result([reading]) {
      const tokens = ids.map((id, i): ReadToken => {
        const place = { start: must(starts[i], 'a place'), end: starts[i + 1] ?? size };
        const token = { id, text: tokenizer.token(id), bytes: tokenizer.bytes(id), ...place };
        if (i === 0) return token;
        const { entropy, top } = must(reading?.distributions?.[i - 1], 'a distribution');
        return {
          ...token,
          reading: {
            logProb: must(reading?.logProbs[i - 1], 'a log-probability'),
            rank: must(reading?.ranks[i - 1], 'a rank'),
            entropy,
            top: top.map(({ id: other, logProb }) => ({
              id: other,
              text: tokenizer.token(other),
              bytes: tokenizer.bytes(other),
              logProb,
            })),
          },
        };
      });
      return { tokens, from, join, bos, truncated };
    },
  };
}

function encoded(
  model: TextModel,
  prompt: string,
  target: string,
  options: EncodeOptions,
): Omit<TextTokens, 'tokens'> & { readonly ids: readonly number[] } {
  if (target !== '') return encodePair(model, prompt, target, options);
  const { bos = 'auto', truncate = 'never' } = options;
  const text = encodeText(model, prompt, { bos, truncate: truncate === 'lmeval' ? 'left' : truncate });
  const { ids, kept, truncated } = text;
  return { ids, from: ids.length, join: 'clean', bos: kept === 1, truncated };
}
