import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../decoder/tfjs.ts';

/*
 * All that is used of tfjs 4.22 beyond its public interface. A spec holds the versions that are installed, and that each member is
 * there: whoever raises a version reads these members again.
 */

/** Of `@tensorflow/tfjs-backend-wasm`. */
interface WasmBackend {
  readonly wasm: { readonly HEAPU8: Uint8Array };
  makeOutput(shape: readonly number[], dtype: 'float32'): WasmTensorInfo;
  typedArrayFromHeap(tensor: WasmTensorInfo): Float32Array;
}

/** Opaque: of tfjs's `TensorInfo`, as much as there is to pass on. */
interface WasmTensorInfo {
  readonly dataId: object;
}

/** Of the addon of `@tensorflow/tfjs-node` and its kin: TensorFlow's own operations and types, by the ids of tensors. */
export interface NativeBinding {
  /** Version of libtensorflow, for example `2.21.0`. */
  readonly TF_Version: string;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_BOOL: number;
  createTensor(shape: readonly number[], dtype: number, values: Int32Array): number;
  deleteTensor(id: number): void;
  executeOp(
    op: string,
    attributes: readonly object[],
    inputs: readonly number[],
    outputs: 1,
  ): [{ readonly id: number }];
}

interface NativeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: NativeBinding;
  createOutputTensor(metadata: { id: number; shape: readonly number[]; dtype: number }): Tensor2D;
}

function wasmBackend(tf: Tfjs): WasmBackend {
  return tf.backend() as unknown as WasmBackend;
}

function nativeBackend(tf: Tfjs): NativeBackend {
  return tf.backend() as unknown as NativeBackend;
}

/** Bytes that the heap of the wasm instance has grown to. */
export function wasmHeapSize(tf: Tfjs): number {
  return wasmBackend(tf).wasm.HEAPU8.byteLength;
}

/**
 * A matrix in the wasm heap, written by `fill` in place: it is there once, and nothing is copied. `fill` gets its bits as float32, row
 * by row, and must not allocate in the heap. The caller disposes of the matrix.
 */
export function wasmMatrix(
  tf: Tfjs,
  shape: readonly [rows: number, columns: number],
  fill: (bits: Uint32Array) => void,
): Tensor2D {
  const backend = wasmBackend(tf);
  const info = backend.makeOutput(shape, 'float32');
  const heap = backend.typedArrayFromHeap(info);
  fill(new Uint32Array(heap.buffer, heap.byteOffset, heap.length));
  return tf.engine().makeTensorFromTensorInfo(info as never) as Tensor2D;
}

/** TensorFlow's own operations, for types that tfjs has no name for. */
export function nativeBinding(tf: Tfjs): NativeBinding {
  return nativeBackend(tf).binding;
}

/** The float32 matrix of a native id, which it takes over. The caller disposes of it. */
export function nativeMatrix(
  tf: Tfjs,
  id: number,
  shape: readonly [rows: number, columns: number],
): Tensor2D {
  const backend = nativeBackend(tf);
  return backend.createOutputTensor({ id, shape, dtype: backend.binding.TF_FLOAT });
}

/** Whether native kernels run on a GPU. */
export function nativeUsesGpu(tf: Tfjs): boolean {
  return nativeBackend(tf).isUsingGpuDevice;
}
