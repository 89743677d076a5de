import { readFileSync } from 'node:fs';
import type { Json, JsonObject } from '../../system/json.ts';
import { writeWholeSync } from '../../system/whole-file.ts';

/** How fast a model was read on this machine. */
export interface PassSpeed {
  /** Distinct prefixes that were computed. */
  readonly prefixes: number;
  /** How long that took, without opening the model. */
  readonly seconds: number;
  readonly openSeconds: number;
}

/** Models that are remembered; those measured longest ago are forgotten first. */
const mostRemembered = 200;

/**
 * Speeds by model and numerics in a file of this machine, for estimates and for nothing else: what cannot be read or written costs an
 * estimate. Two processes that write at once lose one of two measurements.
 */
export class PassSpeeds {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  of(model: string): PassSpeed | undefined {
    return this.#read().find(([key]) => key === model)?.[1];
  }

  /** Small passes say little of large ones: one that is less than half as large as what is known is not kept. */
  note(model: string, speed: PassSpeed): void {
    const known = this.#read();
    const before = known.find(([key]) => key === model)?.[1];
    if (before !== undefined && speed.prefixes < before.prefixes / 2) return;
    const others = known.filter(([key]) => key !== model);
    const kept = [...others, [model, speed] as const].slice(-mostRemembered);
    try {
      writeWholeSync(this.#file, JSON.stringify(Object.fromEntries(kept)));
    } catch {
      // A folder that cannot be written: there will be no estimate.
    }
  }

  #read(): readonly (readonly [string, PassSpeed])[] {
    try {
      const read = JSON.parse(readFileSync(this.#file, 'utf8')) as Json;
      if (typeof read !== 'object' || read === null || Array.isArray(read)) return [];
      return Object.entries(read as JsonObject).flatMap(([key, value]) =>
        isSpeed(value) ? [[key, value] as const] : [],
      );
    } catch {
      return [];
    }
  }
}

function isSpeed(value: unknown): value is PassSpeed {
  if (typeof value !== 'object' || value === null) return false;
  const { prefixes, seconds, openSeconds } = value as Partial<Record<keyof PassSpeed, unknown>>;
  return (
    [prefixes, seconds, openSeconds].every((each) => typeof each === 'number' && each >= 0) && prefixes !== 0
  );
}
