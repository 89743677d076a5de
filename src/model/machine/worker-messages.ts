import type { FileStates } from '../../system/contents/file-state.ts';
import type { FailureDetails } from '../../system/failure.ts';
import type { ModelConfig } from '../decoder/config.ts';
import type { ChunkReadings } from '../decoder/readings.ts';
import type { EmbeddingData } from './weights/embedding.ts';
import type { Placement } from './memory.ts';

/** What a worker starts with. After that it gets the chunks of one sweep at a time. */
export interface WorkerData {
  readonly folder: string;
  readonly config: ModelConfig;
  /** Of the files when they were hashed. */
  readonly states: FileStates | undefined;
  readonly weights: Placement['weights'];
  readonly embedding: EmbeddingData;
  /** Shared with the pool: 1 tells running chunks to stop. */
  readonly stopFlag: Int32Array;
}

/** What a worker says. */
export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'step'; readonly share: number }
  | { readonly type: 'done'; readonly readings: readonly ChunkReadings[] }
  | { readonly type: 'stopped' }
  | { readonly type: 'failure'; readonly details: FailureDetails }
  | { readonly type: 'bug'; readonly error: string };
