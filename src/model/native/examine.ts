import { availableParallelism } from 'node:os';
import { type BackendName, backendNames } from '../language-model.ts';
import { Failure, type FailureDetails } from '../../system/failure.ts';
import { must } from '../../system/internal-error.ts';
import { checkFiles, findNative, packageFolder } from './addon.ts';
import { noGpu, notInstalled } from './absent.ts';
import { probe, type Probe } from './probe.ts';

export type BackendReport =
  | { readonly backend: BackendName; readonly works: true; readonly probe: Probe; readonly where?: string }
  | { readonly backend: BackendName; readonly works: false; readonly failure: FailureDetails };

/**
 * Loads every backend in processes of their own, checks the digests of what was set up here, and measures products.
 * What doesn't load is told with what to do about it.
 * @param onStart called before each
 */
export async function examineBackends(onStart: (backend: BackendName) => void): Promise<BackendReport[]> {
  const reports: BackendReport[] = [];
  for (const backend of backendNames) {
    onStart(backend);
    try {
      reports.push({ backend, works: true, ...(await examine(backend)) });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      reports.push({ backend, works: false, failure: error.details });
    }
  }
  return reports;
}

async function examine(backend: BackendName): Promise<{ probe: Probe; where?: string }> {
  if (backend === 'wasm') return { probe: await probeWasm() };
  const folder = packageFolder();
  const addon = findNative();
  if (folder === undefined || addon === undefined) throw notInstalled(folder);
  if (backend === 'tensorflow-gpu' && addon.flavour === 'cpu') throw noGpu(addon);
  if (addon.flavour !== 'package') await checkFiles(addon.folder, { thorough: true });
  const what = { addon, packageFolder: folder };
  const found = await probe({ what, ...(backend === 'tensorflow' ? { device: 'cpu' as const } : {}) });
  if (backend === 'tensorflow-gpu' && found.device !== 'gpu') throw noGpu(addon);
  return { probe: found, where: addon.folder };
}

/** One instance per core, all at once, as a model runs: together they are slower than one times their number. */
async function probeWasm(): Promise<Probe> {
  const probes = await Promise.all(
    Array.from({ length: availableParallelism() }, () => probe({ what: 'wasm' })),
  );
  const gflops = probes.reduce((sum, one) => sum + one.gflops, 0);
  return { device: 'cpu', engine: must(probes[0], 'a probe').engine, gflops };
}
