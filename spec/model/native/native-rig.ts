import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export const silent = (): void => undefined;

/** An npm package as npm leaves it where its own installer could not run. */
export function bareNpmPackage(home: string): string {
  const folder = join(home, 'node_modules', '@tensorflow', 'tfjs-node-gpu');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"version":"4.22.0"}');
  return folder;
}

export function inPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}
