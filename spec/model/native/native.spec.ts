import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { expect } from 'chai';
import { ModelFailure } from '../../../src/model/language-model.ts';
import {
  addonInFolder,
  cacheFolder,
  checkFiles,
  findNative,
  nativeAvailable,
  nativeGpuLikely,
  packageFolder,
  sha256Of,
} from '../../../src/model/native/addon.ts';
import { probe } from '../../../src/model/native/probe.ts';
import { startupSource } from '../../../src/model/native/startup-source.ts';
import { refuseReducedPrecision } from '../../../src/model/native/precision.ts';
import { refuseFullDisk, setUpNative, type SetUp } from '../../../src/model/native/set-up.ts';
import { findNodeHeaders } from '../../../src/model/native/tools.ts';
import { requirementsOfCuda, unpackWheel } from '../../../src/model/native/wheel.ts';

const silent = () => undefined;

describe('native TensorFlow', () => {
  let home: string;
  beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'assay-native-'))));
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const failureOf = async (work: Promise<unknown>): Promise<ModelFailure['details']> => {
    const error = await work.then(
      () => new Error('expected a failure, and it worked'),
      (reason: unknown) => reason,
    );
    if (!(error instanceof ModelFailure)) throw error;
    return error.details;
  };

  /** A PATH of programs that each run one line of shell, and nothing else. */
  function pathOf(programs: Readonly<Record<string, string>>): string {
    const folder = mkdtempSync(join(home, 'path-'));
    for (const [name, line] of Object.entries(programs)) {
      writeFileSync(join(folder, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    }
    return folder;
  }

  /** An npm package as npm leaves it where its own installer could not run. */
  function bareNpmPackage(): string {
    const folder = join(home, 'node_modules', '@tensorflow', 'tfjs-node-gpu');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"version":"4.22.0"}');
    return folder;
  }

  describe('set-up says what is missing before it fetches anything', () => {
    const compiler = { 'g++': 'echo g++ 12' };
    const python = 'if [ "$1" = -c ]; then echo 3; else echo pip 23; fi';
    const pipless = 'if [ "$1" = -c ]; then echo 3; else exit 1; fi';

    // The address is of a port where nobody listens, so the package's own download is out of reach at once.
    const setUp = (programs: Readonly<Record<string, string>>, said: string[] = []) =>
      setUpNative({
        packageFolder: bareNpmPackage(),
        flavour: 'cpu',
        force: false,
        env: {
          PATH: pathOf(programs),
          XDG_CACHE_HOME: join(home, 'cache'),
          TFJS_NODE_CDN_STORAGE: 'http://127.0.0.1:9/',
        },
        say: (line) => said.push(line),
      });

    before(function () {
      if (process.platform !== 'linux') this.skip();
    });
    afterEach(() => expect(readdirSync(join(home, 'cache', 'assay', 'native'))).to.deep.equal([]));

    for (const [what, programs, code, next] of [
      ['no compiler', { python3: python }, 'native-no-compiler', /apt-get install g\+\+/],
      ['no Python', compiler, 'native-no-python', /apt-get install python3 python3-pip/],
      [
        'a Python without pip',
        { ...compiler, python3: pipless },
        'native-no-pip',
        /apt-get install python3-pip/,
      ],
      ['only a Python 2', { ...compiler, python: 'echo 2' }, 'native-no-python', /python3/],
    ] as const) {
      it(what, async () => {
        const failure = await failureOf(setUp(programs));
        expect([failure.code, failure.blame]).to.deep.equal([code, 'machine']);
        expect(failure.next).to.match(next);
      });
    }

    const pipSays = (...lines: string[]) =>
      `if [ "$1" = -c ]; then echo 3; elif [ "$3" = download ]; then /bin/cat >&2 <<'.'\n${lines.join('\n')}\n.\nexit 1; else echo pip 23; fi`;
    const noVersion = 'ERROR: No matching distribution found for tensorflow-cpu==2.21.0';

    it('no such wheel: pip’s own words, and that the package’s download was tried first', async () => {
      const said: string[] = [];
      const failure = await failureOf(setUp({ ...compiler, python3: pipSays(noVersion) }, said));
      expect([failure.code, failure.found]).to.deep.equal(['native-no-wheel', noVersion]);
      expect(failure.next).to.contain('check the network');
      expect(said[0]).to.contain('out of reach (127.0.0.1:9: ');
    });

    it('no network: the cause, which pip calls a warning, and not that there is no such version', async () => {
      const warning =
        "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError('<urllib3.connection." +
        "HTTPSConnection object at 0x7f7b>: Failed to establish a new connection: [Errno -2] Name or service not known')': /simple/";
      const failure = await failureOf(setUp({ ...compiler, python3: pipSays(warning, noVersion) }));
      expect(failure.found).to.equal('the index can not be reached: [Errno -2] Name or service not known');
    });

    it('a full disk while pip fetches', async () => {
      const full = `if [ "$1" = -c ]; then echo 3; elif [ "$3" = download ]; then echo "OSError: [Errno 28] No space left on device"; exit 1; fi`;
      expect((await failureOf(setUp({ ...compiler, python3: full }))).next).to.contain(
        'free some disk space',
      );
    });
  });

  it('set-up says that the package itself is not there', async () => {
    const env = { XDG_CACHE_HOME: home };
    const failure = await failureOf(
      setUpNative({ packageFolder: undefined, flavour: 'cpu', force: false, env, say: silent }),
    );
    expect(failure.code).to.equal('native-no-package');
  });

  it('set-up refuses a disk that is too small', () => {
    expect(() => refuseFullDisk(home, 1e18)).to.throw(ModelFailure, 'not enough room');
    expect(() => refuseFullDisk(home, 1)).not.to.throw();
  });

  it('finds Node’s headers beside it, where npm was told, or says where it looked', () => {
    const headers = join(home, 'include', 'node');
    mkdirSync(headers, { recursive: true });
    mkdirSync(join(home, 'bin'));
    const node = join(home, 'bin', 'node');
    writeFileSync(node, '');
    writeFileSync(join(headers, 'node_api.h'), '');
    expect(findNodeHeaders({}, node)).to.equal(headers);
    expect(findNodeHeaders({ npm_config_nodedir: home }, process.execPath)).to.equal(headers);
  });

  it('reads the CUDA wheels from the metadata of TensorFlow’s', () => {
    const metadata = [
      'Requires-Dist: numpy>=1.26.0',
      'Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"',
      "Requires-Dist: nvidia-cudnn-cu12 (<10.0,>=9.3.0.75) ; extra == 'and-cuda'",
      'Requires-Dist: nvidia-other; extra == "more"',
    ].join('\n');
    expect(requirementsOfCuda(metadata)).to.deep.equal([
      'nvidia-cublas-cu12<13.0,>=12.5.3.2',
      'nvidia-cudnn-cu12<10.0,>=9.3.0.75',
    ]);
  });

  describe('finds', () => {
    function putCached(flavour: 'cpu' | 'gpu', { finished = true } = {}): string {
      const folder = cacheFolder('4.22.0', flavour, { XDG_CACHE_HOME: join(home, 'cache') });
      mkdirSync(dirname(join(folder, addonInFolder)), { recursive: true });
      writeFileSync(join(folder, addonInFolder), '');
      if (finished) writeFileSync(join(folder, 'manifest.json'), '{}');
      return folder;
    }
    const find = () => findNative({ XDG_CACHE_HOME: join(home, 'cache') }, bareNpmPackage())?.flavour;

    it('nothing where there is nothing, or nothing finished', () => {
      expect(find()).to.equal(undefined);
      putCached('cpu', { finished: false });
      expect(find()).to.equal(undefined);
    });

    it('CUDA, then what was set up, then what the package’s installer left', () => {
      const own = join(bareNpmPackage(), addonInFolder);
      mkdirSync(dirname(own), { recursive: true });
      writeFileSync(own, '');
      expect(find()).to.equal('package');
      putCached('cpu');
      expect(find()).to.equal('cpu');
      putCached('gpu');
      expect(find()).to.equal('gpu');
    });

    it('no GPU where it is hidden', () => {
      expect(nativeGpuLikely({ ...process.env, CUDA_VISIBLE_DEVICES: '-1' })).to.equal(false);
    });
  });

  describe('is checked when it is used', () => {
    const name = 'tensorflow/libtensorflow_cc.so.2';
    let folder: string;

    beforeEach(async () => {
      folder = join(home, 'folder');
      const files: Record<string, unknown> = {};
      for (const [path, text] of [
        [addonInFolder, 'the addon'],
        [name, 'a large library'],
      ] as const) {
        const file = join(folder, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
        const { size, mtimeMs } = statSync(file);
        files[path] = { sha256: await sha256Of(file), bytes: size, modifiedMs: mtimeMs };
      }
      const manifest = {
        format: 1,
        source: 'a spec',
        packageVersion: '4.22.0',
        flavour: 'cpu',
        tensorflow: '2',
        files,
      };
      writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    });
    const check = (thorough = false) => checkFiles(folder, { thorough });

    it('and is right as it was made', async () => {
      await check();
      await check(true);
    });

    it('a changed addon is refused, even if its time is as before', async () => {
      const file = join(folder, addonInFolder);
      const { atime, mtime } = statSync(file);
      writeFileSync(file, 'the adder');
      utimesSync(file, atime, mtime);
      const failure = await failureOf(check());
      expect([failure.code, failure.where]).to.deep.equal(['native-damaged', file]);
      expect(failure.found).to.equal(await sha256Of(file));
      expect(failure.next).to.contain('npm run setup:native -- --force');
    });

    it('a changed library is refused', async () => {
      writeFileSync(join(folder, name), 'a larger library');
      expect((await failureOf(check())).found).to.equal('16 bytes');
      writeFileSync(join(folder, name), 'a lorge library');
      expect((await failureOf(check())).expected).to.match(/^SHA-256 /);
    });

    it('a missing library is refused', async () => {
      rmSync(join(folder, name));
      expect((await failureOf(check())).found).to.equal('no such file');
    });

    it('a touched library is hashed once, and remembered', async () => {
      utimesSync(join(folder, name), 1, 1);
      await check();
      expect(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')).files[name].modifiedMs).to.equal(
        1000,
      );
    });

    it('a manifest that can not be read is refused', async () => {
      writeFileSync(join(folder, 'manifest.json'), '{');
      expect((await failureOf(check())).code).to.equal('native-damaged');
    });
  });

  it('opens CUDA’s libraries where the wheels put them, whatever order they need each other in', async function () {
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

  it('refuses a wheel whose members are not what its RECORD says', async function () {
    if (!inPath('python3')) this.skip();
    const wheel = join(home, 'x-1-py3-none-any.whl');
    const make = (digest: string) =>
      `import zipfile; z = zipfile.ZipFile(${JSON.stringify(wheel)}, 'w'); z.writestr('x/a.txt', 'abc'); z.writestr('x-1.dist-info/RECORD', 'x/a.txt,${digest},3\\n'); z.close()`;
    const unpack = () =>
      unpackWheel(
        'python3',
        wheel,
        { into: join(home, 'out'), pattern: 'x/' },
        { env: process.env, say: silent },
      );
    execFileSync('python3', ['-c', make('sha256=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0')]);
    await unpack();
    expect(readFileSync(join(home, 'out', 'x', 'a.txt'), 'utf8')).to.equal('abc');
    execFileSync('python3', ['-c', make('sha256=AAAWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0')]);
    const failure = await failureOf(unpack());
    expect([failure.code, failure.found]).to.satisfy(
      ([code, found]: string[]) => code === 'native-bad-wheel' && found!.startsWith('x/a.txt has digest'),
    );
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
    const failure = await failureOf(refuseReducedPrecision(rounded as typeof tf));
    expect([failure.code, failure.found]).to.deep.equal(['tf32-on', '1 to 1']);
    if (backendName) await tf.setBackend(backendName);
  }).timeout(60_000);

  it('that does not load is told by its process’s last words', async function () {
    const folder = packageFolder();
    if (folder === undefined) this.skip();
    const file = join(home, 'tfjs_binding.node');
    writeFileSync(file, 'not a library');
    const addon = { file, folder: home, flavour: 'cpu' } as const;
    const failure = await failureOf(probe({ what: { addon, packageFolder: folder } }));
    expect([failure.code, failure.where]).to.deep.equal(['native-load-failed', file]);
    expect(failure.next).to.contain('npm run setup:native -- --force');
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
    const bare = bareNpmPackage();
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
    if (first instanceof ModelFailure && /^native-no-/.test(first.details.code))
      return skipped(first.message);
    if (first instanceof Error) throw first;
    const { kept, folder: made, probe: tried } = first as SetUp;
    expect(kept).to.equal(false);
    expect(tried).to.include({ device: 'cpu' });
    expect(readdirSync(join(home, 'cache', 'assay', 'native'))).to.have.length(1);
    await checkFiles(made, { thorough: true });
    expect((await setUpNative(options)).kept).to.equal(true);
  }).timeout(300_000);
});

function inPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}
