import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { StoredFloat } from '../checkpoint/floats.ts';
import type { Tfjs } from '../decoder/forward.ts';
import { widened, type StoredPart } from './tensor-reader.ts';

/**
 * Puts a stored part on the current backend: float32, kernels transposed to [in, out]. Widening is exact, so it does not matter
 * who does it. The caller disposes of the result.
 */
export function putOnDevice(tf: Tfjs, stored: StoredPart): Tensor {
  const { part, dtype, shape } = stored;
  if (part.kind === 'vector') return tf.tensor1d(widened(stored));
  const [rows = 0, columns = 0] = shape;
  if (tf.getBackend() === 'wasm') return wasmKernel(tf, stored, rows, columns);
  if (dtype !== 'F32' && (rows * columns) % 2 === 0) {
    return nativeKernel(tf, dtype, new Int32Array(stored.bytes.buffer, 0, (rows * columns) / 2), [
      rows,
      columns,
    ]);
  }
  return tf.tidy(() => tf.transpose(tf.tensor2d(widened(stored), [rows, columns])));
}

/** The part of tfjs-node 4.22's addon that is needed to use types that tfjs has no name for. */
interface NativeBackend {
  readonly binding: {
    createTensor(shape: readonly number[], dtype: number, values: Int32Array): number;
    deleteTensor(id: number): void;
    executeOp(
      op: string,
      attributes: readonly object[],
      inputs: readonly number[],
      outputs: 1,
    ): [{ id: number }];
    readonly TF_FLOAT: number;
    readonly TF_INT32: number;
    readonly TF_ATTR_TYPE: number;
    readonly TF_ATTR_BOOL: number;
  };
  createOutputTensor(metadata: { id: number; shape: readonly number[]; dtype: number }): Tensor2D;
}

/** tensorflow/core/framework/types.proto. */
const typeCodes = { F16: 19, BF16: 14 } as const;

/**
 * tfjs knows no 16-bit floats, but libtensorflow does, and widens and transposes on all cores: the stored bits go in as 32-bit
 * words, and are taken for what they are there. Transposed first, while they are half as many bytes.
 */
function nativeKernel(
  tf: Tfjs,
  dtype: Exclude<StoredFloat, 'F32'>,
  words: Int32Array,
  shape: readonly [rows: number, columns: number],
): Tensor2D {
  const backend = tf.backend() as unknown as NativeBackend;
  const { binding } = backend;
  const half = typeCodes[dtype];
  const { TF_INT32: int32, TF_FLOAT: float } = binding;
  const type = (name: string, value: number): object => ({ name, type: binding.TF_ATTR_TYPE, value });
  const execute = (op: string, attributes: readonly object[], ...inputs: number[]): number => {
    try {
      return binding.executeOp(op, attributes, inputs, 1)[0].id;
    } finally {
      for (const id of inputs) binding.deleteTensor(id);
    }
  };
  const integers = (...values: number[]): number => binding.createTensor([2], int32, Int32Array.from(values));
  const [rows, columns] = shape;
  let id = binding.createTensor([words.length], int32, words);
  id = execute('Bitcast', [type('T', int32), type('type', half)], id); // [rows columns / 2, 2]
  id = execute('Reshape', [type('T', half), type('Tshape', int32)], id, integers(rows, columns));
  id = execute('Transpose', [type('T', half), type('Tperm', int32)], id, integers(1, 0));
  const cast = [
    type('SrcT', half),
    type('DstT', float),
    { name: 'Truncate', type: binding.TF_ATTR_BOOL, value: false },
  ];
  id = execute('Cast', cast, id);
  return backend.createOutputTensor({ id, shape: [columns, rows], dtype: float });
}

interface WasmBackend {
  makeOutput(shape: readonly number[], dtype: 'float32'): { readonly dataId: object };
  typedArrayFromHeap(tensor: object): Float32Array;
}

/** Widened and transposed straight into the heap: it is there once, and nothing is copied. */
function wasmKernel(tf: Tfjs, stored: StoredPart, rows: number, columns: number): Tensor2D {
  const backend = tf.backend() as unknown as WasmBackend;
  const info = backend.makeOutput([columns, rows], 'float32');
  const heap = backend.typedArrayFromHeap(info);
  const into = new Uint32Array(heap.buffer, heap.byteOffset, heap.length);
  const { dtype, bytes } = stored;
  if (dtype === 'BF16' && columns % 2 === 0) {
    transposePairs(new Uint32Array(bytes.buffer, bytes.byteOffset, heap.length / 2), rows, columns / 2, into);
  } else {
    const floats = dtype === 'F32' ? bytes : widened(stored);
    transposeWords(new Uint32Array(floats.buffer, floats.byteOffset, heap.length), rows, columns, into);
  }
  return tf.engine().makeTensorFromTensorInfo(info as never) as Tensor2D;
}

/** Square tiles: one side is read in order, the other written in order, and both stay in the cache. */
const tile = 64;

/** [rows, columns] to [columns, rows]. */
function transposeWords(from: Uint32Array, rows: number, columns: number, into: Uint32Array): void {
  for (let left = 0; left < columns; left += tile) {
    const right = Math.min(left + tile, columns);
    for (let top = 0; top < rows; top += tile) {
      const bottom = Math.min(top + tile, rows);
      for (let column = left; column < right; column += 1) {
        for (let row = top; row < bottom; row += 1) {
          into[column * rows + row] = from[row * columns + column] as number;
        }
      }
    }
  }
}

/** The same for pairs of BF16 in a word, [rows, pairs] to float32 bits [2 pairs, rows]. */
function transposePairs(from: Uint32Array, rows: number, pairs: number, into: Uint32Array): void {
  for (let left = 0; left < pairs; left += tile) {
    const right = Math.min(left + tile, pairs);
    for (let top = 0; top < rows; top += tile) {
      const bottom = Math.min(top + tile, rows);
      for (let pair = left; pair < right; pair += 1) {
        const [even, odd] = [2 * pair * rows, (2 * pair + 1) * rows];
        for (let row = top; row < bottom; row += 1) {
          const word = from[row * pairs + pair] as number;
          into[even + row] = word << 16;
          into[odd + row] = word & 0xffff_0000;
        }
      }
    }
  }
}
