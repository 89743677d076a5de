import { execFile } from 'node:child_process';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { chooseBackend, openModel } from '../../src/model/index.ts';
import { Failure } from '../../src/system/failure.ts';
import { writeSafetensors } from '../../src/model/checkpoint/safetensors-writer.ts';
import { SafetensorsFile } from '../../src/model/checkpoint/safetensors.ts';
import { onEachBackend } from '../support/models/backends.ts';
import { copyModel, temporaryFolder } from '../support/models/tiny-model.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

type Tensors = Map<string, { shape: readonly number[]; values: Float32Array }>;

function editWeights(folder: string, edit: (tensors: Tensors) => void): void {
  const file = new SafetensorsFile(join(folder, 'model.safetensors'));
  const tensors: Tensors = new Map();
  for (const tensor of file.tensors.values()) {
    const values = new Float32Array(tensor.size);
    file.readFloats(tensor, values);
    tensors.set(tensor.name, { shape: tensor.shape, values });
  }
  file.close();
  edit(tensors);
  const entries = [...tensors].map(([name, rest]) => ({ name, ...rest, dtype: 'F32' as const }));
  writeSafetensors(join(folder, 'model.safetensors'), entries);
}

const qProj = 'model.layers.1.self_attn.q_proj.weight';

const damaged: {
  title: string;
  from?: string;
  damage: (folder: string) => void;
  code: string;
  where: string;
}[] = [
  {
    title: 'a folder that is not there',
    damage: (folder) => rmSync(folder, { recursive: true }),
    code: 'config-missing',
    where: 'config.json',
  },
  {
    title: 'a config with NaN in it',
    damage: (folder) => writeFileSync(join(folder, 'config.json'), '{"rms_norm_eps": NaN}'),
    code: 'config-json',
    where: 'config.json',
  },
  {
    title: 'no weights',
    damage: (folder) => rmSync(join(folder, 'model.safetensors')),
    code: 'weights-missing',
    where: '',
  },
  {
    title: 'weights cut short',
    damage: (folder) => truncateSync(join(folder, 'model.safetensors'), 20_000),
    code: 'safetensors-truncated',
    where: 'model.safetensors, tensor',
  },
  {
    title: 'a missing tensor',
    damage: (folder) => editWeights(folder, (tensors) => tensors.delete(qProj)),
    code: 'tensor-missing',
    where: `tensor ${qProj}`,
  },
  {
    title: 'a tensor of the wrong shape',
    damage: (folder) =>
      editWeights(folder, (tensors) => tensors.set(qProj, { shape: [2, 2], values: new Float32Array(4) })),
    code: 'tensor-shape',
    where: `tensor ${qProj}`,
  },
  {
    title: 'a tensor that the model would not use',
    damage: (folder) =>
      editWeights(folder, (tensors) => {
        const name = 'model.layers.0.self_attn.q_proj.bias';
        tensors.set(name, { shape: [32], values: new Float32Array(32) });
      }),
    code: 'tensor-unexpected',
    where: 'tensor model.layers.0.self_attn.q_proj.bias',
  },
  {
    title: 'a tied model with a head of its own',
    damage: (folder) => {
      const file = join(folder, 'config.json');
      const config = JSON.parse(readFileSync(file, 'utf8')) as object;
      writeFileSync(file, JSON.stringify({ ...config, tie_word_embeddings: true }));
    },
    code: 'tensor-unexpected',
    where: 'tensor lm_head.weight',
  },
  {
    title: 'a missing shard',
    from: 'llama-sharded-bf16',
    damage: (folder) => rmSync(join(folder, 'model-00002-of-00005.safetensors')),
    code: 'safetensors-unreadable',
    where: 'model-00002-of-00005.safetensors',
  },
  {
    title: 'an index that points out of its folder',
    from: 'llama-sharded-bf16',
    damage: (folder) =>
      writeFileSync(join(folder, 'model.safetensors.index.json'), '{"weight_map": {"a": "../../secret"}}'),
    code: 'weights-index',
    where: 'model.safetensors.index.json',
  },
  {
    title: 'no tokenizer',
    damage: (folder) => rmSync(join(folder, 'tokenizer.json')),
    code: 'tokenizer-missing',
    where: 'tokenizer.json',
  },
];

describe('open a model that is not right', () => {
  for (const { title, from = 'llama-gqa-f32', damage, code, where } of damaged) {
    it(`refuses ${title}`, async () => {
      const { folder, remove } = temporaryFolder();
      const path = copyModel(from, folder);
      damage(path);
      const failure: unknown = await openModel(path, { backend: 'wasm', threads: 1 }).catch(
        (error: unknown) => error,
      );
      remove();
      expect(failure).to.be.instanceOf(Failure);
      const { details } = failure as Failure;
      expect(details).to.deep.include({ code, blame: 'user' });
      expect(details.where).to.include(path).and.to.include(where);
      for (const field of ['expected', 'found', 'next'] as const) expect(details[field]).to.be.a('string');
    });
  }

  it('takes a tied model that stores its head all the same, if it is the embedding', async () => {
    const { folder, remove } = temporaryFolder();
    const path = copyModel('llama-gqa-f32', folder);
    const file = join(path, 'config.json');
    const config = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...config, tie_word_embeddings: true }));
    editWeights(path, (tensors) => tensors.set('lm_head.weight', tensors.get('model.embed_tokens.weight')!));
    const model = await openModel(path, { backend: 'wasm', threads: 1 });
    await model.dispose();
    remove();
  });

  it('refuses a backend that does not exist', () => {
    expect(() => chooseBackend('cuda')).to.throw(Failure, 'no such backend');
  });

  it('refuses, by looking at files, a backend that is not set up, and takes one that is there where none is named', () => {
    const { folder, remove } = temporaryFolder();
    const env = { XDG_CACHE_HOME: folder };
    for (const backend of ['tensorflow', 'tensorflow-gpu']) {
      expect(() => chooseBackend(backend, env)).to.throw(Failure, 'native TensorFlow is not set up');
    }
    expect(chooseBackend('wasm', env)).to.equal('wasm');
    expect(chooseBackend(undefined, env)).to.equal('wasm');
    remove();
  });
});

