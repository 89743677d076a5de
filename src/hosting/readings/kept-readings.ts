import { createHash } from 'node:crypto';
import type { JsonObject } from '../../system/json.ts';
import type { ReadingSpace } from '../../engine/store/reading-log.ts';
import type { Distribution, Reading, ReadingRequest } from '../../model/language-model.ts';
import { decodeReading, encodeReading, requestBytes } from './reading-codec.ts';

/**
 * What was read of one model under one set of numerics. It is kept in memory for this process and, where there is a
 * space in the store, for all processes to come. A reading with more top tokens answers for fewer.
 */
export class KeptReadings {
  readonly #space: ReadingSpace | undefined;
  readonly #about: JsonObject;
  readonly #model: Buffer;
  readonly #known = new Map<string, Known>();
  #unsaved: string[] = [];

  /**
   * @param model digest of the model and its numerics, in hex: a part of each key
   * @param about what is written beside the readings, see `aboutReadings`
   */
  constructor(model: string, space: ReadingSpace | undefined, about: JsonObject) {
    this.#model = Buffer.from(model, 'hex');
    this.#space = space;
    this.#about = about;
  }

  /** The key says which tokens are read and what of them; the number of top tokens is not in it. */
  key(request: ReadingRequest): string {
    return createHash('sha256').update(this.#model).update(requestBytes(request)).digest('hex');
  }

  /** Fetches what was kept of these requests, by their keys, so that `get` knows it. */
  fetch(requests: ReadonlyMap<string, ReadingRequest>): void {
    const unknown = [...requests].filter(([key, request]) => this.get(key, request) === undefined);
    if (unknown.length === 0 || this.#space === undefined) return;
    const found = this.#space.read(unknown.map(([key]) => key));
    for (const [key, value] of found) {
      const { request, reading } = decodeReading(value);
      this.#learn(key, request, reading);
    }
  }

  get(key: string, { distributionAt, topTokens = 0 }: ReadingRequest): Reading | undefined {
    const known = this.#known.get(key);
    if (known === undefined || (known.request.topTokens ?? 0) < topTokens) return undefined;
    const { reading } = known;
    if (distributionAt === undefined) return reading;
    const { distribution, distributions } = reading;
    const short = ({ entropy, top }: Distribution): Distribution => ({
      entropy,
      top: top.slice(0, topTokens),
    });
    return {
      ...reading,
      ...(distribution !== undefined && { distribution: short(distribution) }),
      ...(distributions !== undefined && { distributions: distributions.map(short) }),
    };
  }

  put(key: string, request: ReadingRequest, reading: Reading): void {
    this.#learn(key, request, reading);
    this.#unsaved.push(key);
  }

  /** Keeps for good what was put since the last time. */
  async save(): Promise<void> {
    const keys = this.#unsaved;
    if (keys.length === 0 || this.#space === undefined) return;
    this.#unsaved = [];
    const entries = keys.flatMap((key) => {
      const known = this.#known.get(key);
      return known === undefined ? [] : [[key, encodeReading(known.request, known.reading)] as const];
    });
    await this.#space.add(entries, this.#about);
  }

  /** Two processes may have read the same, one with more top tokens. */
  #learn(key: string, request: ReadingRequest, reading: Reading): void {
    const before = this.#known.get(key);
    if (before !== undefined && (before.request.topTokens ?? 0) > (request.topTokens ?? 0)) return;
    this.#known.set(key, { request, reading });
  }
}

interface Known {
  readonly request: ReadingRequest;
  readonly reading: Reading;
}
