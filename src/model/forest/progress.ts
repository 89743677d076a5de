import type { ReadOptions } from '../language-model.ts';

/** Prefixes computed, those under way in proportion; tells when the whole number has grown. */
export class Progress {
  readonly #total: number;
  readonly #tell: ReadOptions['onProgress'];
  /** By who computes them. */
  readonly #underWay = new Map<object, number>();
  #done = 0;
  #told = 0;

  constructor(total: number, tell: ReadOptions['onProgress']) {
    this.#total = total;
    this.#tell = tell;
  }

  at(machine: object, prefixes: number): void {
    this.#underWay.set(machine, prefixes);
    // A layer takes from half a millisecond to seconds, and the head is still to come: the last one is told when it is done.
    const now = Math.min(this.#sum(), this.#total - 1);
    if (now <= this.#told) return;
    this.#told = now;
    this.#tell?.(now, this.#total);
  }

  done(machine: object, prefixes: number): void {
    this.#underWay.delete(machine);
    this.#done += prefixes;
    this.#told = Math.max(this.#told, Math.min(this.#sum(), this.#total));
    this.#tell?.(this.#told, this.#total);
  }

  #sum(): number {
    return Math.floor([...this.#underWay.values()].reduce((sum, prefixes) => sum + prefixes, this.#done));
  }
}
