import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts a thread that runs a module. Compiled, the module is run as it is; from source it needs tsx's loader before it can be
 * imported.
 *
 * @param module URL of the module, as this program runs it: `.ts` from source, `.js` compiled
 */
export function startThread(module: URL, options: WorkerOptions): Worker {
  if (module.pathname.endsWith('.js')) return new Worker(module, options);
  const source = JSON.stringify(module.href);
  const bootstrap = `import('tsx/esm/api').then(({ register }) => { register(); return import(${source}); });`;
  return new Worker(bootstrap, { ...options, eval: true });
}
