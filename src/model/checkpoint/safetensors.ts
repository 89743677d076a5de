import { closeSync, fstatSync, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { stateIn } from '../../system/contents/file-state.ts';
import { codeOf } from '../../system/errno.ts';
import type { Failure } from '../../system/failure.ts';
import { widen } from './floats.ts';
import {
  readHeader,
  safetensorsFailure,
  type StoredTensor,
  type TensorFailure,
} from './safetensors-header.ts';

export type { StoredTensor } from './safetensors-header.ts';

const readAt = promisify(read);

/** Data are read into a buffer of this many bytes: converted while in cache, and never near readSync's 2 GiB. */
const bufferBytes = 4 << 20;

/** Reads in the background take more at once: their order is that of a queue, and the main thread may be away for long. */
const asyncReadBytes = 1 << 30;

/**
 * A safetensors file whose header has been checked; tensors are read when they are asked for.
 * Format: https://github.com/huggingface/safetensors (8 bytes little-endian header length, JSON, data).
 * @throws Failure `safetensors-*` with the file, the tensor, what was expected and what was found
 */
export class SafetensorsFile {
  readonly file: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly #descriptor: number;
  #buffer: ArrayBuffer | undefined;

  constructor(file: string) {
    this.file = file;
    this.#descriptor = openForReading(file);
    try {
      const { tensors, metadata } = readHeader(file, this.#descriptor);
      this.tensors = tensors;
      this.metadata = metadata;
    } catch (error) {
      closeSync(this.#descriptor);
      throw error;
    }
  }

  /**
   * Reads a tensor as float32 into the first `size` elements of `into`; F16 and BF16 are widened exactly.
   * @throws Failure `safetensors-dtype` for data that are not floating point of at most 32 bits
   */
  readFloats(tensor: StoredTensor, into: Float32Array): void {
    const { dtype, size, begin } = tensor;
    if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16') {
      throw this.#failure('dtype', 'the tensor has a type that is not supported', {
        tensor: tensor.name,
        expected: 'F32, F16 or BF16',
        found: dtype,
        next: 'convert the checkpoint to one of these types',
      });
    }
    if (dtype === 'F32') {
      this.#fill(tensor, new Uint8Array(into.buffer, into.byteOffset, size * 4), begin);
      return;
    }
    const elements = bufferBytes / 2;
    this.#buffer ??= new ArrayBuffer(bufferBytes);
    for (let done = 0; done < size; done += elements) {
      const count = Math.min(elements, size - done);
      this.#fill(tensor, new Uint8Array(this.#buffer, 0, count * 2), begin + done * 2);
      widen(dtype, this.#buffer, count, into.subarray(done, done + count));
    }
  }

  /** The tensor's data as they are stored. */
  readBytes(tensor: StoredTensor): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(tensor.end - tensor.begin);
    this.#fill(tensor, bytes, tensor.begin);
    return bytes;
  }

  /** The same, a buffer at a time: each is overwritten by the next. */
  *buffers(tensor: StoredTensor): Generator<Uint8Array<ArrayBuffer>, undefined> {
    const buffer = new ArrayBuffer(Math.min(bufferBytes, tensor.end - tensor.begin));
    for (let at = tensor.begin; at < tensor.end; at += bufferBytes) {
      const bytes = new Uint8Array(buffer, 0, Math.min(bufferBytes, tensor.end - at));
      this.#fill(tensor, bytes, at);
      yield bytes;
    }
    return undefined;
  }

  /** Reads the tensor's data as they are stored into `into`, of exactly their length, while this thread does other things. */
  async readInto(tensor: StoredTensor, into: Uint8Array): Promise<void> {
    for (let done = 0; done < into.byteLength;) {
      const want = Math.min(into.byteLength - done, asyncReadBytes);
      const { bytesRead } = await readAt(this.#descriptor, into, done, want, tensor.begin + done);
      if (bytesRead === 0) throw this.#endsInside(tensor, into.byteLength, tensor.begin, done);
      done += bytesRead;
    }
  }

  /** The state of the very file that is read, whatever is at its path by now; see `FileState`. */
  state(): string {
    return stateIn(fstatSync(this.#descriptor, { bigint: true })).text;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #fill(tensor: StoredTensor, target: Uint8Array, position: number): void {
    for (let done = 0; done < target.byteLength;) {
      const want = Math.min(target.byteLength - done, 1 << 30);
      const got = readSync(this.#descriptor, target, done, want, position + done);
      if (got === 0) throw this.#endsInside(tensor, target.byteLength, position, done);
      done += got;
    }
  }

  #endsInside({ name }: StoredTensor, bytes: number, position: number, done: number): Failure {
    return this.#failure('truncated', 'the file ends inside a tensor', {
      tensor: name,
      expected: `${bytes} bytes at ${position}`,
      found: `${done} bytes`,
      next: 'fetch the file again',
    });
  }

  #failure(code: string, message: string, details: TensorFailure): Failure {
    return safetensorsFailure(this.file, code, message, details);
  }
}

function openForReading(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    throw safetensorsFailure(file, 'unreadable', 'the weights cannot be opened', {
      expected: 'a file that can be read',
      found: codeOf(error) ?? String(error),
      next: 'check the path and its permissions',
    });
  }
}
