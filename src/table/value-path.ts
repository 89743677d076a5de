import { Failure } from '../system/failure.ts';
import type { Path } from '../system/json.ts';
import type { Cell } from './table.ts';

/**
 * What is at a dotted place inside a value, as `pearson.coefficient`.
 *
 * @param path of the option that names the place
 * @throws Failure `path-not-found`
 */
export function valueAt(value: Cell, inside: string, path: Path): Cell {
  return inside.split('.').reduce<Cell>((at, step) => {
    const holder = typeof at === 'object' && at !== null ? (at as Readonly<Record<string, Cell>>) : {};
    if (!Object.hasOwn(holder, step)) {
      throw new Failure({
        code: 'path-not-found',
        blame: 'user',
        message: `nothing is at \`${inside}\``,
        path,
        found: `no \`${step}\``,
        candidates: Object.keys(holder),
        meant: step,
      });
    }
    return holder[step] ?? null;
  }, value);
}
