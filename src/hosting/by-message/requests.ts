import type { ReadingRequest } from '../../model/language-model.ts';
import type { FoundModel } from '../model-source.ts';
import type { QueuedReadings } from '../read-queue.ts';

/** What stages of other threads ask the model host. A loan is known by its number. */
export type HostRequest =
  | { readonly type: 'identify'; readonly ref: string; readonly baseDir: string }
  | { readonly type: 'confirm'; readonly model: FoundModel }
  | { readonly type: 'borrow'; readonly model: FoundModel }
  | { readonly type: 'read'; readonly loan: number; readonly requests: readonly ReadingRequest[] }
  | { readonly type: 'give-back'; readonly loan: number };

/** What it answers, by the type of the request. */
export interface HostAnswers {
  readonly identify: FoundModel;
  readonly confirm: undefined;
  readonly borrow: number;
  readonly read: QueuedReadings;
  readonly 'give-back': undefined;
}

/** What happens during a read. */
export interface ReadEvent {
  readonly done: number;
  readonly total: number;
}
