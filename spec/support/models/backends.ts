import type { BackendName } from '../../../src/model/index.ts';
import { nativeAvailable } from '../../../src/model/native/addon.ts';

/** Runs a suite once per backend; where the native addon is not set up, its suite is skipped and says why. */
export function onEachBackend(title: string, suite: (backend: BackendName) => void): void {
  for (const backend of ['wasm', 'tensorflow'] as const) {
    const present = backend === 'wasm' || nativeAvailable();
    describe(`${title} on ${backend}${present ? '' : ' (skipped: no native addon; assay setup native)'}`, () => {
      before(function () {
        if (!present) this.skip();
      });
      suite(backend);
    });
  }
}
