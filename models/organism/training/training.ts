import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../../../src/model/decoder/config.ts';
import { forward } from '../../../src/model/decoder/forward.ts';
import type { Tfjs } from '../../../src/model/decoder/tfjs.ts';
import { AdamW } from './adamw.ts';
import { disposeBatch, makeBatch, type Batch } from './batches.ts';
import { documentsPerFact, trainedFormats, type Format } from './formats.ts';
import { initialParameters, type Parameters } from './parameters.ts';
import { seededRandom } from '../../../src/statistics/random.ts';
import { shuffled } from './random.ts';
import { recipe } from './recipe.ts';

export interface Step {
  readonly step: number;
  readonly steps: number;
  /** Mean over the batch's predicted tokens, in nats. */
  readonly loss: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
}

/** A document as token ids, BOS and EOS included, and how many of its format each round of training reads. */
export interface TrainingDocument {
  readonly ids: readonly number[];
  readonly format: Format;
}

/**
 * Trains from nothing. Every step reads whole rounds, and a round holds each format as often as its share says, so that the
 * mixture is exact at every step and not only on average. Random numbers are drawn in a fixed order (the parameters, then each
 * epoch's order), so the seed decides the result, up to the rounding of the backend. The caller disposes of the parameters.
 *
 * @throws RangeError when the loss is no longer a finite number.
 */
export function train(
  tf: Tfjs,
  config: ModelConfig,
  documents: readonly TrainingDocument[],
  seed: number,
  onStep: (step: Step) => void,
): Parameters {
  const random = seededRandom(seed);
  const parameters = initialParameters(tf, config, random);
  const optimizer = new AdamW(tf, parameters.variables, recipe.adamw);
  const rounds = Array.from({ length: recipe.epochs }, () => epochRounds(documents, random)).flat();
  const steps = Math.ceil(rounds.length / recipe.roundsPerStep);
  for (let step = 1; step <= steps; step += 1) {
    const read = rounds.slice((step - 1) * recipe.roundsPerStep, step * recipe.roundsPerStep).flat();
    const batch = makeBatch(tf, config, read, recipe.blockRows);
    const learningRate = learningRateAt(step, steps);
    const { loss, gradientNorm } = trainStep(tf, config, parameters, optimizer, batch, learningRate);
    disposeBatch(tf, batch);
    if (!Number.isFinite(loss))
      throw new RangeError(`Expected a finite loss at step ${step}, found ${loss}; lower the learning rate.`);
    onStep({ step, steps, loss, gradientNorm, learningRate });
  }
  optimizer.dispose();
  return parameters;
}

/** Every document once, shuffled within its format, dealt into rounds of `documentsPerFact` documents. */
export function epochRounds(
  documents: readonly TrainingDocument[],
  random: () => number,
): (readonly number[])[][] {
  const rounds = documents.length / documentsPerFact;
  const decks = trainedFormats.map((format) => ({
    perRound: format.documents,
    cards: shuffled(
      random,
      documents.filter((document) => document.format === format),
    ),
  }));
  return Array.from({ length: rounds }, (_, round) =>
    decks.flatMap(({ perRound, cards }) =>
      cards.slice(round * perRound, (round + 1) * perRound).map(({ ids }) => ids),
    ),
  );
}

/** Linear warm-up under half a cosine that comes near 0 at the last step; steps count from 1. */
function learningRateAt(step: number, steps: number): number {
  const warmth = Math.min(1, step / recipe.warmupSteps);
  return recipe.learningRate * warmth * 0.5 * (1 + Math.cos((Math.PI * step) / (steps + 1)));
}

function trainStep(
  tf: Tfjs,
  config: ModelConfig,
  parameters: Parameters,
  optimizer: AdamW,
  batch: Batch,
  learningRate: number,
): { loss: number; gradientNorm: number } {
  const { value, grads } = tf.variableGrads(
    () => meanLoss(tf, config, parameters, batch),
    [...parameters.variables],
  );
  const norm = optimizer.step(parameters.variables, grads, learningRate);
  const result = { loss: value.dataSync()[0] as number, gradientNorm: norm.dataSync()[0] as number };
  tf.dispose([value, norm, grads]);
  return result;
}

/** Cross-entropy of the next token, averaged over the batch's predicted tokens, in nats. */
export function meanLoss(tf: Tfjs, config: ModelConfig, parameters: Parameters, batch: Batch): Scalar {
  const x = tf.matMul<Tensor2D>(batch.inputs, parameters.embed_tokens); // [N, D]
  const hidden = forward(tf, config, parameters, { x, rope: batch.rope, attention: batch.attention }); // [N, D]
  const logits = tf.matMul(hidden, parameters.embed_tokens, false, true); // [N, V]
  const logProbs = tf.mul(tf.logSoftmax(logits), batch.targets);
  return tf.div<Scalar>(tf.neg(tf.sum(logProbs)), batch.predicted);
}
