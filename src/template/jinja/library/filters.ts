import { listFilters } from './list-filters.ts';
import { numberFilters } from './number-filters.ts';
import { textFilters } from './text-filters.ts';
import { JinjaError, notSupported } from '../error.ts';
import type { Filters } from './filter.ts';

/** Every filter that templates can use, by name. */
export const filters: Filters = new Map([...textFilters, ...numberFilters, ...listFilters]);

/** Why a filter cannot be used. */
export function unknownFilter(name: string): JinjaError {
  const instead = refusedFilters.get(name);
  if (instead !== undefined) return notSupported(`the filter \`${name}\``, instead);
  return new JinjaError(`unknown template filter \`${name}\``);
}

/** Filters of Jinja2 that are left out, with what to do instead. */
const refusedFilters: ReadonlyMap<string, string> = new Map([
  ['attr', 'write `value.name` or `value["name"]`'],
  ['filesizeformat', 'print the number'],
  ['forceescape', 'use `escape`'],
  ['pprint', 'use `tojson`'],
  ['random', 'a prompt must be the same each time'],
  ['striptags', 'use `replace`'],
  ['urlize', 'a prompt has no links'],
  ['wordwrap', 'break the lines in the data'],
  ['xmlattr', 'write the attributes out'],
]);
