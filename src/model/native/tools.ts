import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { userCacheFolder } from '../../system/cache-folder.ts';
import { Failure } from '../../system/failure.ts';

export interface Effects {
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** One line about what is being done. */
  readonly say: (line: string) => void;
}

export interface Finished {
  /** Exit status; `undefined` if the program could not be started. */
  readonly status: number | undefined;
  /** stdout and stderr as they came. */
  readonly output: string;
}

/** Runs a program to its end and keeps what it printed. Rejects only when `signal` aborts or `timeoutMs` is over. */
export function execute(
  program: string,
  args: readonly string[],
  { env, signal }: Pick<Effects, 'env' | 'signal'>,
  { cwd, timeoutMs }: { cwd?: string; timeoutMs?: number } = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const signals = [...(signal ? [signal] : []), ...(timeoutMs ? [AbortSignal.timeout(timeoutMs)] : [])];
    const child = spawn(program, args, {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(cwd !== undefined && { cwd }),
      ...(signals.length > 0 && { signal: AbortSignal.any(signals), killSignal: 'SIGTERM' }),
    });
    let output = '';
    const keep = (chunk: Buffer) => void (output += chunk.toString());
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => {
      if (error.name === 'AbortError') reject(signal?.aborted ? (signal.reason as Error) : error);
      else resolve({ status: undefined, output: error.message });
    });
    child.on('close', (status) => resolve({ status: status ?? -1, output }));
  });
}

/** What a program said last, for a message: its errors if it named any so, else its last lines. */
export function tail(output: string, lines = 4): string {
  const said = output.trim().split(/\r?\n/);
  const errors = said.filter((line) => /\berror\b/i.test(line) && !/^\s*(WARNING|at )/.test(line));
  return (errors.length > 0 ? errors : said).slice(-lines).join('\n');
}

/**
 * A Python 3 that has pip.
 * @throws Failure `native-no-python`, `native-no-pip`
 */
export async function findPython(effects: Effects): Promise<string> {
  const named = effects.env['npm_config_python'] || effects.env['PYTHON'];
  let withoutPip: string | undefined;
  for (const program of [...(named ? [named] : []), 'python3', 'python']) {
    const version = await execute(program, ['-c', 'import sys; print(sys.version_info[0])'], effects);
    if (version.status !== 0 || version.output.trim() !== '3') continue;
    const pip = await execute(program, ['-m', 'pip', '--version'], effects);
    if (pip.status === 0) return program;
    withoutPip ??= program;
  }
  if (withoutPip !== undefined) {
    throw missing('pip', {
      message: `${withoutPip} has no pip, which fetches TensorFlow's library`,
      expected: `\`${withoutPip} -m pip --version\` to work`,
      next: 'install pip (Debian, Ubuntu: `apt-get install python3-pip`; elsewhere: `python3 -m ensurepip`)',
    });
  }
  throw missing('python', {
    message: "there is no Python 3, whose pip fetches TensorFlow's library",
    expected: `${named ? `${named}, ` : ''}python3 or python in PATH`,
    next: 'install it (Debian, Ubuntu: `apt-get install python3 python3-pip`), or set PYTHON to it',
  });
}

/**
 * A C++17 compiler.
 * @throws Failure `native-no-compiler`
 */
export async function findCompiler(effects: Effects): Promise<string> {
  const named = effects.env['CXX'];
  for (const program of named ? [named] : ['g++', 'c++', 'clang++']) {
    if ((await execute(program, ['--version'], effects)).status === 0) return program;
  }
  throw missing('compiler', {
    message: 'there is no C++ compiler to build the addon with',
    expected: named ? `CXX (${named}) to run` : 'g++, c++ or clang++ in PATH',
    next: 'install one (Debian, Ubuntu: `apt-get install g++`; Fedora: `dnf install gcc-c++`), or set CXX',
  });
}

/**
 * The folder that holds `node_api.h`. Node-API is stable across versions, so any Node's headers will do.
 * @throws Failure `native-no-headers`
 */
export function findNodeHeaders(env: NodeJS.ProcessEnv, execPath: string = process.execPath): string {
  const nodedir = env['npm_config_nodedir'];
  const places = [
    ...(nodedir ? [join(nodedir, 'include', 'node'), join(nodedir, 'src')] : []),
    join(dirname(execPath), '..', 'include', 'node'),
    join(dirname(realpathSync(execPath)), '..', 'include', 'node'),
    '/usr/include/node',
    join(userCacheFolder(env), 'node-gyp', process.versions.node, 'include', 'node'),
    ...headersPackage(),
  ];
  const found = places.find((place) => existsSync(join(place, 'node_api.h')));
  if (found !== undefined) return found;
  throw missing('headers', {
    message: "Node's C headers (node_api.h) are not on this machine",
    expected: `node_api.h in one of ${[...new Set(places)].join(', ')}`,
    next: 'run `npm install --no-save node-api-headers`, install your system’s Node development package (Debian: libnode-dev), or set npm_config_nodedir',
  });
}

function headersPackage(): string[] {
  try {
    const manifest = createRequire(import.meta.url).resolve('node-api-headers/package.json');
    return [join(dirname(manifest), 'include')];
  } catch {
    return [];
  }
}

function missing(
  what: 'python' | 'pip' | 'compiler' | 'headers',
  words: { message: string; expected: string; next: string },
): Failure {
  return new Failure({ code: `native-no-${what}`, blame: 'machine', found: 'none', ...words });
}
