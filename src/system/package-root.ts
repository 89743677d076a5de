import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InternalError } from './internal-error.ts';

/** The folder of Assay's own package.json: above `src/` when run from source, above `dist/` when compiled. */
export const packageRoot: string = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

function findPackageRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) {
      const { name } = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown };
      if (name === 'assay') return folder;
    }
    if (dirname(folder) === folder) {
      throw new InternalError(`expected a package.json named "assay" above ${start}, was none`);
    }
  }
}
