import type { Step } from './chunk.ts';
import type { ReadOptions } from '../language-model.ts';
import type { Runner } from '../machine/worker-pool.ts';

/** Prefixes computed, those under way in proportion; tells when the whole number has grown. */
export class Progress {
  readonly #total: number;
  readonly #tell: ReadOptions['onProgress'];
  readonly #underWay = new Map<Runner, number>();
  #done = 0;
  #told = 0;

  constructor(total: number, tell: ReadOptions['onProgress']) {
    this.#total = total;
    this.#tell = tell;
  }

  at(runner: Runner, nodes: number): void {
    this.#underWay.set(runner, nodes);
    // A layer takes from half a millisecond to seconds, and the head is still to come: the last one is told when it is done.
    const now = Math.min(this.#sum(), this.#total - 1);
    if (now <= this.#told) return;
    this.#told = now;
    this.#tell?.(now, this.#total);
  }

  done(runner: Runner, nodes: number): void {
    this.#underWay.delete(runner);
    this.#done += nodes;
    this.#told = Math.max(this.#told, Math.min(this.#sum(), this.#total));
    this.#tell?.(this.#told, this.#total);
  }

  #sum(): number {
    return Math.floor([...this.#underWay.values()].reduce((sum, nodes) => sum + nodes, this.#done));
  }
}

/** Chunks that go through the layers together: as many as fit `bytes` with what they hold between two layers. */
export function* passesOf(
  steps: Iterable<Step>,
  hidden_size: number,
  bytes: number,
): Generator<readonly Step[]> {
  let pass: Step[] = [];
  let held = 0;
  for (const step of steps) {
    const { tokens, masks } = step.chunk;
    const size =
      4 * tokens.length * 2 * hidden_size + masks.reduce((sum, { values }) => sum + values.byteLength, 0);
    if (pass.length > 0 && held + size > bytes) {
      yield pass;
      pass = [];
      held = 0;
    }
    pass.push(step);
    held += size;
  }
  if (pass.length > 0) yield pass;
}
