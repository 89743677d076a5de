import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { InstalledPackages } from '../../src/engine/plan/installed-packages.ts';
import { readSources } from '../../src/engine/plan/source-digest.ts';
import { computingModules, decodingModules } from '../../src/model/computing-modules.ts';
import { packageRoot } from '../../src/system/package-root.ts';

/** Files that leave nothing in what runs, and so may be imported by anyone. */
const typesAlone = [
  'src/model/language-model.ts',
  'src/model/text/components/piece.ts',
  'src/model/decoder/config.ts',
  'src/model/decoder/tfjs.ts',
];

/** What makes readings of token ids and weights. */
const decoding = [
  'src/model/checkpoint/checkpoint.ts',
  'src/model/checkpoint/config-fields.ts',
  'src/model/checkpoint/config.ts',
  'src/model/checkpoint/floats.ts',
  'src/model/checkpoint/model-changing.ts',
  'src/model/checkpoint/safetensors-header.ts',
  'src/model/checkpoint/safetensors.ts',
  'src/model/checkpoint/weight-files.ts',
  'src/model/decoder/attention.ts',
  'src/model/decoder/families/family.ts',
  'src/model/decoder/families/index.ts',
  'src/model/decoder/families/llama.ts',
  'src/model/decoder/families/mistral.ts',
  'src/model/decoder/families/qwen2.ts',
  'src/model/decoder/families/qwen3.ts',
  'src/model/decoder/forward.ts',
  'src/model/decoder/readings.ts',
  'src/model/decoder/rope-tensors.ts',
  'src/model/decoder/rope.ts',
  'src/model/decoder/weight-tensors.ts',
  'src/model/forest/chunk.ts',
  'src/model/forest/key-parts.ts',
  'src/model/forest/mask.ts',
  'src/model/forest/prefix-requests.ts',
  'src/model/forest/prefix-tree.ts',
  'src/model/forest/progress.ts',
  'src/model/forest/requests.ts',
  'src/model/forest/spans.ts',
  'src/model/forest/sweeps.ts',
  'src/model/machine/forest-reader.ts',
  'src/model/machine/limits.ts',
  'src/model/machine/load-wasm.ts',
  'src/model/machine/machine.ts',
  'src/model/machine/tfjs-internals.ts',
  'src/model/machine/wasm-heap.ts',
  'src/model/machine/weights/device-tensors.ts',
  'src/model/machine/weights/embedding.ts',
  'src/model/machine/weights/tensor-reader.ts',
  'src/model/machine/weights/weights.ts',
  'src/model/machine/worker.ts',
  'src/model/native/precision.ts',
  'src/system/contents/file-state.ts',
  'src/system/errno.ts',
  'src/system/failure.ts',
  'src/system/internal-error.ts',
  'src/system/quantities.ts',
];

/** What makes token ids of texts, and scores of readings. */
const texts = readdirSync('src/model/text', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => `src/model/text/${name}`)
  .filter((file) => !typesAlone.includes(file));

/** What finds, fetches, opens, places, starts or writes: it changes no number. */
const plumbing = [
  /^src\/model\/hub\//,
  /^src\/model\/native\/(?!precision\.ts)/,
  /^src\/model\/(?:index|open-model|computing-modules)\.ts$/,
  /^src\/model\/machine\/(?:backends|memory|numerics|worker-messages|worker-pool)\.ts$/,
  /^src\/model\/checkpoint\/(?:check-model|identity|model-files|safetensors-writer)\.ts$/,
];

async function closureOf(modules: readonly string[]): Promise<{ files: string[]; packages: string[] }> {
  const { files, packages } = await readSources(modules, packageRoot, {
    installed: new InstalledPackages(),
  });
  return {
    files: Object.keys(files).filter((file) => !typesAlone.includes(file)),
    packages: [...new Set(packages.map(({ name }) => name))].sort(),
  };
}

describe('the modules that compute', () => {
  it('make readings by these files, and by no other code', async () => {
    expect(await closureOf(decodingModules)).to.deep.equal({
      files: decoding,
      packages: ['@tensorflow/tfjs-backend-wasm', '@tensorflow/tfjs-core'],
    });
  });

  it('make scores by these files and those', async () => {
    const { files, packages } = await closureOf(computingModules);
    // A chat template is rendered by the template room, which stands on the transforms and on canonical JSON.
    const own = files.filter((file) => file.startsWith('src/model/') || decoding.includes(file));
    expect(own).to.deep.equal([...decoding, ...texts].sort());
    const others = files.filter((file) => !own.includes(file));
    const borrowed =
      /^src\/(?:template\/jinja\/|transforms\/case\.ts|system\/(?:json|hash|names-in-order)\.ts)/;
    expect(others.filter((file) => !borrowed.test(file))).to.deep.equal([]);
    expect(packages).to.deep.equal([
      '@huggingface/transformers',
      '@tensorflow/tfjs-backend-wasm',
      '@tensorflow/tfjs-core',
      'canonicalize',
    ]);
  });

  it('leave out only what changes no number', () => {
    const files = readdirSync(join(packageRoot, 'src/model'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath.slice(packageRoot.length + 1)}/${entry.name}`);
    const computing = new Set([...decoding, ...texts, ...typesAlone]);
    const unknown = files.filter(
      (file) => !computing.has(file) && !plumbing.some((pattern) => pattern.test(file)),
    );
    expect(unknown).to.deep.equal([]);
  });
});
