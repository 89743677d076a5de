import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../../../src/model/checkpoint/config.ts';
import type { Attention, RopeTensors, Tfjs } from '../../../src/model/decoder/forward.ts';
import { ropeFrequencies, ropeRows } from '../../../src/model/decoder/rope.ts';

/** Documents side by side in blocks of equal length; no document sees another. */
export interface Batch {
  /** [N, V]: one 1 a row, for the row's token; none in padding. A product with it is differentiable on every backend. */
  readonly inputs: Tensor2D;
  /** [N, V]: the token to predict; none at a document's last token and in padding. */
  readonly targets: Tensor2D;
  readonly rope: RopeTensors;
  readonly attention: Attention;
  /** How many tokens are predicted. */
  readonly predicted: number;
}

/** Packs documents into blocks of `rows` tokens, in order, each into the first block with room (first fit). */
export function pack<T extends { readonly length: number }>(documents: readonly T[], rows: number): T[][] {
  const blocks: { room: number; documents: T[] }[] = [];
  for (const document of documents) {
    if (document.length > rows)
      throw new RangeError(`Expected documents of at most ${rows} tokens, found one of ${document.length}.`);
    let block = blocks.find(({ room }) => room >= document.length);
    if (block === undefined) blocks.push((block = { room: rows, documents: [] }));
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
  rows: number,
): Batch {
  const blocks = pack(documents, rows);
  const N = blocks.length * rows;
  const V = config.vocab_size;
  const inputs = new Float32Array(N * V);
  const targets = new Float32Array(N * V);
  const positions = new Int32Array(N);
  // Padding sees itself, so that its softmax stays finite; nothing reads it.
  const mask = new Float32Array(N * rows).fill(-1e9);
  let predicted = 0;
  for (const [m, block] of blocks.entries()) {
    let start = 0;
    for (const ids of block) {
      for (const [position, id] of ids.entries()) {
        const row = m * rows + start + position;
        inputs[row * V + id] = 1;
        positions[row] = position;
        mask.fill(0, row * rows + start, row * rows + start + position + 1);
        const next = ids[position + 1];
        if (next !== undefined) {
          targets[row * V + next] = 1;
          predicted += 1;
        }
      }
      start += ids.length;
    }
    for (let at = start; at < rows; at++) mask[(m * rows + at) * rows + at] = 0;
  }

  const masks = tf.tensor4d(mask, [blocks.length, 1, rows, rows]);
  return {
    inputs: tf.tensor2d(inputs, [N, V]),
    targets: tf.tensor2d(targets, [N, V]),
    rope: ropeTensors(tf, config, positions),
    attention: {
      blocks: blocks.length,
      rows,
      keys: rows,
      masks: new Map<number | undefined, Tensor4D>(config.windows.map((window) => [window, masks])),
    },
    predicted,
  };
}

export function disposeBatch(tf: Tfjs, { inputs, targets, rope, attention }: Batch): void {
  tf.dispose([inputs, targets, rope.cos, rope.sin, ...attention.masks.values()]);
}

function ropeTensors(tf: Tfjs, config: ModelConfig, positions: Int32Array): RopeTensors {
  const frequencies = ropeFrequencies(config.rope, config.head_dim, config.context_length);
  const { cos, sin } = ropeRows(frequencies, positions);
  return tf.tidy(() => {
    const shape: [number, number, number] = [positions.length, 1, config.head_dim / 2];
    const [c, s] = [tf.tensor3d(cos, shape), tf.tensor3d(sin, shape)];
    return { cos: tf.concat([c, c], 2), sin: tf.concat([tf.neg(s), s], 2) };
  });
}
