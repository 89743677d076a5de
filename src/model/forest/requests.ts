import type { ReadingRequest } from '../language-model.ts';
import { Failure } from '../../system/failure.ts';
import type { Rope } from '../decoder/rope.ts';

/**
 * Refuses requests that cannot be read.
 * @throws Failure `request-*` that names the request by its number, from 1
 */
export function checkRequests(
  requests: readonly ReadingRequest[],
  { contextLength, vocabularySize }: { contextLength: number; vocabularySize: number },
): void {
  for (const [index, { ids, from, distributionAt, topTokens = 0 }] of requests.entries()) {
    const refuse = (code: string, message: string, expected: string, found: string): Failure =>
      new Failure({
        code: `request-${code}`,
        blame: 'user',
        message,
        where: `reading ${index + 1} of ${requests.length}`,
        expected,
        found,
        next: 'check the texts and how they are encoded',
      });
    if (ids.length === 0) throw refuse('empty', 'there is no token to read', 'at least one token', 'none');
    // The last token is fed only if what follows it is read.
    const fed = distributionAt === ids.length - 1 ? ids.length : ids.length - 1;
    if (fed > contextLength) {
      const expected = `at most ${contextLength} tokens that are fed`;
      throw refuse(
        'too-long',
        "the text is longer than the model's context",
        expected,
        `${ids.length} tokens`,
      );
    }
    const stranger = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabularySize);
    if (stranger !== undefined) {
      const expected = `ids from 0 to ${vocabularySize - 1}`;
      throw refuse('token', "a token is not in the model's vocabulary", expected, String(stranger));
    }
    if (!Number.isInteger(from) || from < 1 || from > ids.length) {
      throw refuse('from', 'the first token to read is out of range', `1 to ${ids.length}`, String(from));
    }
    if (!Number.isInteger(topTokens) || topTokens < 0) {
      throw refuse(
        'top',
        'the number of top tokens is not a count',
        'a whole number >= 0',
        String(topTokens),
      );
    }
    if (distributionAt === undefined || distributionAt === 'each') continue;
    if (!Number.isInteger(distributionAt) || distributionAt < 0 || distributionAt >= ids.length) {
      const expected = `0 to ${ids.length - 1}`;
      throw refuse(
        'distribution',
        'the position of the distribution is out of range',
        expected,
        String(distributionAt),
      );
    }
  }
}

export interface LengthClass {
  /** Length that RoPE is computed for. */
  readonly length: number;
  /** Indices of the requests. */
  readonly members: readonly number[];
}

/**
 * Requests that may share prefixes: all of them, except under dynamic RoPE, where every length beyond the trained one turns
 * all positions by other angles, so that equal prefixes of unequal texts differ.
 */
export function lengthClasses(requests: readonly ReadingRequest[], rope: Rope): LengthClass[] {
  const classes = new Map<number, number[]>();
  for (const [index, { ids }] of requests.entries()) {
    const length = rope.rope_type === 'dynamic' ? Math.max(ids.length, rope.max_position_embeddings) : 0;
    const members = classes.get(length) ?? [];
    classes.set(length, members);
    members.push(index);
  }
  return [...classes].map(([length, members]) => ({ length, members }));
}
