import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { StoredFloat } from '../../checkpoint/floats.ts';
import type { Tfjs } from '../../decoder/tfjs.ts';
import { widened, type StoredWeight } from './tensor-reader.ts';
import { nativeBinding, nativeMatrix, wasmMatrix } from '../tfjs-internals.ts';

/**
 * Puts a weight tensor on the current backend: float32, kernels transposed to [in, out]. Widening is exact, so it does not matter
 * who does it. The caller disposes of the result.
 */
export function putOnDevice(tf: Tfjs, stored: StoredWeight): Tensor {
  const { tensor, dtype, shape } = stored;
  if (tensor.kind === 'vector') return tf.tensor1d(widened(stored));
  const [outputs = 0, inputs = 0] = shape;
  if (tf.getBackend() === 'wasm') return wasmKernel(tf, stored, outputs, inputs);
  if (dtype !== 'F32' && (outputs * inputs) % 2 === 0) {
    const words = new Int32Array(stored.bytes.buffer, 0, (outputs * inputs) / 2);
    return nativeKernel(tf, dtype, words, [outputs, inputs]);
  }
  return tf.tidy(() => tf.transpose(tf.tensor2d(widened(stored), [outputs, inputs])));
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
  [outputs, inputs]: readonly [outputs: number, inputs: number],
): Tensor2D {
  const binding = nativeBinding(tf);
  const half = typeCodes[dtype];
  const { TF_INT32: int32, TF_FLOAT: float } = binding;
  const type = (name: string, value: number): object => ({ name, type: binding.TF_ATTR_TYPE, value });
  const execute = (op: string, attributes: readonly object[], ...operands: number[]): number => {
    try {
      return binding.executeOp(op, attributes, operands, 1)[0].id;
    } finally {
      for (const id of operands) binding.deleteTensor(id);
    }
  };
  const integers = (...values: number[]): number => binding.createTensor([2], int32, Int32Array.from(values));
  let id = binding.createTensor([words.length], int32, words);
  id = execute('Bitcast', [type('T', int32), type('type', half)], id); // [outputs inputs / 2, 2]
  id = execute('Reshape', [type('T', half), type('Tshape', int32)], id, integers(outputs, inputs));
  id = execute('Transpose', [type('T', half), type('Tperm', int32)], id, integers(1, 0));
  const cast = [
    type('SrcT', half),
    type('DstT', float),
    { name: 'Truncate', type: binding.TF_ATTR_BOOL, value: false },
  ];
  id = execute('Cast', cast, id);
  return nativeMatrix(tf, id, [inputs, outputs]);
}

/** Widened and transposed straight into the heap. */
function wasmKernel(tf: Tfjs, stored: StoredWeight, outputs: number, inputs: number): Tensor2D {
  const { dtype, bytes } = stored;
  const size = outputs * inputs;
  return wasmMatrix(tf, [inputs, outputs], (into) => {
    if (dtype === 'BF16' && inputs % 2 === 0) {
      const pairs = new Uint32Array(bytes.buffer, bytes.byteOffset, size / 2);
      transposePairs(pairs, outputs, inputs / 2, into);
    } else {
      const floats = dtype === 'F32' ? bytes : widened(stored);
      transposeWords(new Uint32Array(floats.buffer, floats.byteOffset, size), outputs, inputs, into);
    }
  });
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
