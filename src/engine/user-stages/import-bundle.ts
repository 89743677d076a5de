import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Imports the text of a bundle. Each call imports it anew: Node keeps what it once loaded under the name of a file. */
export async function importBundle(text: string): Promise<Readonly<Record<string, unknown>>> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-module-'));
  try {
    const file = join(folder, 'bundle.mjs');
    await writeFile(file, text);
    // Stacks then name the user's files and lines.
    process.setSourceMapsEnabled(true);
    return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
