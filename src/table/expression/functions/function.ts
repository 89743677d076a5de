import { isList } from '../../cells.ts';
import type { Cell } from '../../table.ts';
import type { Type, Value, ValueKind } from '../value.ts';

/** Why a function cannot be computed of what it was given; who calls it adds the place. */
export class Refusal extends Error {
  readonly more: Advice;

  constructor(message: string, more: Advice = {}) {
    super(message);
    this.more = more;
  }
}

interface Advice {
  readonly expected?: string;
  readonly found?: string;
  readonly next?: string;
}

export interface Parameter {
  readonly name: string;
  /** Kinds of values that are taken; none for all. */
  readonly kinds: readonly ValueKind[];
  readonly optional?: true;
  /** Any number of values from here on. */
  readonly rest?: true;
}

interface Described {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** The type of the result, missing values aside; from the types of the arguments where it depends on them. */
  readonly gives: Type | ((args: readonly Type[]) => Type);
  /** For the documentation: one phrase. */
  readonly summary: string;
}

/** Of values of one row. Null of null: `compute` sees none, unless `takesNull`. */
export interface ScalarFunction extends Described {
  readonly over: 'row';
  readonly takesNull?: true;
  compute(args: readonly Value[]): Value;
}

/** Of the rows of a group. */
export interface AggregateFunction extends Described {
  readonly over: 'group';
  /** How many of the arguments have a value in each row; those that follow are the same for all rows. */
  readonly columns: number;
  /** Rows in which one of the columns is missing (null, NaN) take part. */
  readonly takesMissing?: true;
  /** `columns[i][j]` is argument i in the j-th row of the group; `settings` are the further arguments. */
  compute(columns: readonly (readonly Value[])[], settings: readonly Value[], rows: number): Value;
}

/** Of a row and its neighbours in the order of the table, within a group. */
export interface WindowFunction extends Described {
  readonly over: 'window';
  /** It ranks rows, and so needs to know by what: an `orderby` before. */
  readonly ranks?: true;
  /** One value for each row of the group, in the table's order. */
  compute(window: Window): readonly Value[];
}

export interface Window {
  readonly size: number;
  /** An argument in a row of the group; undefined where the argument is not given. */
  value(argument: number, row: number): Value | undefined;
  /** Equal for rows that `orderby` finds equal, -1 for those that it cannot rank because a value is missing. */
  peer(row: number): number;
}

export type FunctionKind = ScalarFunction | AggregateFunction | WindowFunction;

/** `substring(text, start?, end?)` */
export function signatureOf({ name, parameters }: FunctionKind): string {
  const shown = parameters.map((each) => `${each.name}${each.rest ? '...' : each.optional ? '?' : ''}`);
  return `${name}(${shown.join(', ')})`;
}

/** Parameters from words: `text:text start:number end?:number`, `values...`; kinds by `|`, none for all. */
export function parametersFrom(words: string): readonly Parameter[] {
  return words
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => {
      const [label = '', kinds = ''] = word.split(':');
      return {
        name: label.replace(/\?$|\.\.\.$/, ''),
        kinds: kinds === '' ? [] : (kinds.split('|') as ValueKind[]),
        ...(label.endsWith('?') && { optional: true }),
        ...(label.endsWith('...') && { rest: true }),
      };
    });
}

export type Args = readonly Value[];

/** A function of the values of one row. */
export function scalar(
  name: string,
  parameters: string,
  gives: ScalarFunction['gives'],
  summary: string,
  compute: (args: Args) => Value,
): ScalarFunction {
  return { name, over: 'row', parameters: parametersFrom(parameters), gives, summary, compute };
}

// The kinds of arguments have been checked when a function is computed.

export function textAt(args: Args, index: number, otherwise = ''): string {
  const value = args[index];
  return value === undefined ? otherwise : (value as string);
}

export function numberAt(args: Args, index: number, otherwise = NaN): number {
  const value = args[index];
  return value === undefined ? otherwise : (value as number);
}

/** A count or a position: of a fraction its whole part. */
export function wholeAt(args: Args, index: number, otherwise: number): number {
  const value = numberAt(args, index, otherwise);
  if (Number.isNaN(value)) throw new Refusal('NaN is no position', { expected: 'a whole number' });
  return Math.trunc(value);
}

export function listAt(args: Args, index: number): readonly Cell[] {
  const value = args[index];
  return isList(value) ? value : [];
}
