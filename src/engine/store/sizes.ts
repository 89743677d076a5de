import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isMissing } from '../../system/errno.ts';

/** How many files there are in a part of the store, and their bytes together. */
export interface PartSize {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Of `objects`, `actions` and `quarantine`; the spaces of the reading log have sizes of their own. Synchronous: whoever
 * asks has nothing else to do, and to look at ten thousand files in turn takes a tenth of a second.
 */
export function storeSizes(dir: string): Readonly<Record<'objects' | 'actions' | 'quarantine', PartSize>> {
  return {
    objects: sizeOf(join(dir, 'objects')),
    actions: sizeOf(join(dir, 'actions')),
    quarantine: sizeOf(join(dir, 'quarantine')),
  };
}

function sizeOf(folder: string): PartSize {
  let entries;
  try {
    entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return { files: 0, bytes: 0 };
    throw error;
  }
  const sizes = entries
    .filter((entry) => entry.isFile())
    // One that is gone by now belonged to a run that goes on.
    .flatMap(
      ({ parentPath, name }) => statSync(join(parentPath, name), { throwIfNoEntry: false })?.size ?? [],
    );
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}
