import type { Services } from '../stage-kind.ts';
import type { Store } from '../store/store.ts';
import { compute } from './compute.ts';
import type { Computing } from './computing.ts';
import { InputReader } from './input-reader.ts';

/** Computes in this thread: for programs that call the engine, whose kinds are closures. */
export function computeHere({
  store,
  services,
}: {
  readonly store: Store;
  readonly services: Services;
}): Computing {
  const reader = new InputReader(store);
  return {
    expect: () => undefined,
    async compute({ stage, inputs, baseDir }, heard, signal) {
      heard.begun();
      return compute(stage, { inputs: await reader.readAll(inputs), baseDir, services, signal, heard });
    },
    forget: (artifact) => reader.forget(artifact),
  };
}
