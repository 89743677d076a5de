#!/usr/bin/env node
import * as nodeModule from 'node:module';

// Node 22 and later keep compiled code between starts; Node 20 has no such thing and goes without.
(nodeModule as { enableCompileCache?: () => void }).enableCompileCache?.();

for (const stream of [process.stdout, process.stderr]) {
  // `assay runs | head` closes the pipe early: that ends the program and is nobody's mistake.
  stream.on('error', (error: Error & { readonly code?: string }) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
    throw error;
  });
}

const { main } = await import('./program.ts');
process.exitCode = await main(process.argv.slice(2));
