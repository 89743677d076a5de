import type { Scalar } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { Checkpoint } from '../../../src/model/checkpoint/checkpoint.ts';
import { parseConfig, readConfig } from '../../../src/model/checkpoint/config.ts';
import type { ModelConfig } from '../../../src/model/decoder/config.ts';
import { forward, type DecoderWeights } from '../../../src/model/decoder/forward.ts';
import type { Tfjs } from '../../../src/model/decoder/tfjs.ts';
import { chunksOf, type Chunk } from '../../../src/model/forest/chunk.ts';
import { PrefixRequests } from '../../../src/model/forest/prefix-requests.ts';
import { spansOf } from '../../../src/model/forest/spans.ts';
import { loadNativeBackend } from '../../../src/model/machine/backends.ts';
import { Embedding } from '../../../src/model/machine/weights/embedding.ts';
import { loadWasmBackend } from '../../../src/model/machine/load-wasm.ts';
import { LocalMachine } from '../../../src/model/machine/machine.ts';
import { disposeWeights, loadWeights, openWeights } from '../../../src/model/machine/weights/weights.ts';
import { onEachBackend } from '../../support/models/backends.ts';
import { expectClose, goldenSequences } from '../../support/models/golden.ts';
import { copyModel, goldenCases, temporaryFolder } from '../../support/models/tiny-model.ts';
import { uniformBatch } from '../../support/models/uniform-batch.ts';

