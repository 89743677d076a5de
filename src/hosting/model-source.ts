import type { ModelIdentity, Numerics, ReadingModel, Tokenizer } from '../model/language-model.ts';

/** A model that was found and identified; its weights are not loaded. */
export interface FoundModel {
  /** As the pipeline names it. */
  readonly ref: string;
  /** Absolute. */
  readonly folder: string;
  readonly identity: ModelIdentity;
  /** How its numbers will be made. */
  readonly numerics: Numerics;
  /** For models of the hub: `org/name` and the commit that is here. */
  readonly hub?: { readonly id: string; readonly commit: string };
}

/** What a text needs to become token ids, without weights. */
export interface ModelTexts {
  readonly tokenizer: Tokenizer;
  /** Longest sequence, in tokens, BOS included. */
  readonly contextLength: number;
}

/** Where models come from. */
export interface ModelSource {
  /** @throws Failure when there is no such model on this machine, or it lacks files. */
  find(ref: string, baseDir: string): Promise<FoundModel>;
  texts(model: FoundModel): Promise<ModelTexts>;
  /** @throws Failure where another model is in the folder by now. */
  confirm(model: FoundModel): Promise<unknown>;
  open(model: FoundModel, signal: AbortSignal | undefined): Promise<ReadingModel>;
}

export interface LocalModelOptions {
  /** One of `backendNames`; another is a Failure when a model is looked for. Default: the best that loads here. */
  readonly backend?: string;
  /** Wasm workers, at least 1. Default: one per core. */
  readonly threads?: number;
  /** What the process may take, in bytes. Weights that do not fit are streamed from disk. Default: what is free. */
  readonly memory?: number;
  /** File in which digests of unchanged model files are remembered. Default: none, every plan hashes all files. */
  readonly memoFile?: string;
  /** Hashes all files of a model the first time that it is found, whatever is remembered of them. */
  readonly hashAnew?: true;
  /**
   * Fetches a model of the hub that is not on this machine; rejects with a Failure if it can't. Default: such a
   * model is missing.
   */
  readonly fetch?: (model: { readonly id: string; readonly revision: string }) => Promise<unknown>;
}
