import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '../../system/failure.ts';
import { addonInFolder, startupInFolder, type Flavour } from './addon.ts';
import { startupSource } from './startup-source.ts';
import { execute, findCompiler, findNodeHeaders, findPython, tail, type Effects } from './tools.ts';
import { cudaWheels, discard, fetchWheel, unpackWheel, wheelOf } from './wheel.ts';

export interface Toolchain {
  readonly python: string;
  readonly compiler: string;
  readonly headers: string;
}

/**
 * Everything that a build needs, looked for before anything is downloaded.
 * @throws Failure `native-unsupported` and what `tools.ts` throws
 */
export async function findToolchain(effects: Effects): Promise<Toolchain> {
  refuseOtherSystems();
  const compiler = await findCompiler(effects);
  const headers = findNodeHeaders(effects.env);
  const python = await findPython(effects);
  return { python, compiler, headers };
}

/**
 * Compiles the addon of the npm package in `packageFolder` against the TensorFlow of a wheel, into the empty folder
 * `into`: `lib/napi-v8/tfjs_binding.node`, `tensorflow/*.so.2` and, with CUDA, `nvidia/<part>/lib/*.so.*`. The parts find each
 * other by relative paths, so the folder can be moved.
 */
export async function buildFromWheel(
  { packageFolder, into, flavour }: { packageFolder: string; into: string; flavour: Flavour },
  tools: Toolchain,
  effects: Effects,
): Promise<void> {
  const downloads = join(into, 'downloads');
  effects.say(`fetching ${wheelOf[flavour]} with pip (${flavour === 'cpu' ? '0.3 GB' : 'about 0.7 GB'})`);
  const wheel = await fetchWheel(tools.python, wheelOf[flavour], downloads, effects);

  effects.say('unpacking its libraries and headers');
  const pattern = String.raw`tensorflow/(libtensorflow_(cc|framework)\.so\.2$|include/)`;
  await unpackWheel(tools.python, wheel, { into, pattern }, effects);
  if (flavour === 'gpu') await addCuda(wheel, { into, downloads }, tools, effects);

  effects.say(`compiling the addon with ${tools.compiler}`);
  await compile({ packageFolder, into }, tools, effects);
  rmSync(downloads, { recursive: true, force: true });
  rmSync(join(into, 'tensorflow', 'include'), { recursive: true, force: true });
}

async function addCuda(
  wheel: string,
  { into, downloads }: { into: string; downloads: string },
  { python }: Toolchain,
  effects: Effects,
): Promise<void> {
  for (const requirement of await cudaWheels(python, wheel, effects)) {
    effects.say(`fetching ${requirement}`);
    const part = await fetchWheel(python, requirement, downloads, effects);
    await unpackWheel(python, part, { into, pattern: String.raw`nvidia/[^/]+/(lib|bin|nvvm)/` }, effects);
    discard(part);
  }
}

async function compile(
  { packageFolder, into }: { packageFolder: string; into: string },
  { compiler, headers }: Toolchain,
  effects: Effects,
): Promise<void> {
  const libraries = join(into, 'tensorflow');
  const addon = join(into, addonInFolder);
  const startup = join(into, startupInFolder);
  const startupCode = join(into, 'downloads', 'startup.cc');
  writeFileSync(startupCode, startupSource);
  mkdirSync(dirname(addon), { recursive: true });

  const flags = ['-O2', '-shared', '-fPIC', '-std=c++17', '-DNAPI_VERSION=8', '-w'];
  const includes = [headers, packageFolder, join(libraries, 'include')].flatMap((folder) => ['-I', folder]);
  const tensorflow = ['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'];
  const libraryFolder = ['-L', libraries, '-Wl,-rpath,$ORIGIN/../../tensorflow'];
  const code = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(packageFolder, 'binding', name));
  await Promise.all([
    runCompiler([...flags, ...includes, '-o', addon, ...code, ...libraryFolder, ...tensorflow]),
    runCompiler([...flags, '-I', headers, '-o', startup, startupCode, '-ldl']),
  ]);

  async function runCompiler(args: readonly string[]): Promise<void> {
    const { status, output } = await execute(compiler, args, effects);
    if (status === 0) return;
    throw new Failure({
      code: 'native-compile-failed',
      blame: 'machine',
      message: 'the addon does not compile',
      where: `${compiler} ${args.join(' ')}`,
      expected: 'a compiler for C++17 (g++ 9 or later, clang 9 or later)',
      found: tail(output.replaceAll(/^.*\bnote:.*$/gm, ''), 6),
      next: 'try another compiler by setting CXX',
      remedy: { code: 'choose-backend', backend: 'wasm' },
    });
  }
}

function refuseOtherSystems(): void {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  const glibc = report.header?.glibcVersionRuntime;
  const supported = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
  if (supported && glibc !== undefined) return;
  throw new Failure({
    code: 'native-unsupported',
    blame: 'machine',
    message: 'TensorFlow’s wheel has no library that can be built against on this system',
    expected: 'Linux on x64 or arm64 with glibc',
    found: `${process.platform} on ${process.arch}${process.platform === 'linux' ? ' without glibc' : ''}`,
    remedy: { code: 'choose-backend', backend: 'wasm' },
  });
}
