import type { NamedTensorMap, Scalar, Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../../src/model/decoder/tfjs.ts';
import { InternalError } from '../../../src/system/internal-error.ts';

export interface AdamWOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled; for matrices only. */
  readonly weightDecay: number;
  /** Gradients are scaled down to this global norm when theirs is larger. */
  readonly clipNorm: number;
}

/** AdamW (arXiv 1711.05101) with clipping by global norm. Owns two moments per variable; `dispose` frees them. */
export class AdamW {
  readonly #tf: Tfjs;
  readonly #options: AdamWOptions;
  readonly #moments = new Map<string, { first: Tensor; second: Tensor }>();
  #steps = 0;

  constructor(tf: Tfjs, variables: readonly Variable[], options: AdamWOptions) {
    this.#tf = tf;
    this.#options = options;
    for (const { name, shape } of variables)
      this.#moments.set(name, { first: tf.zeros(shape), second: tf.zeros(shape) });
  }

  /**
   * Moves every variable one step against its gradient. The caller disposes of the gradients and of the result, their
   * global norm before clipping.
   */
  step(variables: readonly Variable[], gradients: NamedTensorMap, learningRate: number): Scalar {
    const tf = this.#tf;
    const { beta1, beta2, epsilon, weightDecay, clipNorm } = this.#options;
    this.#steps += 1;
    const correction1 = 1 - beta1 ** this.#steps;
    const correction2 = 1 - beta2 ** this.#steps;
    return tf.tidy(() => {
      const all = variables.map(({ name }) => required(gradients[name], name));
      const norm = tf.sqrt(tf.addN(all.map((gradient) => tf.sum(tf.square(gradient)))));
      const scale = tf.minimum(1, tf.div(clipNorm, tf.add(norm, 1e-6)));
      for (const [i, variable] of variables.entries()) {
        const gradient = tf.mul(all[i] as Tensor, scale);
        const moments = required(this.#moments.get(variable.name), variable.name);
        const first = tf.add(tf.mul(moments.first, beta1), tf.mul(gradient, 1 - beta1));
        const second = tf.add(tf.mul(moments.second, beta2), tf.mul(tf.square(gradient), 1 - beta2));
        tf.dispose([moments.first, moments.second]);
        this.#moments.set(variable.name, { first: tf.keep(first), second: tf.keep(second) });

        const direction = tf.div(
          tf.div(first, correction1),
          tf.add(tf.sqrt(tf.div(second, correction2)), epsilon),
        );
        const decay = variable.rank > 1 ? learningRate * weightDecay : 0;
        variable.assign(tf.sub(tf.mul(variable, 1 - decay), tf.mul(direction, learningRate)));
      }
      return norm as Scalar;
    });
  }

  dispose(): void {
    for (const { first, second } of this.#moments.values()) this.#tf.dispose([first, second]);
  }
}

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new InternalError(`expected a tensor for ${name}, was none`);
  return value;
}
