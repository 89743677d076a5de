import { writeWholeInParts } from '../../system/whole-file.ts';
import { toBrain } from './floats.ts';
import { InternalError } from '../../system/internal-error.ts';

export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
  /** BF16 rounds to nearest, ties to even. */
  readonly dtype: 'F32' | 'BF16';
}

/**
 * Writes a safetensors file, tensors in the order given: equal tensors give equal bytes. The file is there whole or not at
 * all.
 */
export function writeSafetensors(
  file: string,
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): void {
  const header: Record<string, unknown> = { __metadata__: metadata };
  const data: { values: Float32Array; dtype: 'F32' | 'BF16' }[] = [];
  let end = 0;
  for (const { name, shape, values, dtype } of tensors) {
    const size = shape.reduce((product, side) => product * side, 1);
    if (size !== values.length) {
      throw new InternalError(`expected ${size} values for ${name}, was ${values.length}`);
    }
    const bytes = size * (dtype === 'F32' ? 4 : 2);
    header[name] = { dtype, shape, data_offsets: [end, end + bytes] };
    end += bytes;
    data.push({ values, dtype });
  }
  // Padded to 8 bytes, as the format's own writer does, so that readers which map the file get aligned data.
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ');
  json.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));

  writeWholeInParts(file, partsOf([length, padded], data));
}

/** One tensor at a time is converted: a model in two forms may not fit into memory. */
function* partsOf(
  head: readonly Uint8Array[],
  tensors: readonly Pick<TensorToWrite, 'values' | 'dtype'>[],
): Generator<Uint8Array> {
  yield* head;
  for (const { values, dtype } of tensors) {
    const stored = dtype === 'F32' ? values : toBrain(values);
    yield new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
  }
}
