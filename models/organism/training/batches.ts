import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../../../src/model/decoder/config.ts';
import type { BatchAttention } from '../../../src/model/decoder/attention.ts';
import type { DecoderInput } from '../../../src/model/decoder/forward.ts';
import { ropeTensors } from '../../../src/model/decoder/rope-tensors.ts';
import type { Tfjs } from '../../../src/model/decoder/tfjs.ts';

/** Documents side by side in blocks of equal length; no document sees another. */
export interface Batch {
  /** [N, V]: a 1 for the token in each slot; none in padding. A product with it is differentiable on every backend. */
  readonly inputs: Tensor2D;
  /** [N, V]: the token to predict; none at a document's last token and in padding. */
  readonly targets: Tensor2D;
  readonly rope: DecoderInput['rope'];
  readonly attention: BatchAttention;
  /** How many tokens are predicted. */
  readonly predicted: number;
}

/** Packs documents into blocks of `blockSize` tokens, in order, each into the first block with room (first fit). */
export function pack<T extends { readonly length: number }>(
  documents: readonly T[],
  blockSize: number,
): T[][] {
  const blocks: { room: number; documents: T[] }[] = [];
  for (const document of documents) {
    if (document.length > blockSize)
      throw new RangeError(
        `Expected documents of at most ${blockSize} tokens, found one of ${document.length}.`,
      );
    let block = blocks.find(({ room }) => room >= document.length);
    if (block === undefined) blocks.push((block = { room: blockSize, documents: [] }));
    block.documents.push(document);
    block.room -= document.length;
  }
  return blocks.map((block) => block.documents);
}

/** One batch of token sequences. The caller disposes of it with `disposeBatch`. */
export function makeBatch(
  tf: Tfjs,
  config: ModelConfig,
  documents: readonly (readonly number[])[],
  blockSize: number,
): Batch {
  const blocks = pack(documents, blockSize);
  const N = blocks.length * blockSize;
  const V = config.vocab_size;
  const inputs = new Float32Array(N * V);
  const targets = new Float32Array(N * V);
  const positions = new Int32Array(N);
  // Padding sees itself, so that its softmax stays finite; nothing reads it.
  const mask = new Float32Array(N * blockSize).fill(-1e9);
  let predicted = 0;
  for (const [m, block] of blocks.entries()) {
    let start = 0;
    for (const ids of block) {
      for (const [position, id] of ids.entries()) {
        const slot = m * blockSize + start + position;
        inputs[slot * V + id] = 1;
        positions[slot] = position;
        mask.fill(0, slot * blockSize + start, slot * blockSize + start + position + 1);
        const next = ids[position + 1];
        if (next !== undefined) {
          targets[slot * V + next] = 1;
          predicted += 1;
        }
      }
      start += ids.length;
    }
    for (let at = start; at < blockSize; at += 1) mask[(m * blockSize + at) * blockSize + at] = 0;
  }

  const masks = tf.tensor4d(mask, [blocks.length, 1, blockSize, blockSize]);
  return {
    inputs: tf.tensor2d(inputs, [N, V]),
    targets: tf.tensor2d(targets, [N, V]),
    rope: ropeTensors(tf, config, positions, config.context_length),
    attention: {
      blocks: blocks.length,
      blockSize,
      masks: new Map<number | undefined, Tensor4D>(config.windows.map((window) => [window, masks])),
    },
    predicted,
  };
}

export function disposeBatch(tf: Tfjs, { inputs, targets, rope, attention }: Batch): void {
  tf.dispose([inputs, targets, rope.cos, rope.sin, ...attention.masks.values()]);
}
