import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { packageRoot } from '../system/package-root.ts';

/*
 * A step of the build: puts the tokenizer of transformers.js, and what it imports, in place of the module that names it, with the
 * licences. Who installs Assay gets no ONNX runtime, whose install script downloads, and no sharp: neither is ever used. The file
 * is one of Assay's own, so keys hold its digest.
 */

const room = join(packageRoot, 'dist', 'src', 'model', 'text', 'borrowed');
const entry = join(room, 'transformers.js');
if (!existsSync(entry)) throw new Error(`${entry} is not there: compile first`);

const transformers = dirname(dirname(createRequire(import.meta.url).resolve('@huggingface/transformers')));
const packages = dirname(transformers);
const licences = 'transformers.LICENSE.txt';

/** The module that loads the runtime for Node by name, while the tokenizer's module is loaded. */
const withoutRuntime: Plugin = {
  name: 'without-runtime',
  setup(building) {
    building.onLoad({ filter: /[\\/]backends[\\/]onnx-node\.js$/ }, ({ path }) => ({
      contents: `import * as runtime from 'onnxruntime-common'; export default runtime;`,
      resolveDir: dirname(path),
    }));
  },
};

await build({
  entryPoints: [entry],
  outfile: entry,
  allowOverwrite: true,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  alias: {
    '@huggingface/transformers': join(transformers, 'src', 'tokenization_utils.js'),
    // Tensors in plain JavaScript is all that the tokenizer's module imports of the runtimes.
    'onnxruntime-web/webgpu': 'onnxruntime-common',
  },
  plugins: [withoutRuntime],
  banner: {
    js: `// From @huggingface/transformers, @huggingface/tokenizers, @huggingface/jinja (Apache-2.0) and onnxruntime-common (MIT): see ${licences}`,
  },
  legalComments: 'inline',
  logLevel: 'warning',
});

/** The package itself holds no licence file; this is the text of its repository. */
const licenceOfOnnx = `MIT License

Copyright (c) 2018 - present Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
`;
const texts = ['transformers', 'tokenizers', 'jinja'].map(
  (name) => `@huggingface/${name}\n\n${readFileSync(join(packages, name, 'LICENSE'), 'utf8')}`,
);
writeFileSync(
  join(room, licences),
  [...texts, `onnxruntime-common\n\n${licenceOfOnnx}`].join(`\n${'-'.repeat(80)}\n\n`),
);
// It would name types of a package that is not there.
rmSync(join(room, 'transformers.d.ts'), { force: true });
