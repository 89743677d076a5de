import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Failure } from '../../../src/system/failure.ts';
import { checkFiles, findNative, nativeAvailable, packageFolder } from '../../../src/model/native/addon.ts';
import { refuseReducedPrecision } from '../../../src/model/native/precision.ts';
import { probe } from '../../../src/model/native/probe.ts';
import { setUpNative, type SetUp } from '../../../src/model/native/set-up.ts';
import { startupSource } from '../../../src/model/native/startup-source.ts';
import { findNodeHeaders } from '../../../src/model/native/tools.ts';
import { modelFailureOf } from '../../support/models/model-failure.ts';
import { bareNpmPackage, inPath, silent } from './native-rig.ts';

describe('native TensorFlow', () => {
  let home: string;
  beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'assay-native-'))));
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('opens CUDA’s libraries where the wheels put them, whatever order they need each other in', function () {
    const compile = (...args: string[]) => execFileSync('g++', ['-shared', '-fPIC', '-w', ...args]);
    if (process.platform !== 'linux' || !inPath('g++')) this.skip();
    const source = (name: string, text: string) => {
      writeFileSync(join(home, name), text);
      return join(home, name);
    };
    for (const folder of ['lib/napi-v8', 'nvidia/a/lib', 'nvidia/z/lib'])
      mkdirSync(join(home, folder), { recursive: true });
    const [a, z] = [join(home, 'nvidia/a/lib/liba.so.1'), join(home, 'nvidia/z/lib/libz.so.1')];
    // `a` needs `z`, by a name that the system can not find: it opens only after `z` is open.
    compile('-Wl,-soname,libassay-z.so.1', '-o', z, source('z.cc', 'extern "C" int z() { return 1; }'));
    compile('-o', a, source('a.cc', 'extern "C" int z(); extern "C" int a() { return z(); }'), z);
    const startup = join(home, 'lib/napi-v8/startup.node');
    compile(
      '-std=c++17',
      '-DNAPI_VERSION=8',
      '-I',
      findNodeHeaders(process.env),
      '-o',
      startup,
      source('s.cc', startupSource),
      '-ldl',
    );
    const program = `require(${JSON.stringify(startup)}); console.log(require('fs').readFileSync('/proc/self/maps', 'utf8'))`;
    const maps = execFileSync(process.execPath, ['-e', program], { encoding: 'utf8', env: {} });
    expect([maps.includes(z), maps.includes(a)]).to.deep.equal([true, true]);
  });

  it('refuses products of fewer bits than float32', async () => {
    const tf = await import('@tensorflow/tfjs-core');
    await import('@tensorflow/tfjs-backend-wasm');
    const { backendName } = tf.engine();
    await tf.setBackend('wasm');
    await refuseReducedPrecision(tf);
    const rounded = {
      ...tf,
      fill: (shape: number[], value: number) => tf.fill(shape, Math.round(value * 1024) / 1024),
    };
    const failure = await modelFailureOf(refuseReducedPrecision(rounded as typeof tf));
    expect([failure.code, failure.found]).to.deep.equal(['tf32-on', '1 to 1']);
    if (backendName) await tf.setBackend(backendName);
  }).timeout(60_000);

  it('that does not load is told by its process’s last words', async function () {
    const folder = packageFolder();
    if (folder === undefined) this.skip();
    const file = join(home, 'tfjs_binding.node');
    writeFileSync(file, 'not a library');
    const addon = { file, folder: home, flavour: 'cpu' } as const;
    const failure = await modelFailureOf(probe({ what: { addon, packageFolder: folder } }));
    expect([failure.code, failure.where]).to.deep.equal(['native-load-failed', file]);
    expect(failure.remedy).to.deep.equal({ code: 'set-up-native', again: true, otherwise: 'wasm' });
  });

  it('is probed by one child, also from a program that came as --eval (which once begot children without end)', () => {
    const address = new URL('../../../src/model/native/probe.ts', import.meta.url).href;
    const program = `const { probe } = await import('${address}'); console.log(JSON.stringify(await probe({ what: 'wasm' })));`;
    const flags = ['--import=tsx', '--input-type=module', '--eval', program];
    const said = execFileSync(process.execPath, flags, { encoding: 'utf8', timeout: 60_000 });
    expect(JSON.parse(said)).to.include({ device: 'cpu', engine: 'tfjs-backend-wasm 4.22.0' });
  });

  it('loads where it is set up, whatever node_modules holds', async function () {
    const addon = findNative();
    const folder = packageFolder();
    if (addon === undefined || folder === undefined || !nativeAvailable()) this.skip();
    const { engine, gflops } = await probe({ what: { addon, packageFolder: folder }, device: 'cpu' });
    expect(engine).to.match(/^libtensorflow 2\.\d+\.\d+$/);
    expect(gflops).to.be.greaterThan(1);
  });

  it('is built from the wheel: whole, quiet, and again only when asked', async function () {
    const folder = packageFolder();
    const skipped = (why: string) => {
      console.log(`      skipped: ${why}`);
      return this.skip();
    };
    const { ASSAY_SPEC_NATIVE_BUILD } = process.env;
    if (!ASSAY_SPEC_NATIVE_BUILD)
      return skipped('it fetches 0.3 GB; set ASSAY_SPEC_NATIVE_BUILD=1 to run it');
    if (folder === undefined) return skipped('the package is not installed');
    // A copy of the package without any addon: all must come from the build.
    const bare = bareNpmPackage(home);
    cpSync(folder, bare, { recursive: true, filter: (path) => !/[\\/](lib|deps)$/.test(path) });
    const modules = join(folder, '..', '..');
    for (const name of [
      ...readdirSync(modules),
      ...readdirSync(join(folder, '..')).map((part) => `@tensorflow/${part}`),
    ]) {
      const link = join(home, 'node_modules', name);
      if (!existsSync(link)) symlinkSync(join(modules, name), link);
    }
    const options = {
      packageFolder: bare,
      flavour: 'cpu' as const,
      force: false,
      env: { ...process.env, XDG_CACHE_HOME: join(home, 'cache') },
      say: silent,
    };
    const first = await setUpNative(options).catch((error: unknown) => error);
    if (first instanceof Failure && /^native-no-/.test(first.details.code)) return skipped(first.message);
    if (first instanceof Error) throw first;
    const { kept, folder: made, probe: tried } = first as SetUp;
    expect(kept).to.equal(false);
    expect(tried).to.include({ device: 'cpu' });
    expect(readdirSync(join(home, 'cache', 'assay', 'native'))).to.have.length(1);
    await checkFiles(made, { thorough: true });
    expect((await setUpNative(options)).kept).to.equal(true);
  }).timeout(300_000);
});
