import { existsSync, readFileSync } from 'node:fs';
import { writeWholeSync } from '../whole-file.ts';
import { type FileState, hadRested } from './file-state.ts';

/** What is known of a file or a folder in one state. */
export interface Digested {
  readonly sha256: string;
  /** Names of packages that its code imports; only of folders of packages. */
  readonly imports?: readonly string[];
}

interface Remembered extends Digested {
  readonly state: string;
}

/** Changes when the meaning of what is remembered does. */
const FORMAT = 3;

/**
 * Digests of files and folders that have not changed, kept in a file for all processes of a user: hashing takes a second
 * for every gigabyte. What is remembered is believed only while the state is the same, and only of what had rested when
 * it was hashed.
 */
export class DigestMemo {
  readonly #file: string | undefined;
  #known: Record<string, Remembered> | undefined;
  #fresh: Record<string, Remembered> = {};

  /** @param file where it is kept; it need not exist. Without one nothing is remembered. */
  constructor(file: string | undefined) {
    this.#file = file;
  }

  /** What is at a path, if it is known in this state. */
  get(path: string, state: FileState): Digested | undefined {
    this.#known ??= this.#read();
    const found = this.#fresh[path] ?? this.#known[path];
    return found?.state === state.text ? found : undefined;
  }

  /** @param hashedNs when hashing began, in nanoseconds since 1970 */
  put(path: string, state: FileState, digested: Digested, hashedNs: bigint): void {
    if (hadRested(state, hashedNs)) this.#fresh[path] = { state: state.text, ...digested };
  }

  /** Keeps what was put. Of two processes that write at once one loses what it learned, and hashes again next time. */
  save(): void {
    if (this.#file === undefined || Object.keys(this.#fresh).length === 0) return;
    const known = Object.entries({ ...this.#read(), ...this.#fresh }).filter(([path]) => existsSync(path));
    try {
      writeWholeSync(
        this.#file,
        JSON.stringify({ format: FORMAT, digests: Object.fromEntries(known) }, null, 1),
      );
    } catch {
      // A location that can't be written only costs the hashing again.
    }
  }

  #read(): Record<string, Remembered> {
    if (this.#file === undefined) return {};
    try {
      const { format, digests } = JSON.parse(readFileSync(this.#file, 'utf8')) as {
        format: number;
        digests: Record<string, Remembered>;
      };
      return format === FORMAT ? digests : {};
    } catch {
      // No memo yet, or one that was damaged: it only saves time.
      return {};
    }
  }
}
