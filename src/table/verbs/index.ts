import { concat } from './concat.ts';
import { dedupe } from './dedupe.ts';
import { derive } from './derive.ts';
import { drop } from './drop.ts';
import { filter } from './filter.ts';
import { fold } from './fold.ts';
import { join } from './join.ts';
import { orderby } from './orderby.ts';
import { rename } from './rename.ts';
import { rollup } from './rollup.ts';
import { select } from './select.ts';
import { slice } from './slice.ts';
import { unroll } from './unroll.ts';
import type { Verb } from '../verb.ts';

/** In the order in which the documentation shows them. */
export const verbs: readonly Verb<unknown>[] = [
  filter,
  derive,
  select,
  drop,
  rename,
  orderby,
  slice,
  dedupe,
  unroll,
  join,
  concat,
  rollup,
  fold,
];
