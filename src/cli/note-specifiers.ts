import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { specifiersFile, specifiersIn } from '../engine/plan/source-digest.ts';
import { sha256 } from '../system/hash.ts';
import { packageRoot } from '../system/package-root.ts';

// A step of the build: notes what each compiled module imports, so that a start need not lex two hundred of them.
const noted: Record<string, readonly string[]> = {};
for (const room of ['src', 'stages']) {
  const folder = join(packageRoot, 'dist', room);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.js')) continue;
    const bytes = readFileSync(join(folder, name));
    noted[sha256(bytes)] = await specifiersIn(bytes.toString('utf8'), join(folder, name));
  }
}
writeFileSync(specifiersFile, JSON.stringify(noted));
