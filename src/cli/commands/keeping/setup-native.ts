/** `npm run setup:native [-- --gpu] [--force]`: makes native TensorFlow work on this machine. */
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Failure } from '../../../system/failure.ts';
import { nativePackage, packageFolder } from '../../../model/native/addon.ts';
import { setUpNative } from '../../../model/native/set-up.ts';
import { withRemedyWorded } from '../../wording/remedies.ts';

const usage = `Usage: npm run setup:native [-- [--gpu] [--force]]

Makes the backend \`tensorflow\` work: by the own installer of ${nativePackage}
where its download can be reached, else by compiling the same addon against the
library in TensorFlow's wheel, which pip fetches. Kept in ~/.cache/assay/native
($XDG_CACHE_HOME), where \`npm ci\` does not touch it.

  --gpu    with CUDA, for the backend \`tensorflow-gpu\` (Linux, NVIDIA driver)
  --force  make it again even if it is there
`;

const interrupted = new AbortController();

function options(): { gpu?: boolean; force?: boolean; help?: boolean } {
  try {
    const boolean = { type: 'boolean' } as const;
    return parseArgs({ options: { gpu: boolean, force: boolean, help: boolean } }).values;
  } catch (error) {
    process.stderr.write(`error: ${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

async function main(): Promise<number> {
  const { gpu, force, help } = options();
  if (help) {
    process.stdout.write(usage);
    return 0;
  }
  process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));
  process.once('SIGTERM', () => interrupted.abort(new Error('interrupted')));
  const say = (line: string) => void process.stdout.write(`setup:native: ${line}\n`);
  const { folder, kept, probe } = await setUpNative({
    packageFolder: packageFolder() ?? installPackage(say),
    flavour: gpu ? 'gpu' : 'cpu',
    force: force ?? false,
    env: process.env,
    signal: interrupted.signal,
    say,
  });
  say(`${kept ? 'already there' : 'done'}: ${folder}`);
  say(`${probe.engine} on ${probe.device}, ${probe.gflops.toFixed(0)} GFLOP/s on [256,2048] x [2048,5632]`);
  if (gpu && probe.device !== 'gpu') {
    say('but no GPU could be used: check `nvidia-smi`; the library works on the processor meanwhile');
    return 1;
  }
  return 0;
}

/** npm 10 drops an optional package whose install script fails; without its scripts it can be had all the same. */
function installPackage(say: (line: string) => void): string | undefined {
  say(`installing ${nativePackage} without its scripts`);
  const root = dirname(fileURLToPath(import.meta.resolve('@tensorflow/tfjs-core/package.json'))).split(
    /[\\/]node_modules[\\/]/,
  )[0];
  spawnSync(
    'npm',
    ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', `${nativePackage}@4.22.0`],
    {
      ...(root !== undefined && { cwd: root }),
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    },
  );
  return packageFolder();
}

try {
  process.exitCode = await main();
} catch (error) {
  if (interrupted.signal.aborted) {
    process.stderr.write('Stopped: nothing was set up, and nothing is left behind.\n');
    process.exitCode = 130;
  } else if (error instanceof Failure) {
    process.stderr.write(worded(error));
    process.exitCode = 1;
  } else {
    throw error;
  }
}

function worded({ details }: Failure): string {
  const { message, where, expected, found, next } = withRemedyWorded(details);
  const fields = Object.entries({ where, expected, found, next }).filter(([, text]) => text !== undefined);
  const lines = fields.map(
    ([name, text]) => `  ${name.padEnd(9)}${String(text).replaceAll('\n', '\n           ')}`,
  );
  return `error: ${message}\n${lines.join('\n')}\n`;
}
