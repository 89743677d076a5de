import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { sha256 } from '../../../src/system/hash.ts';
import { sourcesOfKind } from '../../../src/engine/plan/source-digest.ts';

describe('the sources of a stage kind', () => {
  let dir: string;
  beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'assay-spec-'))));
  afterEach(() => rm(dir, { recursive: true, force: true }));

  const sources = async (files: Record<string, string>, entry: string, computedBy: string[] = []) => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), text);
    }
    const url = (path: string) => pathToFileURL(join(dir, path)).href;
    return sourcesOfKind({ module: url(entry), computedBy: computedBy.map(url) });
  };

  it('are its file and all that it imports, one way or another, by path', async () => {
    const files = {
      'package.json': '{}',
      'stages/a.js': `import { b } from './b.js';\nexport * from '../lib/c.js';\nexport const late = () => import('./late.js');\n`,
      'stages/b.js': `import './a.js'; // a circle\nexport const b = 1;\n`,
      'lib/c.js': `export const worker = new URL('./worker.js', import.meta.url);\nexport const data = new URL(\n  "./data.bin", import.meta.url);\n`,
      'stages/late.js': 'export {};',
      'lib/worker.js': `import '../lib/deep.js';`,
      'lib/deep.js': '',
      'lib/data.bin': 'data',
      'lib/unrelated.js': '',
    };
    const found = await sources(files, 'stages/a.js');
    const expected = ['lib/c.js', 'lib/data.bin', 'lib/deep.js', 'lib/worker.js', 'stages/a.js', 'stages/b.js', 'stages/late.js'] as const; // prettier-ignore
    expect(found.files).to.deep.equal(
      Object.fromEntries(expected.map((path) => [path, sha256(files[path])])),
    );
    expect(Object.keys(found.files)).to.deep.equal(expected);
  });

  it('do not count what leaves no trace: imports of types, comments, strings, folders', async () => {
    const found = await sources(
      {
        'package.json': '{}',
        'a.ts': `import type { T } from './types.ts';
export type { U } from './types.ts';

// import './comment.ts';
const text = "import './text.ts'";
type V = import('./types.ts').V;
let w: typeof import('./types.ts');
const here = new URL('.', import.meta.url), up = new URL('../', import.meta.url);
export const generic = <T,>(x: T): T => x satisfies T;

export function quote(s: string): s is 'x' { return /['"\`]/.test(s); }
import { real } from './real.js';
`,
        'real.ts': 'export const real = 1;',
        'types.ts': '',
        'comment.ts': '',
        'text.ts': '',
      },
      'a.ts',
    );
    expect(Object.keys(found.files)).to.deep.equal(['a.ts', 'real.ts']);
  });

  it('come with the versions of the packages that any of the files imports', async () => {
    const found = await sources(
      {
        'package.json': '{}',
        'a.js': `import 'one'; import '@scope/two/deep.js'; import fs from 'node:fs'; import path from 'path'; import './b.js';`,
        'b.js': `export const load = () => import('three');\nimport('not-installed');`,
        'node_modules/one/package.json': '{ "version": "1.2.3" }',
        'node_modules/@scope/two/package.json': '{ "version": "2.0.0-beta" }',
        'node_modules/three/package.json': '{ "version": "3.0.0" }',
      },
      'a.js',
    );
    expect(found.packages).to.deep.equal({ '@scope/two': '2.0.0-beta', one: '1.2.3', three: '3.0.0' });
  });

  it('are those of modules that compute for it although it does not import them, too', async () => {
    const files = {
      'package.json': '{}',
      'stages/a.js': '',
      'model/forward.js': `import './attend.js'; import 'one';`,
      'model/attend.js': '',
      'model/download.js': '',
      'node_modules/one/package.json': '{ "version": "1.2.3" }',
    };
    const alone = await sources(files, 'stages/a.js');
    expect(alone).to.deep.equal({ files: { 'stages/a.js': sha256('') }, packages: {} });
    const found = await sources(files, 'stages/a.js', ['model/forward.js']);
    expect(found).to.deep.equal({
      files: {
        'model/attend.js': sha256(''),
        'model/forward.js': sha256(files['model/forward.js']),
        'stages/a.js': sha256(''),
      },
      packages: { one: '1.2.3' },
    });
  });
});
