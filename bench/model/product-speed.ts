import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { median } from 'simple-statistics';
import { loadNativeBackend } from '../../src/model/machine/backends.ts';
import type { BackendName } from '../../src/model/index.ts';

/** Sides of a product [rows, inner] x [inner, columns]. */
export interface ProductShape {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** Products done in groups that are long enough for the processor clock. */
const groups = 10;

/**
 * The speed of one matrix product on a backend, in this process: what a forward pass would reach if it were nothing else. On wasm as
 * many workers multiply at once as will read, since cores may share what they compute with. Machines that others use change
 * their speed by the second, so measure before and after what is to be compared; the median of all groups counts.
 */
export class ProductSpeed {
  readonly #backend: BackendName;
  readonly #shape: ProductShape;
  readonly #threads: number;
  readonly #perSecond: number[] = [];
  readonly #perCpuSecond: number[] = [];

  constructor(backend: BackendName, shape: ProductShape, threads: number) {
    this.#backend = backend;
    this.#shape = shape;
    this.#threads = backend === 'wasm' ? threads : 1;
  }

  /** 10^9 operations per second of time, and of processor time: the medians, and the best group. */
  get figures(): { perSecond: number; best: number; perCpuSecond: number } {
    return {
      perSecond: median(this.#perSecond),
      best: Math.max(...this.#perSecond),
      perCpuSecond: median(this.#perCpuSecond),
    };
  }

  async measure(): Promise<void> {
    const { rows, inner, columns } = this.#shape;
    const operations = 2 * rows * inner * columns;
    const times = Math.ceil((this.#backend === 'wasm' ? 1e10 : 5e10) / operations);
    const product = await (this.#backend === 'wasm' ? this.#workers() : this.#native());
    try {
      await product.multiply(1);
      for (let group = 0; group < groups; group += 1) {
        const [started, cpuStarted] = [performance.now(), cpuMs()];
        await product.multiply(times);
        const done = (this.#threads * times * operations) / 1e6;
        this.#perSecond.push(done / (performance.now() - started));
        this.#perCpuSecond.push(done / (cpuMs() - cpuStarted));
      }
    } finally {
      await product.close();
    }
  }

  async #native(): Promise<Multiplier> {
    const { tf } = await loadNativeBackend(this.#backend as 'tensorflow');
    const { rows, inner, columns } = this.#shape;
    const a = tf.randomUniform([rows, inner]);
    const b = tf.randomUniform([inner, columns]);
    return {
      multiply: async (times) => {
        let product = tf.matMul(a, b);
        for (let i = 1; i < times; i += 1) {
          product.dispose();
          product = tf.matMul(a, b);
        }
        // A GPU is done when its last product can be read.
        await tf.tidy(() => tf.slice(product, [0, 0], [1, 1])).data();
        product.dispose();
      },
      close: () => {
        tf.dispose([a, b]);
        return Promise.resolve();
      },
    };
  }

  async #workers(): Promise<Multiplier> {
    const workers = Array.from(
      { length: this.#threads },
      () => new Worker(new URL('./product-worker.js', import.meta.url), { workerData: this.#shape }),
    );
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    return {
      multiply: async (times) => {
        const done = workers.map((worker) => once(worker, 'message'));
        for (const worker of workers) worker.postMessage(times);
        await Promise.all(done);
      },
      close: async () => {
        await Promise.all(workers.map((worker) => worker.terminate()));
      },
    };
  }
}

interface Multiplier {
  multiply(times: number): Promise<void>;
  close(): Promise<void>;
}

/** Processor time of the whole process, workers and native threads included. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
