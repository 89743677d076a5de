/** The child process of `probe.ts`: loads what its one argument asks for, and prints what it measured as JSON. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Failure } from '../../system/failure.ts';
import { must } from '../../system/internal-error.ts';
import type { Tfjs } from '../decoder/tfjs.ts';
import { loadAddon } from './load.ts';
import type { Probe, ProbeRequest } from './probe.ts';

const [rows, inner, columns] = [256, 2048, 5632] as const;

/**
 * Repetitions are added until this is over, and the first, which packs and allocates, is not alone; the fastest counts,
 * since whatever else runs can only slow it down.
 */
const measureMs = 1_500;
const fewest = 3;

async function open({ what, device }: ProbeRequest): Promise<{ tf: Tfjs; found: Omit<Probe, 'gflops'> }> {
  if (what === 'wasm') return openWasm();
  const native = await loadAddon(what.packageFolder, what.addon, device);
  return {
    tf: native.tf,
    found: { device: native.device, engine: `libtensorflow ${native.tensorflowVersion}` },
  };
}

async function openWasm(): Promise<{ tf: Tfjs; found: Omit<Probe, 'gflops'> }> {
  const tf = await import('@tensorflow/tfjs-core');
  const wasm = await import('@tensorflow/tfjs-backend-wasm');
  const home = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(join(dirname(home), '/'));
  wasm.setThreadsCount(1);
  await tf.setBackend('wasm');
  return { tf, found: { device: 'cpu', engine: `tfjs-backend-wasm ${wasm.version_wasm}` } };
}

async function measure(tf: Tfjs): Promise<number> {
  const left = tf.fill([rows, inner], 0.5);
  const right = tf.fill([inner, columns], 0.25);
  let bestMs = Infinity;
  const start = performance.now();
  for (let i = 0; i < fewest || performance.now() - start < measureMs; i += 1) {
    const began = performance.now();
    const product = tf.matMul(left, right);
    // A GPU works on after the call; reading one number waits for it.
    const [corner] = await tf.slice(product, [0, 0], [1, 1]).data();
    bestMs = Math.min(bestMs, performance.now() - began);
    product.dispose();
    if (corner !== inner / 8) throw wrongProduct(corner);
  }
  return (2 * rows * inner * columns) / bestMs / 1e6;
}

function wrongProduct(found: unknown): Failure {
  return new Failure({
    code: 'native-wrong-product',
    blame: 'machine',
    message: 'the backend computes wrong products',
    expected: String(inner / 8),
    found: String(found),
    next: 'use another backend, and report this',
  });
}

try {
  const { tf, found } = await open(JSON.parse(must(process.argv[2], 'a request')) as ProbeRequest);
  const probe: Probe = { ...found, gflops: await measure(tf) };
  process.stdout.write(`${JSON.stringify(probe)}\n`);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  process.stdout.write(`${JSON.stringify({ failure: error.details })}\n`);
}
