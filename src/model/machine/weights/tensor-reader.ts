import type { Checkpoint } from '../../checkpoint/checkpoint.ts';
import { bytesPerFloat, widen, type StoredFloat } from '../../checkpoint/floats.ts';
import type { WeightTensor } from '../../decoder/weight-tensors.ts';
import { must } from '../../../system/internal-error.ts';

/** A weight tensor as the checkpoint stores it. */
export interface StoredWeight {
  readonly tensor: WeightTensor;
  readonly dtype: StoredFloat;
  /** [sum of the stored outputs, inputs]; [sum of sizes] for a vector. */
  readonly shape: readonly number[];
  /** Of a buffer that is 4-byte aligned. Used again for a later tensor: whoever keeps values copies them. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

interface UnderWay {
  readonly tensor: WeightTensor;
  readonly bytes: number;
  readonly stored: Promise<StoredWeight>;
}

/**
 * Reads weight tensors in the order of a list, ahead of who takes them: while one is converted or a layer computes, Node's own
 * threads read the next.
 */
export class TensorReader {
  readonly #checkpoint: Checkpoint;
  readonly #aheadBytes: number;
  readonly #waiting: WeightTensor[] = [];
  readonly #reading: UnderWay[] = [];
  readonly #free: ArrayBuffer[] = [];
  #aheadNow = 0;

  /** @param aheadBytes how far to read ahead, in stored bytes */
  constructor(checkpoint: Checkpoint, aheadBytes: number) {
    this.#checkpoint = checkpoint;
    this.#aheadBytes = aheadBytes;
  }

  /** Tensors that will be taken, in this order. */
  expect(tensors: readonly WeightTensor[]): void {
    this.#waiting.push(...tensors);
    this.#readAhead();
  }

  /** Stored bytes of a tensor. */
  bytes(tensor: WeightTensor): number {
    return storedBytes(this.#checkpoint, tensor);
  }

  /** The next tensor. `use` must be done with its bytes when it returns: the buffer is read into again. */
  async take<T>(use: (stored: StoredWeight) => T): Promise<T> {
    this.#readAhead();
    const next = must(this.#reading.shift(), 'a weight tensor that is expected');
    const stored = await next.stored;
    this.#aheadNow -= next.bytes;
    // The next tensors are on their way while this one is used.
    this.#readAhead();
    const result = use(stored);
    // Only a buffer that a later tensor needs is kept: the head's, which is the largest, must not stay beside all that comes after it.
    const { buffer } = stored.bytes;
    if (this.#waiting.some((tensor) => fits(buffer, this.bytes(tensor)))) this.#free.push(buffer);
    return result;
  }

  /** Drops what was expected and not taken; resolves when nothing is read any more. */
  async clear(): Promise<void> {
    this.#waiting.length = 0;
    const reading = this.#reading.splice(0);
    await Promise.allSettled(reading.map(({ stored }) => stored));
    this.#aheadNow = 0;
    this.#free.length = 0;
  }

  #readAhead(): void {
    for (let tensor = this.#waiting[0]; tensor !== undefined; tensor = this.#waiting[0]) {
      const bytes = this.bytes(tensor);
      if (this.#reading.length > 0 && this.#aheadNow + bytes > this.#aheadBytes) return;
      this.#waiting.shift();
      this.#aheadNow += bytes;
      const stored = this.#read(tensor, this.#buffer(bytes));
      // A failure waits for who takes the tensor.
      stored.catch(() => undefined);
      this.#reading.push({ tensor, bytes, stored });
    }
  }

  /** The smallest buffer that is free and large enough. */
  #buffer(bytes: number): ArrayBuffer {
    const fitting = this.#free.filter((buffer) => fits(buffer, bytes));
    const [best] = fitting.sort((a, b) => a.byteLength - b.byteLength);
    if (best === undefined) return new ArrayBuffer(Math.max(bytes, 4));
    this.#free.splice(this.#free.indexOf(best), 1);
    return best;
  }

  async #read(tensor: WeightTensor, buffer: ArrayBuffer): Promise<StoredWeight> {
    const checkpoint = this.#checkpoint;
    const shape = stackedShape(tensor);
    const names = tensor.stored.map(({ name }) => name);
    const [dtype = 'F32', ...others] = new Set(names.map((name) => checkpoint.dtype(name)));
    if (others.length === 0) {
      let at = 0;
      // All are asked for at once: this thread may be away for seconds before it could ask for the next.
      const reads = names.map((name) => {
        const length = checkpoint.size(name) * bytesPerFloat[dtype];
        at += length;
        return checkpoint.readInto(name, new Uint8Array(buffer, at - length, length));
      });
      const failed = (await Promise.allSettled(reads)).find((read) => read.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      return { tensor, dtype, shape, bytes: new Uint8Array(buffer, 0, at) };
    }
    // Stacked tensors of several types: rare enough to be widened here.
    const floats = new Float32Array(shape.reduce((product, side) => product * side, 1));
    let at = 0;
    for (const name of names) {
      const values = floats.subarray(at, (at += checkpoint.size(name)));
      checkpoint.read(name, values);
    }
    return { tensor, dtype: 'F32', shape, bytes: new Uint8Array(floats.buffer) };
  }
}

/** The values of a weight tensor as float32, in memory of their own. */
export function widened({ dtype, shape, bytes }: StoredWeight): Float32Array {
  const size = shape.reduce((product, side) => product * side, 1);
  if (dtype === 'F32') return new Float32Array(bytes.buffer, bytes.byteOffset, size).slice();
  const values = new Float32Array(size);
  widen(dtype, bytes.buffer, size, values, bytes.byteOffset);
  return values;
}

/** Large enough, and not so large that it would serve a vector. */
function fits({ byteLength }: ArrayBuffer, bytes: number): boolean {
  return byteLength >= bytes && byteLength <= 2 * bytes;
}

function storedBytes(checkpoint: Checkpoint, { stored }: WeightTensor): number {
  return stored.reduce(
    (sum, { name }) => sum + checkpoint.size(name) * bytesPerFloat[checkpoint.dtype(name)],
    0,
  );
}

/** The stored tensors under each other. */
function stackedShape({ stored }: WeightTensor): number[] {
  const [first] = stored;
  const [, ...inner] = must(first, 'a stored tensor').shape;
  return [
    stored.reduce((sum, { shape }) => sum + must(shape[0], 'a tensor of rank 1 at least'), 0),
    ...inner,
  ];
}
