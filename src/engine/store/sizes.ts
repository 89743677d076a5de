import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** How many files there are in a part of the store, and their bytes together. */
export interface PartSize {
  readonly files: number;
  readonly bytes: number;
}

/** Of `objects`, `actions` and `quarantine`; rows have sizes of their own. */
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
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return { files: 0, bytes: 0 };
    throw error;
  }
  const files = entries.filter((entry) => entry.isFile());
  // One that is gone by now belongs to a run that goes on.
  const sizes = files.map(
    ({ parentPath, name }) => statSync(join(parentPath, name), { throwIfNoEntry: false })?.size,
  );
  return { files: files.length, bytes: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0) };
}
