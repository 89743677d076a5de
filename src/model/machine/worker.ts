import { parentPort, workerData } from 'node:worker_threads';
import { loadWasmBackend } from './backends.ts';
import { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { Chunk } from '../forest/chunk.ts';
import type { ModelConfig } from '../checkpoint/config.ts';
import { Failure } from '../../system/failure.ts';
import { Machine } from './machine.ts';
import type { Placement } from './memory.ts';
import { Embedding, openWeights } from './weights.ts';
import type { FromWorker } from './worker-pool.ts';

/** One wasm instance with weights of its own: a Machine behind messages. See worker-pool.ts for the other end. */
const { folder, config, placement, embedding, abortFlag } = workerData as {
  folder: string;
  config: ModelConfig;
  placement: Placement;
  embedding: Pick<Embedding, 'stored' | 'dtype' | 'hidden_size'>;
  abortFlag: Int32Array;
};

function send(message: FromWorker): void {
  parentPort?.postMessage(message);
}

function sendFailure(error: unknown): void {
  send(
    error instanceof Failure
      ? { type: 'failure', details: error.details }
      : { type: 'bug', error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
  );
}

async function start(): Promise<void> {
  const tf = await loadWasmBackend();
  const checkpoint = new Checkpoint(folder, config);
  const weights = await openWeights(tf, config, checkpoint, placement.weights);
  const machine = new Machine(tf, config, weights, new Embedding(embedding));
  const aborted = (): boolean => Atomics.load(abortFlag, 0) === 1;
  const onStep = (share: number): void => send({ type: 'step', share });
  parentPort?.on('message', (chunks: readonly Chunk[]) => {
    machine.run(chunks, { aborted, onStep }).then((found) => {
      send(found === undefined ? { type: 'aborted' } : { type: 'done', found });
    }, sendFailure);
  });
  send({ type: 'ready' });
}

start().catch(sendFailure);
