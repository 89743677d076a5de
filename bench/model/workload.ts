import type { ReadingRequest } from '../../src/model/index.ts';
import { generator } from './generated-checkpoint.ts';

/** Tokens of a few-shot question and its answer. */
export const ownTokens = 20;

/** Prompts as the experiment makes them (seed, growth): formats times questions, sharing prefixes, or questions behind one long prefix. */
export function workload(kind: string, times: number, vocabulary: number): ReadingRequest[] {
  const random = generator(17);
  const words = (count: number): number[] =>
    Array.from({ length: count }, () => 3 + (random() % (vocabulary - 3)));
  const requests: ReadingRequest[] = [];
  if (kind === 'few-shot') {
    const shots = [1, ...words(199)];
    for (let i = 0; i < 64 * times; i += 1) requests.push(request([...shots, ...words(ownTokens)]));
    return requests;
  }
  for (let round = 0; round < times; round += 1) {
    for (let question = 0; question < 3; question += 1) {
      const asked = words(11);
      const answer = words(3);
      // Twelve formats and twenty-four triggers around each question, read for the prompt and for the answer.
      for (let format = 0; format < 36; format += 1) {
        requests.push(
          request([1, ...(format % 12 === 0 ? [] : words(3)), ...asked, ...words(format % 3), ...answer]),
        );
      }
    }
  }
  return requests;
}

export function request(ids: number[]): ReadingRequest {
  return { ids, from: 1, distributionAt: ids.length - 4, topTokens: 5 };
}
