import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { copyModel } from '../support/models/tiny-model.ts';
import { assay, expectOutput, makeFolder, normalise, removeFolder, requireBuild } from './assay.ts';

const PIPELINE = `name: tiny
params: { model: ./llama-gqa-f32 }
stages:
  variants:
    uses: variants
    with:
      items: [{ question: What is the capital of Germany?, answer: Berlin }]
      formats:
        plain: { template: "{{ question }}" }
  scores:
    uses: score
    from: variants
    with: { model: "\${params.model}", target: " {{ answer }}" }
`;

type Header = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;

/** Writes a safetensors file whose header says something else; the data stay as they are. */
function editHeader(file: string, edit: (header: Header) => Header): void {
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Header;
  const text = Buffer.from(JSON.stringify(edit(header)));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(file, Buffer.concat([size, text, bytes.subarray(8 + length)]));
}

function editConfig(model: string, change: Record<string, unknown>): void {
  const file = join(model, 'config.json');
  const config = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify({ ...config, ...change }));
}

const NORM = 'model.norm.weight';
const EMBEDDING = 'model.embed_tokens.weight';

const CASES: readonly {
  name: string;
  damage: (model: string, weights: string) => void;
  says: readonly string[];
}[] = [
  { name: 'missing-folder', damage: (model) => rmSync(model, { recursive: true }), says: ['llama-gqa-f32'] },
  { name: 'no-weights', damage: (_, weights) => rmSync(weights), says: ['safetensors'] },
  { name: 'no-config', damage: (model) => rmSync(join(model, 'config.json')), says: ['config.json'] },
  {
    name: 'no-tokenizer',
    damage: (model) => rmSync(join(model, 'tokenizer.json')),
    says: ['tokenizer.json'],
  },
  {
    name: 'broken-tokenizer',
    damage: (model) => writeFileSync(join(model, 'tokenizer.json'), '{"model": '),
    says: ['tokenizer.json'],
  },
  {
    name: 'truncated-weights',
    damage: (_, weights) => truncateSync(weights, readFileSync(weights).length - 100),
    says: ['model.safetensors'],
  },
  {
    name: 'truncated-header',
    damage: (_, weights) => truncateSync(weights, 20),
    says: ['model.safetensors'],
  },
  {
    name: 'header-length-lies',
    damage(_, weights) {
      const bytes = readFileSync(weights);
      bytes.writeBigUInt64LE(1n << 60n);
      writeFileSync(weights, bytes);
    },
    says: ['model.safetensors'],
  },
  {
    name: 'header-offsets-lie',
    damage: (_, weights) =>
      editHeader(weights, (header) => {
        header[NORM]!.data_offsets[1] += 1_000_000_000;
        return header;
      }),
    says: ['model.safetensors', NORM],
  },
  {
    name: 'header-dtype-lies',
    damage: (_, weights) =>
      editHeader(weights, (header) => {
        header[NORM]!.dtype = 'I64';
        return header;
      }),
    says: ['model.safetensors', NORM, 'I64'],
  },
  {
    name: 'header-overlaps',
    damage: (_, weights) =>
      editHeader(weights, (header) => {
        const [, end] = header[NORM]!.data_offsets;
        const width = end - header[NORM]!.data_offsets[0];
        const tensors = Object.entries(header).filter(([key]) => key !== NORM && key !== '__metadata__');
        const other = tensors.find(([, { data_offsets: range }]) => range[1] - range[0] === width);
        header[NORM]!.data_offsets = [...other![1].data_offsets];
        return header;
      }),
    says: ['model.safetensors'],
  },
  {
    name: 'missing-tensor',
    damage: (_, weights) =>
      editHeader(weights, (header) => {
        const { [NORM]: norm, ...rest } = header;
        return { ...rest, 'model.norm.wight': norm! };
      }),
    says: [NORM],
  },
  {
    name: 'wrong-shape',
    damage: (_, weights) =>
      editHeader(weights, (header) => {
        header[EMBEDDING]!.shape = [header[EMBEDDING]!.shape[1]!, header[EMBEDDING]!.shape[0]!];
        return header;
      }),
    says: [EMBEDDING, '96'],
  },
  {
    name: 'unknown-architecture',
    damage: (model) => editConfig(model, { architectures: ['MambaForCausalLM'], model_type: 'mamba' }),
    says: ['config.json', 'mamba'],
  },
  {
    name: 'lfs-pointer',
    damage: (_, weights) =>
      writeFileSync(weights, 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 269060552\n'),
    says: ['model.safetensors', 'Git LFS', 'git lfs pull'],
  },
  {
    name: 'web-page',
    damage: (_, weights) => writeFileSync(weights, '<!doctype html>\n<title>model.safetensors</title>\n'),
    says: ['model.safetensors', 'web page'],
  },
  {
    name: 'named-pipe',
    damage(_, weights) {
      rmSync(weights);
      execFileSync('mkfifo', [weights]);
    },
    says: ['model.safetensors', 'named pipe'],
  },
  {
    name: 'adapter-beside-base',
    damage: (model) =>
      writeFileSync(
        join(model, 'adapter_config.json'),
        JSON.stringify({ base_model_name_or_path: 'org/base' }),
      ),
    says: ['adapter', 'org/base'],
  },
  {
    name: 'billion-layers',
    damage: (model) => editConfig(model, { num_hidden_layers: 1e9 }),
    says: ['config.json', 'num_hidden_layers', '1000000000'],
  },
  {
    name: 'token-beyond-embedding',
    damage(model) {
      const file = join(model, 'tokenizer.json');
      const json = JSON.parse(readFileSync(file, 'utf8')) as { added_tokens: object[] };
      const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: false };
      json.added_tokens.push({ id: 96, content: 'Berlin', ...flags });
      writeFileSync(file, JSON.stringify(json));
    },
    says: ['tokenizer.json', 'Berlin', '96'],
  },
];

describe('assay, given a bad model', () => {
  let folder = '';
  before(requireBuild);
  beforeEach(() => {
    folder = makeFolder({ 'pipeline.yaml': PIPELINE });
    copyModel('llama-gqa-f32', folder);
  });
  afterEach(() => removeFolder(folder));

  const run = () =>
    assay(['run', 'pipeline.yaml', '--model', './llama-gqa-f32', '--backend', 'wasm'], { cwd: folder });

  /** Names and contents of everything in the store. */
  function store(): string[] {
    return readdirSync(join(folder, '.assay'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => `${path} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`);
  }

  for (const { name, damage, says } of CASES) {
    it(`${name}: one clear message, exit code 2, the store as it was`, async () => {
      const good = await run();
      expect(good.status, good.stderr).to.equal(0);
      const before = store();
      const model = join(folder, 'llama-gqa-f32');
      damage(model, join(model, 'model.safetensors'));
      const { status, stderr } = await run();
      for (const words of says) expect(stderr).to.contain(words);
      expect(stderr).not.to.match(/^ {4}at /m);
      expect(status).to.equal(2);
      expect(store()).to.deep.equal(before);
      expectOutput(`bad-models/${name}.txt`, normalise(stderr, folder));
    });
  }
});
