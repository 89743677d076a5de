import { InternalError, must } from '../../system/internal-error.ts';
import { Failure } from '../../system/failure.ts';
import { placeTokens, type Stretch } from './place-tokens.ts';
import { encodeText, type Measurement, type PerplexityOptions, type TextModel } from './score.ts';

/** A token of a text, where it lies in it, and how probable it is there. */
export interface PlacedToken extends Stretch {
  readonly id: number;
  readonly text: string;
  /** Absent where nothing is before the token, or it was dropped. */
  readonly reading?: {
    /** Nats, given everything before. */
    readonly logProb: number;
    readonly rank: number;
  };
}

export interface TextSurprisal {
  /** All tokens of the text; not a BOS that was put in front of it. */
  readonly tokens: readonly PlacedToken[];
  /** Whether BOS is in front. */
  readonly bos: boolean;
  /** Tokens dropped from the text. */
  readonly truncated: number;
}

/**
 * Asks for every token of a text, which is what `perplexityMeasurement` asks for.
 * @throws Failure as `perplexityMeasurement`; `tokens-not-placed` where it is not known where the tokens lie in the text
 */
export function surprisalMeasurement(
  model: TextModel,
  text: string,
  options: PerplexityOptions = {},
): Measurement<TextSurprisal> {
  const { tokenizer } = model;
  const { all, added, ids, kept, truncated } = encodeText(model, text, options);
  const own = all.slice(added ? 1 : 0);
  const stretches = placeTokens(
    text,
    own.map((id) => tokenizer.bytes(id)),
  );
  if (stretches === undefined)
    throw notPlaced(
      text,
      own.map((id) => tokenizer.token(id)),
    );
  return {
    requests: ids.length < 2 ? [] : [{ ids, from: 1 }],
    result([reading]) {
      if (ids.length >= 2 && reading?.logProbs.length !== ids.length - 1) {
        throw new InternalError('expected a log-probability of every token after the first');
      }
      const tokens = own.map((id, index): PlacedToken => {
        const place = must(stretches[index], 'a place for each token');
        const token = { id, text: tokenizer.token(id), start: place.start, end: place.end };
        const before = index + (added ? 1 : 0);
        const isDropped = before >= kept && before < kept + truncated;
        const at = before < kept ? before : before - truncated;
        if (isDropped || at === 0) return token;
        return {
          ...token,
          reading: {
            logProb: must(reading?.logProbs[at - 1], 'a log-probability'),
            rank: must(reading?.ranks[at - 1], 'a rank'),
          },
        };
      });
      return { tokens, bos: kept === 1, truncated };
    },
  };
}

/** How many tokens a message shows. */
const mostShown = 8;

function notPlaced(text: string, tokens: readonly string[]): Failure {
  const shown = tokens.slice(0, mostShown).map((token) => JSON.stringify(token));
  return new Failure({
    code: 'tokens-not-placed',
    blame: 'user',
    message: 'where the tokens lie in the text is not known: they spell another text',
    where: `text ${JSON.stringify(text.slice(0, 60))}`,
    expected: 'tokens that spell the text, but for white space, case, accents and forms of Unicode',
    found: `${shown.join(' ')}${tokens.length > mostShown ? ' …' : ''}`,
    next: 'take out what the tokenizer has no token for, or measure the text as a whole with `perplexity`',
  });
}
