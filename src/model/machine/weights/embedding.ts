import type { Checkpoint } from '../../checkpoint/checkpoint.ts';
import { bytesPerFloat, widen, type StoredFloat } from '../../checkpoint/floats.ts';
import type { ModelConfig } from '../../decoder/config.ts';
import { embeddingTensor } from '../../decoder/weight-tensors.ts';

/** What an Embedding consists of: plain data, which crosses threads. */
export interface EmbeddingData {
  /** As the checkpoint stores it, in memory that threads share. */
  readonly stored: SharedArrayBuffer;
  readonly dtype: StoredFloat;
  readonly hidden_size: number;
}

/** embed_tokens [V, D]; vectors are widened when they are looked up. */
export class Embedding {
  readonly data: EmbeddingData;

  constructor(data: EmbeddingData) {
    this.data = data;
  }

  /** That of a checkpoint, read off this thread. */
  static async of(checkpoint: Checkpoint, config: ModelConfig): Promise<Embedding> {
    const { name } = embeddingTensor(config);
    const dtype = checkpoint.dtype(name);
    const stored = new SharedArrayBuffer(checkpoint.size(name) * bytesPerFloat[dtype]);
    await checkpoint.readInto(name, new Uint8Array(stored));
    return new Embedding({ stored, dtype, hidden_size: config.hidden_size });
  }

  /** [ids, D], row-major. */
  lookUp(ids: ArrayLike<number>): Float32Array {
    const { stored, dtype, hidden_size: D } = this.data;
    const found = new Float32Array(ids.length * D);
    for (let i = 0; i < ids.length; i += 1) {
      const into = found.subarray(i * D, (i + 1) * D);
      const first = (ids[i] as number) * D;
      if (dtype === 'F32') into.set(new Float32Array(stored, first * 4, D));
      else widen(dtype, stored, D, into, first * 2);
    }
    return found;
  }
}
