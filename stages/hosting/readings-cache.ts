import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { canonicalJson, sha256, type Json } from '../../src/engine/json.ts';
import type { Reading, ReadingRequest } from '../../src/model/language-model.ts';

/**
 * Readings that were computed before, by what was asked: one JSON Lines file for one model under one set of numerics.
 * Each line is written whole after its batch and carries its own checksum, so a run that was killed costs at most the
 * batch it was in, and a damaged line costs one reading.
 */
export class ReadingsCache {
  readonly #file: string | undefined;
  readonly #readings = new Map<string, Reading>();
  #loaded = false;

  /** @param file Without one, readings are kept only while the program runs. */
  constructor(file: string | undefined) {
    this.#file = file;
  }

  async load(): Promise<void> {
    if (this.#loaded) return;
    this.#loaded = true;
    if (this.#file === undefined) return;
    let text: string;
    try {
      text = await readFile(this.#file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    for (const line of text.split('\n')) {
      const [check = '', key = '', reading = ''] = line.split(' ', 3);
      if (check !== '' && check === checksum(key, reading)) {
        this.#readings.set(key, JSON.parse(reading) as Reading);
      }
    }
  }

  get(key: string): Reading | undefined {
    return this.#readings.get(key);
  }

  has(request: ReadingRequest): boolean {
    return this.#readings.has(requestKey(request));
  }

  async add(entries: readonly (readonly [key: string, reading: Reading])[]): Promise<void> {
    for (const [key, reading] of entries) this.#readings.set(key, reading);
    // A number that is not finite has no JSON; such a reading is computed again next time.
    const lines = entries
      .filter(([, reading]) => isFinite(reading))
      .map(([key, reading]) => {
        const text = JSON.stringify(reading);
        return `${checksum(key, text)} ${key} ${text}\n`;
      });
    if (this.#file === undefined || lines.length === 0) return;
    await mkdir(dirname(this.#file), { recursive: true });
    // The newline in front ends a line that a killed run may have left unfinished.
    await appendFile(this.#file, `\n${lines.join('')}`);
  }
}

/** Digest of what is asked: token ids and what is read of them, never text. */
export function requestKey(request: ReadingRequest): string {
  return sha256(canonicalJson({ ...request } as unknown as Json)).slice(0, 40);
}

function checksum(key: string, reading: string): string {
  return sha256(`${key} ${reading}`).slice(0, 16);
}

function isFinite({ logProbs, distribution }: Reading): boolean {
  const numbers = [...logProbs, ...(distribution?.top.map(({ logProb }) => logProb) ?? [])];
  return [...numbers, distribution?.entropy ?? 0].every(Number.isFinite);
}
