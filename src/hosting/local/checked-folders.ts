import { readFileSync } from 'node:fs';
import { sourcesOfKind } from '../../engine/plan/source-digest.ts';
import { checkingModule } from '../../model/computing-modules.ts';
import { digestOf } from '../../system/json.ts';
import { writeWholeSync } from '../../system/whole-file.ts';

/** Folders that are remembered: more models than anyone has at a time. */
const most = 100;

/**
 * Remembers which model folders have been checked, so that a run in which nothing is to be done neither reads them nor
 * loads what reads them. A folder counts as checked while its files are in the same state and the code that checks is
 * the same.
 */
export class CheckedFolders {
  readonly #file: string | undefined;

  /** @param memoFile beside which the memory is kept; without it every folder is checked */
  constructor(memoFile: string | undefined) {
    this.#file = memoFile === undefined ? undefined : `${memoFile}.checked`;
  }

  /**
   * @param state of the folder's files; undefined where they are too young to be told by it
   * @throws Failure for a folder that is no model that can be opened
   */
  async check(folder: string, state: string | undefined): Promise<void> {
    const mark = state === undefined || this.#file === undefined ? undefined : await markOf(folder, state);
    const known = this.#read();
    if (mark !== undefined && known.includes(mark)) return;
    const { checkModel } = await import('../../model/checkpoint/check-model.ts');
    checkModel(folder);
    if (mark !== undefined) this.#write([...known, mark].slice(-most));
  }

  #read(): readonly string[] {
    if (this.#file === undefined) return [];
    try {
      return readFileSync(this.#file, 'utf8').split('\n');
    } catch {
      // None yet, or one that cannot be read: it only saves time.
      return [];
    }
  }

  #write(marks: readonly string[]): void {
    if (this.#file === undefined) return;
    try {
      writeWholeSync(this.#file, marks.join('\n'));
    } catch {
      // A place that cannot be written costs the check again.
    }
  }
}

async function markOf(folder: string, state: string): Promise<string> {
  const { files, packages } = await sourcesOfKind({
    module: checkingModule,
  });
  return digestOf({ folder, state, files, packages });
}
