import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { bytesPerElement, widen, type StoredFloat } from '../checkpoint/floats.ts';
import type { Part } from '../decoder/layer-tensors.ts';

/** A part as the checkpoint stores it. */
export interface StoredPart {
  readonly part: Part;
  readonly dtype: StoredFloat;
  /** [sum of the stored rows, columns]; [sum of sizes] for a vector. */
  readonly shape: readonly number[];
  /** Of a buffer that is 4-byte aligned. Used again for a later part: whoever keeps values copies them. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Reads parts in the order of a list, ahead of who takes them: while one part is converted or a layer computes, Node's own
 * threads read the next.
 */
export class PartReader {
  readonly #checkpoint: Checkpoint;
  readonly #aheadBytes: number;
  readonly #waiting: Part[] = [];
  readonly #reading: { readonly part: Part; readonly bytes: number; readonly stored: Promise<StoredPart> }[] =
    [];
  readonly #free: ArrayBuffer[] = [];
  #aheadNow = 0;

  /** @param aheadBytes how far to read ahead, in stored bytes */
  constructor(checkpoint: Checkpoint, aheadBytes: number) {
    this.#checkpoint = checkpoint;
    this.#aheadBytes = aheadBytes;
  }

  /** Parts that will be taken, in this order. */
  expect(parts: readonly Part[]): void {
    this.#waiting.push(...parts);
    this.#readAhead();
  }

  /** Stored bytes of a part. */
  bytes(part: Part): number {
    return partBytes(this.#checkpoint, part);
  }

  /** The next part. `take` must be done with its bytes when it returns. */
  async take<T>(use: (stored: StoredPart) => T): Promise<T> {
    this.#readAhead();
    const next = this.#reading.shift();
    if (next === undefined) throw new Error('Internal error: expected a part to read, was none');
    const stored = await next.stored;
    this.#aheadNow -= next.bytes;
    // The next parts are on their way while this one is used.
    this.#readAhead();
    const result = use(stored);
    // A buffer that no later part will need, the head's, must not stay beside all that is loaded after it.
    const { buffer } = stored.bytes;
    if (this.#waiting.some((part) => fits(buffer, partBytes(this.#checkpoint, part))))
      this.#free.push(buffer);
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
    for (let part = this.#waiting[0]; part !== undefined; part = this.#waiting[0]) {
      const bytes = partBytes(this.#checkpoint, part);
      if (this.#reading.length > 0 && this.#aheadNow + bytes > this.#aheadBytes) return;
      this.#waiting.shift();
      this.#aheadNow += bytes;
      const stored = this.#read(part, this.#buffer(bytes));
      // A failure waits for who takes the part.
      stored.catch(() => undefined);
      this.#reading.push({ part, bytes, stored });
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

  async #read(part: Part, buffer: ArrayBuffer): Promise<StoredPart> {
    const checkpoint = this.#checkpoint;
    const shape = stackedShape(checkpoint, part);
    const [dtype = 'F32', ...others] = [...new Set(part.names.map((name) => checkpoint.dtype(name)))];
    if (others.length === 0) {
      let at = 0;
      // All at once: between one and the next this thread may be away for seconds.
      const reads = part.names.map((name) => {
        const length = checkpoint.size(name) * (bytesPerElement[dtype] as number);
        at += length;
        return checkpoint.readInto(name, new Uint8Array(buffer, at - length, length));
      });
      const failed = (await Promise.allSettled(reads)).find((read) => read.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      return { part, dtype, shape, bytes: new Uint8Array(buffer, 0, at) };
    }
    // Stacked tensors of several types: rare enough to be widened here.
    const floats = new Float32Array(shape.reduce((product, side) => product * side, 1));
    let at = 0;
    for (const name of part.names) {
      const values = floats.subarray(at, (at += checkpoint.size(name)));
      checkpoint.read(name, values);
    }
    return { part, dtype: 'F32', shape, bytes: new Uint8Array(floats.buffer) };
  }
}

/** The values of a part as float32, in memory of their own. */
export function widened({ dtype, shape, bytes }: StoredPart): Float32Array {
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

function partBytes(checkpoint: Checkpoint, { names }: Part): number {
  return names.reduce(
    (sum, name) => sum + checkpoint.size(name) * (bytesPerElement[checkpoint.dtype(name)] as number),
    0,
  );
}

function stackedShape(checkpoint: Checkpoint, { names }: Part): number[] {
  const [, ...inner] = checkpoint.shape(names[0] as string);
  const rows = names.reduce((sum, name) => sum + (checkpoint.shape(name)[0] as number), 0);
  return [rows, ...inner];
}
