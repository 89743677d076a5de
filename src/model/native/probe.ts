import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../system/failure.ts';
import type { NativeAddon } from './addon.ts';

export interface ProbeRequest {
  /** `wasm`, or an addon and the folder of the npm package that it belongs to. */
  readonly what: 'wasm' | { readonly addon: NativeAddon; readonly packageFolder: string };
  readonly device?: 'cpu' | 'gpu';
}

export interface Probe {
  readonly device: 'cpu' | 'gpu';
  /** `libtensorflow 2.21.0`, `tfjs-backend-wasm 4.22.0`. */
  readonly engine: string;
  /** Speed of float32 products [256,2048] x [2048,5632] in one instance, in GFLOP/s (10^9 multiplications and additions). */
  readonly gflops: number;
}

/** A crashed or hanging addon must not take its caller along; loading 800 MB from a cold disk takes its time. */
const patienceMs = 180_000;

/**
 * Loads a backend in a process of its own and measures it there.
 * @throws Failure with what that process said, or how it died
 */
export function probe(request: ProbeRequest, env: NodeJS.ProcessEnv = process.env): Promise<Probe> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const program = fileURLToPath(new URL(`./probe-process.${extension}`, import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...loaderFlags(), program, JSON.stringify(request)], {
      env: { ...env, TF_CPP_MIN_LOG_LEVEL: '2' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: patienceMs,
    });
    let answer = '';
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => void (answer += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => void (complaint += chunk.toString()));
    child.on('error', reject);
    child.on('close', (status, signal) => {
      const last = answer.trim().split('\n').at(-1) ?? '';
      if (status === 0 && last.startsWith('{')) {
        const said = JSON.parse(last) as Probe | { failure: Failure['details'] };
        if ('failure' in said) reject(new Failure(said.failure));
        else resolve(said);
        return;
      }
      const how = signal === null ? `exit status ${status}` : `signal ${signal}`;
      reject(
        new Failure({
          code: 'native-load-failed',
          blame: 'machine',
          message: 'the process that tried to load it died',
          expected: 'a product of two matrices',
          found: [how, complaint.trim().split('\n').at(-1) ?? ''].filter(Boolean).join(': '),
          remedy: { code: 'set-up-native', again: true, otherwise: 'wasm' },
        }),
      );
    });
  });
}

/**
 * What makes TypeScript run, if we run from source. Other flags of ours are not the child's: `--eval` would make it
 * run our own code again, which starts a child, and so on.
 */
function loaderFlags(): string[] {
  if (!import.meta.url.endsWith('.ts')) return [];
  const takesLoader = (flag: string | undefined) =>
    flag === '--import' || flag === '--require' || flag === '-r';
  return process.execArgv.filter(
    (flag, i, flags) => takesLoader(flag) || takesLoader(flags[i - 1]) || /^--(import|require)=/.test(flag),
  );
}