onEachBackend('the life of a model', (backend) => {
  const { folder, remove } = temporaryFolder();
  const path = copyModel('llama-gqa-f32', folder);
  after(remove);
  const requests = Array.from({ length: 200 }, (_, i) => ({
    ids: Array.from({ length: 60 }, (_, j) => (i * j + i + j) % 96),
    from: 1,
  }));

  it('reports progress up to the number of prefixes, and answers reads in turn', async () => {
    const model = await openModel(path, { backend, threads: 2 });
    const steps: number[] = [];
    let total = 0;
    const first = model.read(requests, {
      onProgress: (done, all) => {
        steps.push(done);
        total = all;
      },
    });
    const second = model.read(requests.slice(0, 3));
    const [{ readings, prefixesComputed, tokensAsked }, short] = await Promise.all([first, second]);
    await model.dispose();
    expect(tokensAsked).to.equal(12_000);
    expect(total).to.equal(prefixesComputed);
    expect(steps.at(-1)).to.equal(prefixesComputed);
    expect(steps).to.deep.equal([...steps].sort((a, b) => a - b));
    for (const [i, { logProbs }] of short.readings.entries()) {
      for (const [j, logProb] of logProbs.entries())
        expect(readings[i]!.logProbs[j]).to.be.closeTo(logProb, 1e-5);
    }
  });

  it('stops when it is aborted, and goes on afterwards', async () => {
    const model = await openModel(path, { backend, threads: 1, limits: { prefixes: 16 } });
    const controller = new AbortController();
    const stopped: unknown = await model
      .read(requests, {
        signal: controller.signal,
        onProgress: () => controller.abort(new Error('enough')),
      })
      .catch((error: unknown) => error);
    expect(stopped).to.be.an('error').with.property('message', 'enough');
    const { readings } = await model.read(requests.slice(0, 1));
    expect(readings[0]!.logProbs).to.have.length(59);
    await model.dispose();
    await model.dispose();
  });

  it('ends a read that is under way by an AbortError when it is disposed of', async () => {
    const model = await openModel(path, { backend, threads: 1, limits: { prefixes: 16 } });
    let disposed: Promise<void> | undefined;
    const onProgress = (): void => void (disposed ??= model.dispose());
    const stopped: unknown = await model.read(requests, { onProgress }).catch((error: unknown) => error);
    await disposed;
    expect(stopped).to.have.property('name', 'AbortError');
    const after: unknown = await model.read(requests).catch((error: unknown) => error);
    expect(after)
      .to.be.an('error')
      .with.property('message', 'Internal error: expected an open model, was disposed of');
  });

  it('lets the process end by itself, disposed of or not', async () => {
    const index = new URL('../../src/model/index.ts', import.meta.url).href;
    for (const dispose of [true, false]) {
      const source = `
        import { openModel } from ${JSON.stringify(index)};
        const model = await openModel(${JSON.stringify(path)}, { backend: '${backend}', threads: 2 });
        const { readings } = await model.read([{ ids: [1, 2, 3], from: 1 }]);
        console.log(readings[0].logProbs.length);
        ${dispose ? 'await model.dispose();' : ''}`;
      const script = join(folder, 'script.mts');
      writeFileSync(script, source);
      const { stdout, stderr } = await run(process.execPath, ['--import=tsx', script], {
        cwd: root,
        timeout: 30_000,
      });
      expect(stdout).to.equal('2\n');
      expect(stderr).to.equal('');
    }
  });
});

describe('worker threads', () => {
  it('give the same readings whatever their number, and a failure when one dies', async () => {
    const { folder, remove } = temporaryFolder();
    const path = copyModel('llama-gqa-f32', folder);
    const { WorkerPool } = await import('../../src/model/machine/worker-pool.ts');
    const { readConfig } = await import('../../src/model/checkpoint/config.ts');
    const { Embedding } = await import('../../src/model/machine/weights/embedding.ts');
    const embedding = new Embedding({ stored: new SharedArrayBuffer(0), dtype: 'F32', hidden_size: 32 });
    const pool = new WorkerPool({
      folder: path,
      config: readConfig(path),
      states: undefined,
      embedding,
      placement: { weights: 'resident', threads: 1 },
    });
    await pool.ready();
    // The embedding is not what the config says: the worker throws, which is a bug and ends it.
    const empty = new Int32Array(0);
    const chunk = {
      tokens: Int32Array.of(1),
      positions: Int32Array.of(0),
      length: 0,
      blocks: 1,
      blockSize: 1,
      parts: [{ keys: 1, isShared: true, seen: Int32Array.of(0), masks: [] }],
      context: 0,
      keep: empty,
      requests: { slots: empty, targetCounts: empty, targets: empty, tops: empty },
    };
    for (const attempt of ['first', 'second']) {
      const failure: unknown = await pool.machines[0]!.run([chunk]).catch((error: unknown) => error);
      expect((failure as Failure).details.code, attempt).to.equal('worker-died');
    }
    await pool.dispose();
    remove();
  });
});
