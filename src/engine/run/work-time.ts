import { msSince } from './clock.ts';

/** How long a stage works, without what it waits for between attempts and for its turn. */
export class WorkTime {
  readonly #clock: () => number;
  readonly #onStart: () => void;
  #startedAt: number | undefined;
  #since: number | undefined;
  #before = 0;

  /** @param onStart called when work begins for the first time */
  constructor(clock: () => number, onStart: () => void) {
    this.#clock = clock;
    this.#onStart = onStart;
  }

  start(): void {
    this.#since ??= this.#clock();
    if (this.#startedAt !== undefined) return;
    this.#startedAt = this.#since;
    this.#onStart();
  }

  pause(): void {
    this.#before = this.ms;
    this.#since = undefined;
  }

  /** Worked so far, in milliseconds. */
  get ms(): number {
    if (this.#since === undefined) return this.#before;
    return Math.round((this.#before + msSince(this.#since, this.#clock)) * 10) / 10;
  }

  /** What a record says of it; nothing of a stage that never got its turn. */
  told(): { readonly startedAt?: string; readonly durationMs?: number } {
    if (this.#startedAt === undefined) return {};
    return { startedAt: new Date(this.#startedAt).toISOString(), durationMs: this.ms };
  }
}
