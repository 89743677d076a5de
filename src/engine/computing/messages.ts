import type { JsonObject } from '../../system/json.ts';
import type { StageCode } from '../pipeline/kinds.ts';
import type { External, Shape } from '../stage-kind.ts';
import type { ArtifactDescriptor } from '../artifact-io.ts';
import type { Computed, StoredInput } from './computing.ts';
import type { MeantOrder } from '../../system/names-in-order.ts';
import type { Crossed } from './crossing.ts';

/** What a thread for stages starts with. */
export interface ThreadData {
  /** Folder of the store; absolute. */
  readonly store: string;
  /** Whether it is for kinds that ship: they are loaded before the first stage comes. */
  readonly ships: boolean;
}

/** Functions do not pass between threads, so a kind is named: the thread has its own copy. */
export type KindName =
  | { readonly type: 'shipped'; readonly name: string }
  /** The kind that gathers the instances of a matrix. */
  | { readonly type: 'gather' }
  | { readonly type: 'own'; readonly code: StageCode };

/** A task as it passes. */
export interface SentTask {
  readonly stage: string;
  readonly kind: KindName;
  readonly options: JsonObject;
  /** Of names in the options, which a copy forgets. */
  readonly orders: readonly MeantOrder[];
  readonly externals: Readonly<Record<string, External>>;
  readonly shape: Shape;
  readonly inputs: Readonly<Record<string, StoredInput>>;
  readonly baseDir: string;
}

/** Numbers tell tasks, and calls of services, apart within a thread. */
export type ToThread =
  | { readonly type: 'compute'; readonly task: number; readonly sent: SentTask }
  | { readonly type: 'abort'; readonly task: number }
  | { readonly type: 'forget'; readonly artifact: ArtifactDescriptor }
  | { readonly type: 'answer'; readonly call: number; readonly value: unknown }
  | { readonly type: 'refusal'; readonly call: number; readonly error: Crossed }
  | { readonly type: 'call-event'; readonly call: number; readonly event: unknown };

export type FromThread =
  | { readonly type: 'begun'; readonly task: number }
  | { readonly type: 'warning'; readonly task: number; readonly message: string }
  | {
      readonly type: 'progress';
      readonly task: number;
      readonly done: number;
      readonly total: number;
      readonly unit: string;
    }
  | { readonly type: 'computed'; readonly task: number; readonly computed: Computed }
  | { readonly type: 'failed'; readonly task: number; readonly error: Crossed }
  /** Asks a service of the main thread, for a task. */
  | {
      readonly type: 'call';
      readonly task: number;
      readonly call: number;
      readonly service: string;
      readonly request: unknown;
    }
  /** Whoever asked does not want the answer any more. */
  | { readonly type: 'cancel'; readonly call: number };
