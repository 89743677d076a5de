import type { Cell, Table } from '../../table/table.ts';
import type { Noise, Tolerance } from './run-diff.ts';
import { sameCell } from './values.ts';

/** Nothing is noise: who asks for a tolerance of their own wants every difference beyond it. */
export const silent: Noise = { nats: 0, derived: false };

/**
 * In nats: float32 sums differ by the company in which a row was read, by at most 2e-5 in what was seen of 4,464 results;
 * backends differ by up to 1e-4.
 */
export const float32Noise: Noise = { nats: 1e-4, derived: false };

/** Whether two cells of a column are one number, or list of numbers, read twice. */
export type Noisy = (before: Cell, after: Cell) => boolean;

/** Of one column of two tables; undefined where every difference counts. */
export function noiseOf(name: string, before: Table, after: Table, noise: Noise): Noisy | undefined {
  const column = [after, before].flatMap(
    ({ columns }) => columns.find((each) => each.name === name) ?? [],
  )[0];
  if (noise.nats === 0 || column === undefined) return undefined;
  const { nats } = noise;
  switch (column.unit) {
    case 'nats':
    case 'nats per token':
      return within({ absolute: nats, relative: 0 });
    case 'bits':
      return within({ absolute: nats / Math.LN2, relative: 0 });
    default:
      // The exponential of a number in nats: what is added to the one is a factor of the other.
      if (/(?:^|_)(?:perplexity|probability)$/.test(name)) return within({ absolute: 0, relative: nats });
      if (noise.derived && (column.type === 'number' || column.type === 'json')) return anyWithin(noise);
      return column.type === 'json' ? (old, now) => sameButLogProbs(old, now, nats) : undefined;
  }
}

/** For what only noise reached: of numbers of any unit. */
export function anyWithin({ nats }: Noise): Noisy {
  return within({ absolute: nats, relative: nats });
}

function within(limit: Tolerance): Noisy {
  return (before, after) => sameCell(before, after, limit);
}

/** Whether nothing differs but numbers that are called `log_prob`, by no more than that: lists of likely tokens. */
function sameButLogProbs(
  before: Cell | undefined,
  after: Cell | undefined,
  nats: number,
  name = '',
): boolean {
  if (typeof before === 'number' && typeof after === 'number') {
    return Object.is(before, after) || (name === 'log_prob' && Math.abs(before - after) <= nats);
  }
  if (typeof before !== 'object' || typeof after !== 'object' || before === null || after === null) {
    return before === after;
  }
  const [old, now] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return (
    old.size === now.size && [...old].every(([at, cell]) => sameButLogProbs(cell, now.get(at), nats, at))
  );
}

/** Whether a difference is noise. */
export function isNoise(
  { before, after }: { readonly before?: Cell; readonly after?: Cell },
  isSame: Noisy | undefined,
): boolean {
  return isSame !== undefined && before !== undefined && after !== undefined && isSame(before, after);
}