onEachBackend('forward', (backend) => {
  let tf: Tfjs;
  let backendBefore: string;
  const { folder, remove } = temporaryFolder();
  before(async () => {
    // Native first, always: libtensorflow reads its settings as it loads, and both share one tfjs.
    if (backend !== 'wasm') ({ tf } = await loadNativeBackend('tensorflow'));
    else {
      const core = await import('@tensorflow/tfjs-core');
      backendBefore = core.getBackend();
      tf = await loadWasmBackend();
    }
  });
  after(async () => {
    if (backend === 'wasm' && backendBefore === 'tensorflow') await tf.setBackend(backendBefore);
    remove();
  });

  for (const name of goldenCases) {
    it(`${name}: logits equal the reference`, async () => {
      const path = copyModel(name, folder);
      const config = readConfig(path);
      const { checkpoint, embedding } = await openParts(path);
      const live = tf.memory().numTensors;
      const weights = await loadWeights(tf, config, checkpoint);
      tf.tidy(() => {
        for (const [n, { ids, logits }] of goldenSequences(name).entries()) {
          const batch = uniformBatch(tf, config, { sequences: 1, length: ids.length });
          const x = tf.tensor2d(embedding.lookUp(ids), [ids.length, config.hidden_size]);
          const hidden = forward(tf, config, weights, { x, ...batch });
          const found = tf.matMul(hidden, weights.lm_head).dataSync();
          expectClose(found, logits, 2e-4, (i) => {
            return `sequence ${n}, token ${Math.floor(i / config.vocab_size)}, logit ${i % config.vocab_size}`;
          });
        }
      });
      checkpoint.close();
      disposeWeights(weights);
      expect(tf.memory().numTensors).to.equal(live);
    });
  }

  it('equals the formulas on a case small enough to write out', () => {
    // One layer, D = 2, one head of d = 2, no rotation at work: queries are 0, so attention is the mean of the past's values.
    const config = parseConfig({
      model_type: 'llama',
      vocab_size: 2,
      hidden_size: 2,
      intermediate_size: 1,
      num_hidden_layers: 1,
      num_attention_heads: 1,
      rms_norm_eps: 1e-12,
    });
    const slots = [
      [3, 4],
      [-1, 1],
      [2, 0],
    ] as const;
    const rms = ([a, b]: readonly [number, number]): [number, number] => {
      const root = Math.sqrt((a * a + b * b) / 2);
      return [a / root, b / root];
    };
    const silu = (x: number): number => x / (1 + Math.exp(-x));
    const normed = slots.map(rms);
    const expected = slots.flatMap((slot, at) => {
      const past = normed.slice(0, at + 1);
      const mean = [0, 1].map((i) => past.reduce((sum, value) => sum + value[i]!, 0) / past.length);
      const h: [number, number] = [slot[0] + mean[0]!, slot[1] + mean[1]!];
      const [a, b] = rms(h);
      const inner = silu(0.5 * a) * (2 * b);
      return rms([h[0] + inner, h[1] - inner]);
    });

    tf.tidy(() => {
      const weights: DecoderWeights = {
        norm: tf.ones([2]),
        layers: [
          {
            input_layernorm: tf.ones([2]),
            qkv_proj: { kernel: tf.tensor2d([0, 0, 7, 5, 1, 0, 0, 0, 3, 2, 0, 1], [2, 6]) },
            o_proj: { kernel: tf.eye(2) },
            post_attention_layernorm: tf.ones([2]),
            gate_proj: { kernel: tf.tensor2d([0.5, 0], [2, 1]) },
            up_proj: { kernel: tf.tensor2d([0, 2], [2, 1]) },
            down_proj: { kernel: tf.tensor2d([1, -1], [1, 2]) },
          },
        ],
      };
      const batch = uniformBatch(tf, config, { sequences: 1, length: 3 });
      const found = forward(tf, config, weights, { x: tf.tensor2d(slots.flat(), [3, 2]), ...batch });
      expectClose(found.dataSync(), expected, 1e-5, (i) => `slot ${Math.floor(i / 2)}, number ${i % 2}`);
    });
  });

  it('treats the sequences of a batch as if each were alone', async () => {
    const path = copyModel('qwen3', folder);
    const config = readConfig(path);
    const { checkpoint, embedding } = await openParts(path);
    const weights = await loadWeights(tf, config, checkpoint);
    tf.tidy(() => {
      const run = (sequences: number[][]): number[] => {
        const length = sequences[0]!.length;
        const batch = uniformBatch(tf, config, { sequences: sequences.length, length });
        const x = tf.tensor2d(embedding.lookUp(sequences.flat()), [
          sequences.length * length,
          config.hidden_size,
        ]);
        return [...forward(tf, config, weights, { x, ...batch }).dataSync()];
      };
      const sequences = [3, 5, 8].map((step) => Array.from({ length: 9 }, (_, i) => (i * step + 1) % 96));
      const alone = sequences.flatMap((sequence) => run([sequence]));
      expectClose(run(sequences), alone, 1e-5, (i) => `number ${i}`);
    });
    disposeWeights(weights);
    checkpoint.close();
  });

  for (const placement of ['resident', 'streamed'] as const) {
    it(`leaves no tensors behind, ${placement}: none after a chunk but the context, none at all after dispose`, async () => {
      const path = copyModel('llama-biases', folder);
      const config = readConfig(path);
      const { checkpoint, embedding } = await openParts(path);
      const none = tf.memory().numTensors;
      const weights = await openWeights(tf, config, checkpoint, placement);
      let stopped = false;
      const machine = new LocalMachine({ tf, config, weights, embedding, stopped: () => stopped });
      const loaded = tf.memory().numTensors;
      const chunks = chunksOfTwo(config);
      const counts: number[] = [];
      for (const chunk of chunks) {
        await machine.run([chunk]);
        counts.push(tf.memory().numTensors - loaded);
      }
      const context = 2 * config.num_hidden_layers;
      expect(counts.length).to.be.above(4);
      expect(counts).to.deep.equal([...counts.slice(1).map(() => context), 0]);
      stopped = true;
      expect(await machine.run(chunks)).to.equal(undefined);
      expect(tf.memory().numTensors).to.equal(loaded);
      await machine.dispose();
      expect(tf.memory().numTensors).to.equal(none);
    });
  }

  it('reads the same whether chunks go through the layers one by one or together, resident or streamed', async () => {
    for (const name of goldenCases) {
      const path = copyModel(name, folder);
      const config = readConfig(path);
      const readings: unknown[] = [];
      for (const placement of ['resident', 'streamed'] as const) {
        for (const together of [1, 3, Infinity]) {
          const { checkpoint, embedding } = await openParts(path);
          const weights = await openWeights(tf, config, checkpoint, placement);
          const machine = new LocalMachine({ tf, config, weights, embedding });
          const chunks = chunksOfTwo(config);
          const found: unknown[] = [];
          while (chunks.length > 0) found.push(...((await machine.run(chunks.splice(0, together))) ?? []));
          readings.push(found);
          await machine.dispose();
        }
      }
      // The same operations on the same numbers: equal, not only close.
      for (const other of readings) expect(other, name).to.deep.equal(readings[0]);
    }
  });

  if (backend !== 'wasm') {
    it('has the gradients of finite differences, in the input and in every kind of weight', async () => {
      const path = copyModel('qwen3', folder);
      const config = readConfig(path);
      const { checkpoint, embedding } = await openParts(path);
      const weights = await loadWeights(tf, config, checkpoint);
      tf.tidy(() => {
        const [layer] = weights.layers;
        const batch = uniformBatch(tf, config, { sequences: 2, length: 5 });
        const x = tf.tensor2d(embedding.lookUp([1, 5, 9, 13, 17, 2, 4, 8, 16, 32]), [10, config.hidden_size]);
        const operands = [
          x,
          layer!.qkv_proj.kernel,
          layer!.o_proj.kernel,
          layer!.gate_proj.kernel,
          layer!.up_proj.kernel,
          layer!.down_proj.kernel,
          layer!.q_norm!,
          layer!.input_layernorm,
          weights.norm,
        ];
        const target = tf.randomNormal([10, config.hidden_size], 0, 1, 'float32', 3);
        const loss = (...args: typeof operands) => {
          const [input, qkv, o, gate, up, down, qNorm, inputNorm, norm] = args as never[];
          const first = {
            ...layer!,
            qkv_proj: { kernel: qkv! },
            o_proj: { kernel: o! },
            gate_proj: { kernel: gate! },
            up_proj: { kernel: up! },
            down_proj: { kernel: down! },
            q_norm: qNorm!,
            input_layernorm: inputNorm!,
          };
          const changed = { norm: norm!, layers: [first, ...weights.layers.slice(1)] };
          return tf.sum<Scalar>(tf.mul(forward(tf, config, changed, { x: input!, ...batch }), target));
        };
        const gradients = tf.grads(loss as never)(operands);
        for (const [which, operand] of operands.entries()) {
          const direction = tf.randomNormal(operand.shape, 0, 1, 'float32', 5 + which);
          const slope = tf.sum(tf.mul(gradients[which]!, direction)).dataSync()[0]!;
          const step = 1e-3;
          const [up, down] = [step, -step].map((by) => {
            const moved = operands.map((other, i) =>
              i === which ? tf.add(other, tf.mul(direction, by)) : other,
            );
            return loss(...(moved as typeof operands)).dataSync()[0]!;
          });
          const numeric = (up! - down!) / (2 * step);
          expect(Math.abs(slope - numeric), `argument ${which}: ${slope} against ${numeric}`).to.be.below(
            2e-2 * Math.max(Math.abs(numeric), 1),
          );
        }
      });
      disposeWeights(weights);
      checkpoint.close();
    });
  }
});

async function openParts(folder: string): Promise<{ checkpoint: Checkpoint; embedding: Embedding }> {
  const config = readConfig(folder);
  const checkpoint = new Checkpoint(folder, config);
  return { checkpoint, embedding: await Embedding.of(checkpoint, config) };
}

/** Two texts that share thirty tokens, in chunks of eight prefixes. */
function chunksOfTwo(config: ModelConfig): Chunk[] {
  const ids = Array.from({ length: 40 }, (_, i) => (i * 5) % 96);
  const requests = new PrefixRequests([
    { ids, from: 1, distributionAt: 39, topTokens: 2 },
    { ids: [...ids.slice(0, 30), 7, 7, 7], from: 20 },
  ]);
  const options = {
    limits: { prefixes: 8, block: 4, unit: 2 },
    windows: [...new Set(config.windows)],
    length: 0,
  };
  return spansOf(requests.tree, requests.compute, 1).flatMap((span) =>
    [...chunksOf(requests, span, options)].map(({ chunk }) => chunk),
  );
}
