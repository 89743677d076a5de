#!/usr/bin/env node
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import type * as program from './program.ts';
import { outliveReaders } from './terminal/lost-output.ts';

// Node 22 and later keep compiled code between starts; Node 20 has no such thing and goes without.
(nodeModule as { enableCompileCache?: () => void }).enableCompileCache?.();

outliveReaders([process.stdout, process.stderr]);

// The build puts the program into few files (bundle-program.ts); from source it is run as it is.
const bundled = new URL('../../program/program.js', import.meta.url);
const { main } = existsSync(bundled)
  ? ((await import(bundled.href)) as typeof program)
  : await import('./program.ts');
process.exitCode = await main(process.argv.slice(2));
