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

/** Of one column: within which difference two numbers are the same number read twice; undefined where none is. */
export function noiseOf(name: string, before: Table, after: Table, noise: Noise): Tolerance | undefined {
  const column = [after, before].flatMap(
    ({ columns }) => columns.find((each) => each.name === name) ?? [],
  )[0];
  if (noise.nats === 0 || column === undefined) return undefined;
  const { nats } = noise;
  switch (column.unit) {
    case 'nats':
    case 'nats per token':
      return { absolute: nats, relative: 0 };
    case 'bits':
      return { absolute: nats / Math.LN2, relative: 0 };
    default:
      // The exponential of a number in nats: what is added to the one is a factor of the other.
      if (/(?:^|_)(?:perplexity|probability)$/.test(name)) return { absolute: 0, relative: nats };
      return noise.derived && (column.type === 'number' || column.type === 'json')
        ? { absolute: nats, relative: nats }
        : undefined;
  }
}

/** Whether a difference is within the noise of its column. */
export function isNoise(
  { before, after }: { readonly before?: Cell; readonly after?: Cell },
  limit: Tolerance | undefined,
): boolean {
  return limit !== undefined && before !== undefined && after !== undefined && sameCell(before, after, limit);
}
