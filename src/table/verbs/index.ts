import type { Verb } from '../verb.ts';
import { concat } from './concat.ts';
import { dedupe } from './dedupe.ts';
import { derive } from './derive.ts';
import { drop } from './drop.ts';
import { filter } from './filter.ts';
import { fold } from './fold.ts';
import { groupby } from './groupby.ts';
import { join } from './join.ts';
import { orderby } from './orderby.ts';
import { rename } from './rename.ts';
import { rollup } from './rollup.ts';
import { select } from './select.ts';
import { slice } from './slice.ts';
import { unroll } from './unroll.ts';

/*
 * What verbs and expressions answer where implementations differ. `spec/table/` holds what is said of this one.
 *
 * | question                  | here                       | pandas 3.1   | DuckDB 2.0  | arquero 8     |
 * | ------------------------- | -------------------------- | ------------ | ----------- | ------------- |
 * | null < 5, null == 5       | null                       | false        | null        | true, false   |
 * | NaN < 5                   | null                       | false        | false       | false         |
 * | a filter's null           | drops the row, says so     | drops        | drops       | drops         |
 * | x == null                 | asks whether it is missing | false        | null        | asks          |
 * | 1 == "1"                  | error                      | false        | true        | true          |
 * | "a" + 1                   | error                      | error        | error       | "a1"          |
 * | -7 % 3                    | 2                          | 2            | -1          | -1            |
 * | round(2.5)                | 2                          | 2            | 3           | 3             |
 * | order, length of text     | code points                | code points  | code points | UTF-16 units  |
 * | missing values in orderby | last, both ways            | last         | null last   | last, first   |
 * | equal rows in rank()      | share the lowest           | on request   | share       | in order only |
 * | rank of what is missing   | null                       | NaN          | a rank      | a rank        |
 * | rank() without an order   | error                      | -            | 1 for all   | row number    |
 * | percent_rank of one row   | 0                          | -            | 0           | NaN           |
 * | sum, product of nothing   | 0, 1                       | 0, 1         | null        | null          |
 * | mean, min, max of nothing | null                       | NaN          | null        | null          |
 * | stdev, stdevp of one      | null, 0                    | NaN, 0       | null, 0     | null          |
 * | distinct counts missing   | no                         | no           | no          | as one        |
 * | array_agg has missing     | yes                        | yes          | yes         | no            |
 * | mean of true and false    | share                      | share        | error       | share         |
 * | aggregates in derive      | of the group of groupby    | transform    | over        | of the group  |
 * | rows without a label      | a group, says so           | left out     | a group     | a group       |
 * | missing keys in join      | match nothing, says so     | match        | no match    | no match      |
 * | rows without a match      | gone, says so unless meant | gone         | gone        | gone          |
 * | join of text with numbers | error                      | error        | cast        | no match      |
 * | join multiplies rows      | says so, unless allowed    | silent       | silent      | silent        |
 * | join makes a name twice   | error                      | suffixes     | both        | suffixes      |
 * | concat of text, numbers   | error                      | mixed        | text        | mixed         |
 * | unroll of an empty list   | no row, says so            | a row of NaN | no row      | no row        |
 * | fold onto its own column  | takes the name             | takes it     | -           | loses it      |
 * | no row left               | says so, unless allowed    | silent       | silent      | silent        |
 * | dates                     | UTC                        | as written   | as written  | time zone     |
 */

/** In the order in which the documentation shows them. */
export const verbs: readonly Verb<unknown>[] = [
  filter,
  derive,
  groupby,
  rollup,
  orderby,
  slice,
  select,
  drop,
  rename,
  dedupe,
  join,
  concat,
  unroll,
  fold,
];
