import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeFolder, removeFolder, requireBuild } from '../cli/assay.ts';

/*
 * Packs Assay and installs it as people do, into an empty folder with an empty cache: by `npm run spec:package`, for it needs the
 * registry and takes longer than all of a room's specs.
 */

const MOST_MEGABYTES = 150;
const UNREACHABLE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|network/;

const isWindows = process.platform === 'win32';

/** As if no other npm were above this one: what it hands down in the environment would change what is installed. */
function bareEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_OPTIONS$|^INIT_CWD$/i.test(name));
  const registry = Object.entries(process.env).filter(([name]) =>
    /^npm_config_(?:registry|cafile|proxy|https_proxy|noproxy)$/i.test(name),
  );
  return Object.fromEntries([...own, ...registry]);
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .map((entry) => lstatSync(join(entry.parentPath, entry.name)))
    .reduce((sum, stat) => sum + (stat.isDirectory() ? 0 : stat.size), 0);
}

describe('Assay installed from its package', function () {
  this.timeout(300_000);
  let home: string;
  let project: string;
  let env: NodeJS.ProcessEnv;

  const assay = (...args: readonly string[]) =>
    spawnSync(process.execPath, [join('node_modules', 'assay', 'dist', 'src', 'cli', 'main.js'), ...args], {
      cwd: project,
      env,
      encoding: 'utf8',
    });

  before(function () {
    requireBuild();
    home = makeFolder();
    project = join(home, 'project');
    mkdirSync(project);
    env = { ...bareEnvironment(), XDG_CACHE_HOME: join(home, 'user-cache'), NO_COLOR: '1' };
    execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', home], {
      env,
      shell: isWindows,
    });
    const tarball = readdirSync(home).find((name) => name.endsWith('.tgz')) ?? '';
    writeFileSync(join(project, 'package.json'), '{ "name": "project", "private": true, "type": "module" }');
    const args = [
      'install',
      '--cache',
      join(home, 'npm-cache'),
      '--no-audit',
      '--no-fund',
      '--loglevel',
      'error',
    ];
    const installed = spawnSync('npm', [...args, join('..', tarball)], {
      cwd: project,
      env,
      encoding: 'utf8',
      shell: isWindows,
    });
    if (installed.status !== 0 && UNREACHABLE.test(installed.stderr)) {
      console.log(`      skipped: the registry is not reached: ${installed.stderr.split('\n')[0] ?? ''}`);
      this.skip();
    }
    expect(installed.status, installed.stderr).to.equal(0);
  });

  after(() => removeFolder(home));

  it(`takes at most ${MOST_MEGABYTES} MB, and neither a runtime for ONNX nor native TensorFlow`, () => {
    const modules = join(project, 'node_modules');
    const megabytes = bytesIn(modules) / 1e6;
    console.log(`      ${megabytes.toFixed(0)} MB`);
    expect(megabytes).to.be.below(MOST_MEGABYTES);
    for (const name of [
      'onnxruntime-node',
      'onnxruntime-web',
      'sharp',
      '@huggingface',
      '@tensorflow/tfjs-node-gpu',
    ])
      expect(existsSync(join(modules, name)), name).to.equal(false);
  });

  it('runs the quickstart', () => {
    const { status, stdout, stderr } = assay('run', 'node_modules/assay/pipelines/quickstart.yaml');
    expect(status, stderr).to.equal(0);
    const pipeline = /<!-- output: begin -->\n\n```text\n([^]*?)\n\n/.exec(
      readFileSync('README.md', 'utf8'),
    )?.[1];
    expect(stdout).to.contain(pipeline);
  });

  it('finds with its doctor a backend that works, and says how native TensorFlow is set up', () => {
    const { status, stdout } = assay('doctor');
    expect(status).to.equal(0);
    expect(stdout)
      .to.match(/wasm +works/)
      .and.to.contain('run `assay setup native`');
  });

  it('gives programs the schemas, and modules of stages what they import', () => {
    const program = `
      import { defineStage } from 'assay';
      import schema from 'assay/schemas/pipeline.schema.json' with { type: 'json' };
      console.log(typeof defineStage, schema.$schema);`;
    const said = execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '--eval', program], {
      cwd: project,
      env,
      encoding: 'utf8',
    });
    expect(said).to.match(/^function https?:\/\/json-schema\.org/);
  });
});
