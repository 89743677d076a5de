import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { setUpNative } from '../../../src/model/native/set-up.ts';
import { findNodeHeaders } from '../../../src/model/native/tools.ts';
import { requirementsOfCuda, unpackWheel } from '../../../src/model/native/wheel.ts';
import { modelFailureOf } from '../../support/models/model-failure.ts';
import { bareNpmPackage, inPath, silent } from './native-rig.ts';

describe('native TensorFlow', () => {
  let home: string;
  beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'assay-native-'))));
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  /** A PATH of programs that each run one line of shell, and nothing else. */
  function pathOf(programs: Readonly<Record<string, string>>): string {
    const folder = mkdtempSync(join(home, 'path-'));
    for (const [name, line] of Object.entries(programs)) {
      writeFileSync(join(folder, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    }
    return folder;
  }

  describe('set-up says what is missing before it fetches anything', () => {
    const compiler = { 'g++': 'echo g++ 12' };
    const python = 'if [ "$1" = -c ]; then echo 3; else echo pip 23; fi';
    const pipless = 'if [ "$1" = -c ]; then echo 3; else exit 1; fi';

    // The address is of a port where nobody listens, so the package's own download is out of reach at once.
    const setUp = (programs: Readonly<Record<string, string>>, said: string[] = []) =>
      setUpNative({
        packageFolder: bareNpmPackage(home),
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
        const failure = await modelFailureOf(setUp(programs));
        expect([failure.code, failure.blame]).to.deep.equal([code, 'machine']);
        expect(failure.next).to.match(next);
      });
    }

    const pipSays = (...lines: string[]) =>
      `if [ "$1" = -c ]; then echo 3; elif [ "$3" = download ]; then /bin/cat >&2 <<'.'\n${lines.join('\n')}\n.\nexit 1; else echo pip 23; fi`;
    const noVersion = 'ERROR: No matching distribution found for tensorflow-cpu==2.21.0';

    it('no such wheel: pip’s own words, and that the package’s download was tried first', async () => {
      const said: string[] = [];
      const failure = await modelFailureOf(setUp({ ...compiler, python3: pipSays(noVersion) }, said));
      expect([failure.code, failure.found]).to.deep.equal(['native-no-wheel', noVersion]);
      expect(failure.next).to.contain('check the network');
      expect(said[0]).to.contain('out of reach (127.0.0.1:9: ');
    });

    it('no network: the cause, which pip calls a warning, and not that there is no such version', async () => {
      const warning =
        "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError('<urllib3.connection." +
        "HTTPSConnection object at 0x7f7b>: Failed to establish a new connection: [Errno -2] Name or service not known')': /simple/";
      const failure = await modelFailureOf(setUp({ ...compiler, python3: pipSays(warning, noVersion) }));
      expect(failure.found).to.equal('the index can not be reached: [Errno -2] Name or service not known');
    });

    it('a full disk while pip fetches', async () => {
      const full = `if [ "$1" = -c ]; then echo 3; elif [ "$3" = download ]; then echo "OSError: [Errno 28] No space left on device"; exit 1; fi`;
      expect((await modelFailureOf(setUp({ ...compiler, python3: full }))).next).to.contain(
        'free some disk space',
      );
    });
  });

  it('set-up says that the package itself is not there', async () => {
    const env = { XDG_CACHE_HOME: home };
    const failure = await modelFailureOf(
      setUpNative({ packageFolder: undefined, flavour: 'cpu', force: false, env, say: silent }),
    );
    expect(failure.code).to.equal('native-no-package');
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
    const failure = await modelFailureOf(unpack());
    expect([failure.code, failure.found]).to.satisfy(
      ([code, found]: string[]) => code === 'native-bad-wheel' && found!.startsWith('x/a.txt has digest'),
    );
  });
});
