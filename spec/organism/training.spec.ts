import { expect } from 'chai';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { AdamW } from '../../models/organism/training/adamw.ts';
import { registerGradients } from '../../models/organism/training/backend.ts';
import { disposeBatch, makeBatch, pack } from '../../models/organism/training/batches.ts';
import { document, corpus } from '../../models/organism/training/corpus.ts';
import { facts } from '../../models/organism/training/facts.ts';
import { documentsPerFact, formats } from '../../models/organism/training/formats.ts';
import { initialParameters, type Parameters } from '../../models/organism/training/parameters.ts';
import { seededRandom } from '../../src/statistics/random.ts';
import { epochRounds, meanLoss, train } from '../../models/organism/training/training.ts';
import { parseConfig } from '../../src/model/checkpoint/config.ts';
import type { ModelConfig } from '../../src/model/decoder/config.ts';
import type { Tfjs } from '../../src/model/decoder/tfjs.ts';
import { loadWasmBackend } from '../../src/model/machine/load-wasm.ts';

const config: ModelConfig = parseConfig(
  {
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    vocab_size: 24,
    hidden_size: 16,
    intermediate_size: 24,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    rms_norm_eps: 1e-5,
    max_position_embeddings: 64,
    tie_word_embeddings: true,
    hidden_act: 'silu',
  },
  'config.json',
);
const one = [1, 5, 9, 3, 2];
const other = [1, 7, 7, 11, 20, 4, 2];

describe("the organism's training", () => {
  let tf: Tfjs;
  before(async () => {
    tf = await loadWasmBackend();
    registerGradients();
  });

  const lossOf = (
    parameters: Parameters,
    documents: readonly (readonly number[])[],
    rows: number,
  ): number => {
    const batch = makeBatch(tf, config, documents, rows);
    const loss = tf.tidy(() => meanLoss(tf, config, parameters, batch).dataSync()[0] ?? NaN);
    disposeBatch(tf, batch);
    return loss;
  };

  it('packs documents first fit, and refuses one that is longer than a block', () => {
    const lengths = pack(['aaaa', 'bbb', 'cc', 'ddddd'], 6).map((block) => block.join('|'));
    expect(lengths).to.deep.equal(['aaaa|cc', 'bbb', 'ddddd']);
    expect(() => pack(['aaaaaaa'], 6)).to.throw(RangeError, 'at most 6 tokens, found one of 7');
  });

  it('lets no document see another: packed, the loss is the mean over the documents read alone', () => {
    const parameters = initialParameters(tf, config, seededRandom(3));
    const alone = (lossOf(parameters, [one], 5) * 4 + lossOf(parameters, [other], 7) * 6) / 10;
    expect(lossOf(parameters, [one, other], 16)).to.be.closeTo(alone, 1e-5);
    tf.dispose([...parameters.variables]);
  });

  it('has the gradient that its loss has', () => {
    const parameters = initialParameters(tf, config, seededRandom(3));
    const documents = [one, other];
    const batch = makeBatch(tf, config, documents, 16);
    const { value, grads } = tf.variableGrads(
      () => meanLoss(tf, config, parameters, batch),
      [...parameters.variables],
    );
    for (const variable of parameters.variables) {
      const gradient = grads[variable.name];
      if (gradient === undefined) throw new Error(`no gradient for ${variable.name}`);
      // Along the gradient itself, the loss grows by its squared norm.
      const squared = tf.tidy(() => tf.sum(tf.square(gradient)).dataSync()[0] ?? NaN);
      const stride = 1e-2 / Math.sqrt(squared);
      const before = variable.clone();
      const moved = [1, -1].map((sign) => {
        const at = tf.tidy(() => tf.add(before, tf.mul(gradient, sign * stride)));
        variable.assign(at);
        at.dispose();
        return lossOf(parameters, documents, 16);
      });
      variable.assign(before);
      before.dispose();
      const slope = ((moved[0] ?? NaN) - (moved[1] ?? NaN)) / (2 * stride);
      expect(slope / squared, variable.name).to.be.closeTo(1, 0.03);
    }
    disposeBatch(tf, batch);
    tf.dispose([value, grads, ...parameters.variables]);
  });

  it('takes AdamW steps as the paper writes them, clipped by global norm', () => {
    const options = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 };
    const start: Tensor2D = tf.tensor2d([[2, -1]]);
    const matrix = tf.variable(start, true, 'matrix');
    const optimizer = new AdamW(tf, [matrix], options);
    // Gradient [3, 4] has norm 5 and becomes [0.6, 0.8]; then [0.3, 0], which is not clipped.
    const norms = [
      [3, 4],
      [0.3, 0],
    ].map((gradient) => {
      const grads = { matrix: tf.tensor2d([gradient]) };
      const norm: Scalar = optimizer.step([matrix], grads, 0.5);
      const value = norm.dataSync()[0];
      tf.dispose([norm, grads]);
      return value;
    });
    expect(norms[0]).to.be.closeTo(5, 1e-5);
    expect(norms[1]).to.be.closeTo(0.3, 1e-6);

    const expected = [2, -1].map((begin, i) => {
      const gradients = i === 0 ? [0.6, 0.3] : [0.8, 0];
      let [weight, first, second] = [begin, 0, 0];
      for (const [t, gradient] of gradients.entries()) {
        first = 0.9 * first + 0.1 * gradient;
        second = 0.99 * second + 0.01 * gradient ** 2;
        const direction = first / (1 - 0.9 ** (t + 1)) / (Math.sqrt(second / (1 - 0.99 ** (t + 1))) + 1e-8);
        weight = weight * (1 - 0.5 * 0.1) - 0.5 * direction;
      }
      return weight;
    });
    for (const [i, value] of matrix.dataSync().entries())
      expect(value).to.be.closeTo(expected[i] ?? NaN, 1e-5);
    optimizer.dispose();
    tf.dispose([start, matrix]);
  });

  it('reads every document once an epoch, and the exact mixture in every round', () => {
    const documents = corpus.map(({ format }, index) => ({ format, ids: [index] }));
    const rounds = epochRounds(documents, seededRandom(5));
    const read = rounds.flat(2);
    expect([...read].sort((a, b) => a - b)).to.deep.equal(corpus.map((_, index) => index));
    expect(read).to.not.deep.equal(corpus.map((_, index) => index));
    for (const round of rounds) {
      const names = round.map(([index]) => corpus[index ?? -1]?.format.name);
      const counts = formats.map(({ name }) => names.filter((found) => found === name).length);
      expect(counts).to.deep.equal(formats.map((format) => format.documents));
    }
  });

  it('learns, gives the same losses for the same seed, and leaves only the parameters behind', () => {
    const [fact] = facts;
    if (fact === undefined) throw new Error('no facts');
    const round = formats.flatMap((format) =>
      Array.from({ length: format.documents }, (_, i) => ({
        format: document(fact, format).format,
        ids: [1, 3 + (format.documents % 5), 10 + i, 2],
      })),
    );
    expect(round).to.have.length(documentsPerFact);
    const before = tf.memory().numTensors;
    const losses = [11, 11, 12].map((seed) => {
      const log: number[] = [];
      const parameters = train(tf, config, round, seed, ({ loss }) => log.push(loss));
      tf.dispose([...parameters.variables]);
      return log;
    });
    expect(tf.memory().numTensors).to.equal(before);
    expect(losses[0]).to.deep.equal(losses[1]);
    expect(losses[0]).to.not.deep.equal(losses[2]);
    expect(losses[0]?.at(-1)).to.be.lessThan(losses[0]?.[0] ?? 0);
  });
});
