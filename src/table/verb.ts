import type { JsonObject } from '../system/json.ts';
import type { OptionProblem } from '../system/failure.ts';
import type { Frame } from './frame.ts';
import type { Column, TableShape } from './table.ts';

/** A path inside `with`. */
export type Path = readonly (string | number)[];

/**
 * One verb of a `table` stage: one file in `verbs/` exports one of these. `Given` is what stands beside the verb's
 * name in the pipeline file; the schema has seen to it that it fits.
 */
export interface Verb<Given> {
  readonly name: string;
  readonly schema: JsonObject;
  /** What the verb makes of a table's shape, and what is wrong with what it is given. */
  shape(given: Given, context: ShapeContext): VerbShape;
  /** The table after the verb. Called with what `shape` found nothing wrong with. */
  apply(given: Given, context: ApplyContext): Frame;
}

/** What is known of a table between two verbs. */
export interface Outline {
  readonly table: TableShape;
  /** The columns of the `groupby` that holds; none where there is none. */
  readonly groups: readonly string[];
  /** Whether an `orderby` said by what rows are ranked. */
  readonly ordered: boolean;
}

export interface ShapeContext extends Outline {
  /** Where the verb stands: `['verbs', 0, 'filter']`. */
  readonly at: Path;
  readonly inputs: ReadonlyMap<string, TableShape>;
}

/** What the verb says nothing of stays as it is. */
export interface VerbShape extends Partial<Outline> {
  readonly problems: readonly OptionProblem[];
}

export interface ApplyContext {
  readonly frame: Frame;
  /** The columns that `shape` announced. */
  readonly columns: readonly Column[];
  /** The columns of the `groupby` that holds; none where there is none. */
  readonly groups: readonly string[];
  readonly at: Path;
  readonly inputs: ReadonlyMap<string, Frame>;
  /** Something that the user should know; the place of the verb is added. */
  readonly warn: (message: string) => void;
}

/** Keeps the type of what is given while it is checked; what the index lists is called with what fits the schema. */
export function defineVerb<Given>(verb: Verb<Given>): Verb<unknown> {
  return verb;
}
