import type { ReadingSpace } from '../../engine/store/reading-log.ts';
import type { Reading } from '../../model/language-model.ts';
import { Failure } from '../../system/failure.ts';
import { readAbout } from './about-readings.ts';
import { localModels } from '../local-models.ts';
import { decodeReading } from './reading-codec.ts';
import type { LocalModelOptions } from '../model-source.ts';

/**
 * Differences that float32 makes when texts are read in other company: sums are taken in another order. Measured on the
 * organism: up to 1e-5 nats. Relative to the number where it is larger than 1.
 */
const tolerance = 1e-4;
/** Two tokens that are that close may change places: ranks may differ by so many places, or this share of them. */
const rankTolerance = { places: 2, share: 0.02 };

export interface RowsVerdict {
  readonly space: string;
  /** As the rows were last written for it. */
  readonly model?: string;
  readonly rows: number;
  readonly checked: number;
  /** Keys of rows that are not what the model gives now. */
  readonly mismatches: readonly string[];
  /** Largest difference of two log-probabilities or entropies, in nats. */
  readonly largestDifference: number;
  /** Why nothing was checked. */
  readonly skipped?: string;
}

/**
 * Reads a sample of what was kept once more, with the model that it was read with, and compares.
 * @param share of the rows, from 0 to 1; at least one row @param random numbers from 0 to 1
 */
export async function verifyRows(
  space: ReadingSpace,
  {
    share,
    random,
    ...options
  }: LocalModelOptions & { readonly share: number; readonly random: () => number },
): Promise<RowsVerdict> {
  const rows = [...space.readAll()];
  const about = readAbout(space.about());
  const verdict = { space: space.name, rows: rows.length, checked: 0, mismatches: [], largestDifference: 0 };
  if (about === undefined) return { ...verdict, skipped: 'it is not known which model these rows are of' };
  const { ref, folder } = about.model;
  const known = { ...verdict, model: ref };
  try {
    const source = localModels({ ...options, backend: about.numerics.backend, hashAnew: true });
    const found = await source.find(folder, '/');
    if (found.identity.digest !== about.identity.digest) {
      return { ...known, skipped: `the model in ${folder} is another one by now` };
    }
    const { library, code } = about.numerics;
    if (found.numerics.library !== library) {
      return { ...known, skipped: `they were computed by ${library}, which is not what is here` };
    }
    if (found.numerics.code !== code) {
      return { ...known, skipped: 'they were computed by other code than what is here, and are not used' };
    }
    const sample = pickSome(rows, Math.ceil(share * rows.length), random).map(([key, value]) => ({
      key,
      ...decodeReading(value),
    }));
    const model = await source.open(found, undefined);
    try {
      const { readings } = await model.read(sample.map(({ request }) => request));
      const compared = sample.map(({ key, reading }, index) => ({
        key,
        ...compare(reading, readings[index]),
      }));
      return {
        ...known,
        checked: sample.length,
        mismatches: compared.filter(({ same }) => !same).map(({ key }) => key),
        largestDifference: compared.reduce((most, { difference }) => Math.max(most, difference), 0),
      };
    } finally {
      await model.dispose();
    }
  } catch (error) {
    if (error instanceof Failure) return { ...known, skipped: error.message };
    throw error;
  }
}

function pickSome<T>(all: readonly T[], count: number, random: () => number): T[] {
  return all
    .map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, count)
    .map(({ value }) => value);
}

function compare(kept: Reading, now: Reading | undefined): { same: boolean; difference: number } {
  const pairs = [...numbersOf(kept)].map((value, index) => [value, numbersOf(now)[index] ?? NaN] as const);
  const shape = numbersOf(kept).length === numbersOf(now).length;
  let same = shape;
  let difference = 0;
  for (const [a, b] of pairs) {
    if (Object.is(a, b)) continue;
    const apart = Math.abs(a - b);
    difference = Math.max(difference, Number.isNaN(apart) ? Infinity : apart);
    if (!(apart <= tolerance * Math.max(1, Math.abs(a)))) same = false;
  }
  for (const [index, rank] of kept.ranks.entries()) {
    const places = Math.max(rankTolerance.places, rankTolerance.share * rank);
    if (!(Math.abs(rank - (now?.ranks[index] ?? NaN)) <= places)) same = false;
  }
  return { same, difference };
}

function numbersOf(reading: Reading | undefined): readonly number[] {
  if (reading === undefined) return [];
  const {
    logProbs,
    distribution,
    distributions = distribution === undefined ? [] : [distribution],
  } = reading;
  return [
    ...logProbs,
    ...distributions.flatMap(({ entropy, top }) => [entropy, ...top.map(({ logProb }) => logProb)]),
  ];
}
