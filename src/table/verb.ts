import type * as Arquero from 'arquero';
import type { Row, TableShape } from './table.ts';
import type { JsonObject } from '../system/json.ts';
import type { OptionProblem } from '../system/failure.ts';

/** A path inside `with`. */
export type Path = readonly (string | number)[];

/**
 * One verb of a `table` stage: one file in `verbs/` exports one of these. `Given` is what stands beside the verb's
 * name in the pipeline file; the schema has seen to it that it fits.
 */
export interface Verb<Given> {
  readonly name: string;
  readonly schema: JsonObject;
  /** What the verb makes of a table's shape, and what is wrong with what it names. */
  shape(given: Given, context: ShapeContext): VerbShape;
  /** The rows after the verb. */
  apply(given: Given, context: ApplyContext): readonly Row[];
}

export interface ShapeContext {
  readonly table: TableShape;
  /** Where the verb stands: `['verbs', 0, 'filter']`. */
  readonly at: Path;
  readonly inputs: Readonly<Record<string, TableShape>>;
}

export interface VerbShape {
  readonly shape: TableShape;
  readonly problems: readonly OptionProblem[];
}

export interface ApplyContext {
  readonly aq: typeof Arquero;
  readonly rows: readonly Row[];
  /** The rows as arquero has them. */
  readonly table: Arquero.ColumnTable;
  readonly inputs: Readonly<Record<string, readonly Row[]>>;
}

/** Keeps the type of what is given while it is checked; what the index lists is called with what fits the schema. */
export function defineVerb<Given>(verb: Verb<Given>): Verb<unknown> {
  return verb;
}
