#!/usr/bin/env node
import * as nodeModule from 'node:module';
import { outliveReaders } from './terminal/lost-output.ts';

// Node 22 and later keep compiled code between starts; Node 20 has no such thing and goes without.
(nodeModule as { enableCompileCache?: () => void }).enableCompileCache?.();

outliveReaders([process.stdout, process.stderr]);

const { main } = await import('./program.ts');
process.exitCode = await main(process.argv.slice(2));
