import { parentPort, workerData } from 'node:worker_threads';
import { loadWasmBackend } from '../../src/model/machine/load-wasm.ts';

/** A wasm instance of its own that multiplies as often as it is told, and says when it is done: the other end of product-speed.ts. */
const { rows, inner, columns } = workerData as { rows: number; inner: number; columns: number };
const tf = await loadWasmBackend();
const a = tf.randomUniform([rows, inner]);
const b = tf.randomUniform([inner, columns]);
parentPort?.on('message', (times: number) => {
  for (let i = 0; i < times; i += 1) tf.matMul(a, b).dispose();
  parentPort?.postMessage('done');
});
parentPort?.postMessage('ready');
