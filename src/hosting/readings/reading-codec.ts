import type { Distribution, Reading, ReadingRequest } from '../../model/language-model.ts';
import { InternalError } from '../../system/internal-error.ts';

/** Raised when a row is written in another form: rows of the old one are not found any more. */
const FORM = 1;
const NONE = 0xffffffff;
/** Stands for `each`: more than any text has tokens. */
const EACH = 0xfffffffe;

/** What is asked, but for the number of top tokens, as the bytes that rows are found by: little-endian 32-bit numbers. */
export function requestBytes({ ids, from, distributionAt: place = NONE }: ReadingRequest): Uint8Array {
  const distributionAt = place === 'each' ? EACH : place;
  const writer = new Writer(4 * (ids.length + 4));
  for (const value of [FORM, from, distributionAt, ids.length, ...ids]) writer.int(value);
  return writer.bytes;
}

/** A request and its reading; numbers are kept to the bit. */
export function encodeReading(request: ReadingRequest, reading: Reading): Uint8Array {
  const { logProbs, ranks, distribution } = reading;
  const distributions = reading.distributions ?? (distribution === undefined ? [] : [distribution]);
  const asked = requestBytes(request);
  const sizes = distributions.map(({ top }) => 12 + 12 * top.length);
  const size = sizes.reduce((sum, each) => sum + each, distributions.length === 0 ? 12 : 0);
  const writer = new Writer(asked.length + 12 + 12 * logProbs.length + size);
  writer.raw(asked);
  writer.int(request.topTokens ?? 0);
  writer.int(logProbs.length);
  for (const logProb of logProbs) writer.float(logProb);
  for (const rank of ranks) writer.int(rank);
  writer.int(distributions.length);
  // A reading without one has the place of one, empty.
  for (const { entropy, top } of distributions.length === 0 ? [{ entropy: 0, top: [] }] : distributions) {
    writer.float(entropy);
    writer.int(top.length);
    for (const { id, logProb } of top) {
      writer.int(id);
      writer.float(logProb);
    }
  }
  return writer.bytes;
}

export function decodeReading(bytes: Uint8Array): {
  readonly request: ReadingRequest;
  readonly reading: Reading;
} {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const int = (): number => view.getUint32((at += 4) - 4, true);
  const float = (): number => view.getFloat64((at += 8) - 8, true);
  const many = <T>(count: number, read: () => T): T[] => Array.from({ length: count }, read);
  const form = int();
  if (form !== FORM) throw new InternalError(`expected a row of form ${FORM}, was ${form}`);
  const [from, distributionAt] = [int(), int()];
  const ids = many(int(), int);
  const topTokens = int();
  const count = int();
  const logProbs = many(count, float);
  const ranks = many(count, int);
  const given = int();
  const read = many(Math.max(given, 1), (): Distribution => {
    const entropy = float();
    return { entropy, top: Array.from({ length: int() }, () => ({ id: int(), logProb: float() })) };
  });
  const [distribution] = read;
  const isEach = distributionAt === EACH;
  return {
    request: {
      ids,
      from,
      topTokens,
      ...(distributionAt !== NONE && { distributionAt: isEach ? 'each' : distributionAt }),
    },
    reading: {
      logProbs,
      ranks,
      ...(isEach ? { distributions: read.slice(0, given) } : given > 0 && distribution && { distribution }),
    },
  };
}

class Writer {
  readonly bytes: Buffer;
  #at = 0;

  constructor(length: number) {
    this.bytes = Buffer.alloc(length);
  }

  int(value: number): void {
    this.#at = this.bytes.writeUInt32LE(value, this.#at);
  }

  float(value: number): void {
    this.#at = this.bytes.writeDoubleLE(value, this.#at);
  }

  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }
}
