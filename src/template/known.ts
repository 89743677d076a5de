import type { Shape } from '../engine/stage-kind.ts';
import type { Column } from '../table/table.ts';

/** What a template may know of a name before it is rendered. */
export type Known =
  /** Anything: members are not checked. */
  | { readonly type: 'any' }
  | { readonly type: 'text' }
  | { readonly type: 'list'; readonly item: Known }
  | { readonly type: 'record'; readonly fields: KnownNames; readonly open: boolean }
  | { readonly type: 'function' };

export type KnownNames = ReadonlyMap<string, Known>;

export const any: Known = { type: 'any' };

/** The columns of one row as names. `json` columns may hold anything. */
export function namesOfColumns(columns: readonly Column[]): KnownNames {
  return new Map(columns.map(({ name, type }) => [name, type === 'json' ? any : { type: 'text' }]));
}

/** An input as a template sees it: a table is a list of rows. */
export function knownOfShape(shape: Shape): Known {
  switch (shape.type) {
    case 'table':
      return {
        type: 'list',
        item: { type: 'record', fields: namesOfColumns(shape.columns), open: shape.open ?? false },
      };
    case 'text':
      return { type: 'text' };
    case 'value':
    case 'figure':
      return any;
  }
}
