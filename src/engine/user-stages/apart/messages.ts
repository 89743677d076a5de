import type { Crossed } from '../../computing/crossing.ts';
import type { StageCode } from '../../pipeline/kinds.ts';
import type { DescriptorProblem } from '../descriptor.ts';

/** Functions of a kind that are asked before its stage runs. */
export const askedFunctions = ['output', 'check', 'resources', 'externals'] as const;
export type AskedFunction = (typeof askedFunctions)[number];

/** What a module exports, without its functions: those do not pass between threads. */
export interface Exported {
  readonly problems: readonly DescriptorProblem[];
  /** The fields that are data, where there are no problems. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly functions: readonly AskedFunction[];
}

/** Numbers tell questions apart within a thread. */
export interface Question {
  readonly number: number;
  /** Its thread loads one module, with the first question. */
  readonly code: StageCode;
  /** Absent: what the module exports. */
  readonly asked?: { readonly name: AskedFunction; readonly given: readonly unknown[] };
}

export type Answer =
  /** What the module writes to a standard stream. */
  | { readonly printed: string }
  | { readonly number: number; readonly value: unknown }
  | { readonly number: number; readonly error: Crossed };
