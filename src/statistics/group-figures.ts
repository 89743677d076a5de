import { clusteredErrors } from './comparison/clustered-mean.ts';
import { wilsonInterval } from './comparison/proportion.ts';
import { defined, mapped, undefinedBecause, type Interval, type Maybe } from './maybe.ts';
import { median, sampleDeviation, standardError, tInterval, type StandardError } from './summary.ts';
import { mean, sum } from './sums.ts';

/** The values of one group, with what is known of them. */
export interface Group {
  readonly values: readonly number[];
  /** The cluster of each value; without it values are independent. */
  readonly clusters?: readonly string[];
  /** Whether values are 1 and 0 for true and false, so that their mean is a share. */
  readonly isShare: boolean;
  /** What values can be; an interval is cut there, which takes nothing from its coverage. */
  readonly bounds: { readonly min?: number; readonly max?: number };
  /** For `corpus_perplexity`: the surprisal of each text in nats, and how many tokens it is the sum over. */
  readonly texts: readonly { readonly surprisal: number; readonly tokens: number }[];
}

export type GroupFigure =
  | 'mean'
  | 'stdev'
  | 'sem'
  | 'df'
  | 'ci95_low'
  | 'ci95_high'
  | 'min'
  | 'max'
  | 'median'
  | 'count'
  | 'clusters'
  | 'sum'
  | 'corpus_perplexity';

/** Figures by name, in the unit of the values; `isCut` says that the interval was cut at a bound. */
export function groupFigures(
  names: readonly GroupFigure[],
  group: Group,
): { readonly figures: ReadonlyMap<GroupFigure, Maybe<number>>; readonly isCut: boolean } {
  const interval = intervalOfMean(group, 0.95);
  const figures = new Map(names.map((name) => [name, groupFigure(name, group, interval)]));
  return { figures, isCut: names.includes('ci95_low') && interval.value?.isCut === true };
}

function groupFigure(name: GroupFigure, group: Group, interval: Maybe<GroupInterval>): Maybe<number> {
  const { values } = group;
  if (name === 'count') return defined(values.length);
  if (name === 'clusters') return defined(new Set(group.clusters).size);
  if (name === 'sum') {
    const total = sum(values);
    return Number.isNaN(total) ? undefinedBecause('infinite values of both signs') : defined(total);
  }
  if (values.length === 0) return undefinedBecause('no values');
  switch (name) {
    case 'mean':
      return mean(values);
    case 'stdev':
      return sampleDeviation(values);
    case 'sem':
      return mapped(errorOfMean(group), ({ error }) => error);
    case 'df':
      return mapped(errorOfMean(group), ({ degrees }) => degrees);
    case 'ci95_low':
      return mapped(interval, ({ low }) => low);
    case 'ci95_high':
      return mapped(interval, ({ high }) => high);
    case 'min':
      return defined(values.reduce((a, b) => Math.min(a, b)));
    case 'max':
      return defined(values.reduce((a, b) => Math.max(a, b)));
    case 'median':
      return median(values);
    case 'corpus_perplexity':
      return corpusPerplexity(group.texts);
  }
}

interface GroupInterval extends Interval {
  /** Whether it was cut at a bound. */
  readonly isCut: boolean;
}

/** Of the mean, by t; of a share of independent values Wilson's. Undefined as the standard error is. */
function intervalOfMean(group: Group, level: number): Maybe<GroupInterval> {
  const { values, clusters, isShare } = group;
  if (isShare && clusters === undefined) {
    const wilson = wilsonInterval(sum(values), values.length, level);
    return mapped(wilson, (interval) => ({ ...interval, isCut: false }));
  }
  const [at, error] = [mean(values), errorOfMean(group)];
  if (at.why !== undefined) return at;
  if (error.why !== undefined) return error;
  const { low, high } = tInterval(at.value, error.value, level);
  const { min = -Infinity, max = Infinity } = isShare ? { min: 0, max: 1 } : group.bounds;
  // A mean beyond the bounds shows that they are not those of the values: then nothing is cut.
  if (at.value < min || at.value > max) return defined({ low, high, isCut: false });
  return defined({ low: Math.max(low, min), high: Math.min(high, max), isCut: low < min || high > max });
}

/** Of the mean: s / sqrt(n), or CR2 with Satterthwaite's degrees of freedom where values come in clusters. */
function errorOfMean({ values, clusters }: Group): Maybe<StandardError> {
  return clusters === undefined
    ? standardError(values)
    : mapped(clusteredErrors(values, clusters), ({ cr2 }) => cr2);
}

/**
 * Perplexity of several texts together: exp of the sum of their surprisals over the sum of their tokens, so that long
 * texts weigh as much as they are long. Not the mean of their perplexities. Undefined for no tokens.
 */
function corpusPerplexity(texts: Group['texts']): Maybe<number> {
  const count = sum(texts.map(({ tokens }) => tokens));
  if (!(count > 0)) return undefinedBecause('no tokens');
  const surprisal = sum(texts.map((text) => text.surprisal));
  return Number.isNaN(surprisal)
    ? undefinedBecause('the tokens of a text are not counted')
    : defined(Math.exp(surprisal / count));
}
