import type { ServiceToken } from '../engine/stage-kind.ts';
import type { ReadingRequest, Tokenizer } from '../model/language-model.ts';
import type { FoundModel } from './model-source.ts';
import type { QueuedReadings, QueueOptions } from './read-queue.ts';

/** Reads of stages that use the model at the same time go into one forward pass; what was read before is not read again. */
export type ReadModel = (
  requests: readonly ReadingRequest[],
  options?: QueueOptions,
) => Promise<QueuedReadings>;

/** A model while a stage has it. */
export interface LentModel {
  readonly tokenizer: Tokenizer;
  /** Longest sequence, in tokens, BOS included. */
  readonly contextLength: number;
  readonly read: ReadModel;
}

/** A model that was borrowed, for who has its tokenizer. */
export interface BorrowedModel {
  readonly read: ReadModel;
  giveBack(): void;
}

/** Keeps one model open, for all stages that use it: what stages know of it. */
export interface ModelHost {
  /** Finds a model and says who it is, without loading weights. @throws Failure */
  identify(ref: string, place: { readonly baseDir: string }): Promise<FoundModel>;
  /**
   * Lends a model while `work` runs. Weights are loaded at the first read that needs them; a model that others use is
   * waited for. @throws Failure
   */
  lend<T>(model: FoundModel, work: (model: LentModel) => Promise<T>): Promise<T>;
}

/** The host itself, as the program that opened it has it. */
export interface OpenModelHost extends ModelHost {
  /** As `lend`, until it is given back. @throws Failure */
  borrow(model: FoundModel): Promise<BorrowedModel>;
  /** @throws Failure where another model is in the folder by now */
  confirm(model: FoundModel): Promise<void>;
  dispose(): Promise<void>;
}

export const modelHost: ServiceToken<ModelHost> = { name: 'model-host' };
