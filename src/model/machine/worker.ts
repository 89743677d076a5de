import { parentPort, workerData } from 'node:worker_threads';
import { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { Chunk } from '../forest/chunk.ts';
import { Failure } from '../../system/failure.ts';
import { Embedding } from './weights/embedding.ts';
import { loadWasmBackend } from './load-wasm.ts';
import { LocalMachine } from './machine.ts';
import { openWeights } from './weights/weights.ts';
import type { FromWorker, WorkerData } from './worker-messages.ts';

/** One wasm instance with weights of its own: a machine behind messages. See worker-pool.ts for the other end. */
const { folder, config, states, weights: where, embedding, stopFlag } = workerData as WorkerData;

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
  const checkpoint = new Checkpoint(folder, config, states);
  const weights = await openWeights(tf, config, checkpoint, where);
  const stopped = (): boolean => Atomics.load(stopFlag, 0) === 1;
  const machine = new LocalMachine({ tf, config, weights, embedding: new Embedding(embedding), stopped });
  const onStep = (share: number): void => send({ type: 'step', share });
  parentPort?.on('message', (chunks: readonly Chunk[]) => {
    machine.run(chunks, onStep).then((readings) => {
      send(readings === undefined ? { type: 'stopped' } : { type: 'done', readings });
    }, sendFailure);
  });
  send({ type: 'ready' });
}

start().catch(sendFailure);
