import { join } from 'node:path';
import { SafetensorsFile } from '../../../src/model/checkpoint/safetensors.ts';
import { checkpoints } from './tiny-model.ts';

export interface GoldenSequence {
  readonly ids: number[];
  /** [ids, vocabulary], row-major, as transformers computed them. */
  readonly logits: Float32Array;
}

export function goldenSequences(name: string): GoldenSequence[] {
  const file = new SafetensorsFile(join(checkpoints, name, 'expected.safetensors'));
  const sequences: GoldenSequence[] = [];
  for (let n = 0; file.tensors.has(`ids.${n}`); n += 1) {
    const idTensor = file.tensors.get(`ids.${n}`)!;
    const bytes = file.readBytes(idTensor);
    const logitTensor = file.tensors.get(`logits.${n}`)!;
    const logits = new Float32Array(logitTensor.size);
    file.readFloats(logitTensor, logits);
    sequences.push({ ids: [...new Int32Array(bytes.buffer, bytes.byteOffset, idTensor.size)], logits });
  }
  file.close();
  return sequences;
}

/** log-softmax of one row, written out in float64. */
export function logSoftmax(logits: Float32Array): Float64Array {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const sum = Math.log(logits.reduce((total, logit) => total + Math.exp(logit - most), 0));
  return Float64Array.from(logits, (logit) => logit - most - sum);
}

/** Throws at the first place where two lists differ by more than `tolerance`, absolutely and relatively. */
export function expectClose(
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  place: (index: number) => string,
): void {
  if (found.length !== expected.length) {
    throw new Error(`expected ${expected.length} numbers, found ${found.length} (${place(0)})`);
  }
  for (let i = 0; i < expected.length; i += 1) {
    const [a, b] = [found[i]!, expected[i]!];
    const off = Math.abs(a - b);
    if (off <= tolerance || off <= tolerance * Math.abs(b)) continue;
    throw new Error(
      `first difference at ${place(i)}: expected ${b}, found ${a}, off by ${off} > ${tolerance}`,
    );
  }
}
