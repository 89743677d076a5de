import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { toBrain } from './floats.ts';

export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
  /** BF16 rounds to nearest, ties to even. */
  readonly dtype: 'F32' | 'BF16';
}

/**
 * Writes a safetensors file, tensors in the order given: equal tensors give equal bytes. All or nothing: a temporary file
 * beside the target is renamed when it is complete.
 */
export function writeSafetensors(
  file: string,
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): void {
  const header: Record<string, unknown> = { __metadata__: metadata };
  const parts: { values: Float32Array; dtype: 'F32' | 'BF16' }[] = [];
  let end = 0;
  for (const { name, shape, values, dtype } of tensors) {
    const size = shape.reduce((product, side) => product * side, 1);
    if (size !== values.length) {
      throw new Error(`Internal error: expected ${size} values for ${name}, was ${values.length}`);
    }
    const bytes = size * (dtype === 'F32' ? 4 : 2);
    header[name] = { dtype, shape, data_offsets: [end, end + bytes] };
    end += bytes;
    parts.push({ values, dtype });
  }
  // Padded to 8 bytes, as the format's own writer does, so that readers which map the file get aligned data.
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ');
  json.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));

  const temporary = `${file}.${process.pid}.part`;
  const descriptor = openSync(temporary, 'w');
  try {
    writeAll(descriptor, length);
    writeAll(descriptor, padded);
    for (const { values, dtype } of parts) {
      const stored = dtype === 'F32' ? values : toBrain(values);
      writeAll(descriptor, new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength));
    }
    fsyncSync(descriptor);
    closeSync(descriptor);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.byteLength;) {
    done += writeSync(descriptor, bytes, done, Math.min(bytes.byteLength - done, 1 << 30));
  }
}
