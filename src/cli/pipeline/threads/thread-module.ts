import { existsSync } from 'node:fs';

/** URL of what a thread runs. The build puts it into few files, as it does the program (bundle-program.ts); from source it is run as it is. */
export function threadModule(name: 'stage-thread' | 'module-thread'): URL {
  const bundled = new URL(`../../../../program/${name}.js`, import.meta.url);
  if (existsSync(bundled)) return bundled;
  return new URL(`./${name}.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
}
