import {
  cpSync,
  mkdirSync,
  openSync,
  closeSync,
  ftruncateSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../src/system/package-root.ts';

/** Work that takes long, or for ever, and that a signal has to find at it. */
export interface LongWork {
  readonly name: string;
  /** Writes what it needs, or as little of it that it ends at once. */
  readonly prepare: (folder: string, size: 'large' | 'small') => void;
  /** Runs of the program that come before. */
  readonly before?: readonly (readonly string[])[];
  readonly args: readonly string[];
  /** What the program says on standard error once it is at it; absent: nothing. */
  readonly begun?: RegExp;
  /** What the small one says on standard output. */
  readonly says: RegExp;
}

const rows = (count: number, row: (n: number) => object): string => {
  const items = Array.from({ length: count }, (_, i) => JSON.stringify({ i, ...row(i) }));
  return `{ uses: dataset, with: { key: [i], items: [${items.join(', ')}] } }`;
};
const sums = (count: number): string =>
  rows(count, (n) => ({ q: `What is ${n} and ${n * 7919}?`, a: String(n) }));

/** A run in which the stage `work` takes long. */
function run(name: string, stages: (isSmall: boolean) => readonly string[], says: RegExp): LongWork {
  const file = `${name.replaceAll(' ', '-')}.yaml`;
  return {
    name,
    prepare: (folder, size) => {
      put(
        folder,
        file,
        `name: work\nstages:\n${stages(size === 'small')
          .map((line) => `  ${line}\n`)
          .join('')}`,
      );
      put(folder, 'forever.js', FOREVER);
    },
    args: ['run', file, '--trust', '--backend', 'wasm'],
    begun: /work +starts/,
    says,
  };
}

const FOREVER = `import { defineStage } from 'assay';
export default defineStage({
  name: 'forever', summary: '', description: '', example: '', options: { type: 'object' }, inputs: { ports: [] },
  output: () => ({ type: 'value' }),
  async run({ options }) { while (options.forever); return { type: 'value', value: 42 }; },
});
`;

const LOOP = '{% for a in range(n) %}{% for b in range(1000) %}{% endfor %}{% endfor %}{{ i }}';
const ALL = /: .*(?:ran|cached)/;

const loading = run(
  'model load',
  (small) => [
    `rows: ${sums(3)}`,
    `work: { uses: score, from: rows, with: { model: ${small ? 'organism' : './large'}, prompt: "{{ q }}", target: " {{ a }}" } }`,
  ],
  ALL,
);

export const longWork: readonly LongWork[] = [
  run(
    'template',
    (small) => [
      `rows: ${rows(400, () => ({ n: small ? 1 : 900 }))}`,
      `work: { uses: variants, from: rows, with: { formats: { loop: { template: "${LOOP}" } } } }`,
    ],
    ALL,
  ),
  run(
    'expression',
    (small) => {
      const derived = Array.from(
        { length: small ? 2 : 300 },
        (_, n) => `m${n}: 'length(split(repeat("a,", d.n), ","))'`,
      );
      return [
        `rows: ${rows(100, () => ({ n: small ? 1 : 2000 }))}`,
        `work: { uses: table, from: rows, with: { verbs: [{ derive: { ${derived.join(', ')} } }] } }`,
      ];
    },
    ALL,
  ),
  run(
    'figure',
    (small) => [
      `rows: ${rows(400, (n) => ({ group: `g${n % (small ? 2 : 200)}`, x: (n * 37) % 101 }))}`,
      `work: { uses: plot, from: rows, with: { spec: { transform: [{ density: x, groupby: [group], steps: ${small ? 10 : 10_000}, as: [at, share] }], mark: line, encoding: { x: { field: at, type: quantitative }, y: { field: share, type: quantitative } } } } }`,
    ],
    /figure\.png/,
  ),
  run(
    'statistics',
    (small) => [
      `rows: ${rows(small ? 20 : 300, (n) => ({ x: (n * 37) % 101, y: (n * 53) % 97 }))}`,
      `work: { uses: correlate, from: rows, with: { x: x, y: y, draws: { samples: ${small ? 99 : 1_000_000} } } }`,
    ],
    ALL,
  ),
  run('own stage', (small) => [`work: { uses: ./forever.js, with: { forever: ${String(!small)} } }`], /42/),
  run(
    'tokenizer',
    (small) => [
      `rows: ${rows(small ? 2 : 100, () => ({ n: small ? 2 : 50_000 }))}`,
      `work: { uses: perplexity, from: rows, with: { text: "{{ 'lorem ipsum ' * n }}{{ i }}", truncate: left } }`,
    ],
    ALL,
  ),
  {
    ...loading,
    prepare(folder, size) {
      loading.prepare(folder, size);
      if (size === 'large') writeLargeModel(join(folder, 'large'));
    },
  },
  run(
    'forward pass',
    (small) => [
      `rows: ${sums(small ? 3 : 3000)}`,
      `work: { uses: score, from: rows, with: { prompt: "{{ q }}", target: " {{ a }}" } }`,
    ],
    ALL,
  ),
  {
    name: 'gc',
    prepare(folder, size) {
      const objects = join(folder, '.assay/objects');
      rmSync(objects, { recursive: true, force: true });
      for (let n = 0; n < (size === 'small' ? 10 : 60_000); n += 1) {
        const name = n.toString(16).padStart(64, '0');
        mkdirSync(join(objects, name.slice(0, 2), name.slice(0, 2)), { recursive: true });
        closeSync(openSync(join(objects, name.slice(0, 2), name), 'w'));
      }
    },
    args: ['gc'],
    says: /./,
  },
  {
    name: 'diff',
    prepare(folder, size) {
      for (const side of [0, 1]) {
        const count = size === 'small' ? 10 : 40_000;
        const lines = Array.from(
          { length: count },
          (_, i) => `${JSON.stringify({ i, x: i * (1 + side) })}\n`,
        );
        put(folder, `side-${side}.jsonl`, lines.join(''));
      }
      put(
        folder,
        'diff.yaml',
        'name: work\nparams: { side: 0 }\nstages:\n  rows: { uses: dataset, with: { file: "side-${params.side}.jsonl", key: [i] } }\n',
      );
    },
    before: [
      ['run', 'diff.yaml'],
      ['run', 'diff.yaml', '--set', 'side=1'],
    ],
    args: ['diff'],
    says: /rows/,
  },
  {
    name: 'download',
    prepare: () => undefined,
    args: ['models', 'pull', 'org/never'],
    begun: /asking the hub/,
    says: /./,
  },
  {
    name: 'plan',
    prepare(folder, size) {
      const axis = Array.from({ length: size === 'small' ? 2 : 100 }, (_, n) => n).join(', ');
      put(
        folder,
        'plan.yaml',
        `name: work\nstages:\n  rows: ${rows(2, (n) => ({ n }))}\n  work:\n    uses: table\n    from: rows\n    matrix: { a: [${axis}], b: [${axis}] }\n    with: { verbs: [{ derive: { m: "d.n * \${matrix.a} + \${matrix.b}" } }] }\n`,
      );
    },
    args: ['plan', 'plan.yaml'],
    says: /work/,
  },
];

function put(folder: string, file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

/** The organism with layers of much wider feed-forward networks, all zeros: a file with holes takes no room and no time. */
function writeLargeModel(folder: string): void {
  const organism = join(packageRoot, 'models/organism');
  mkdirSync(folder, { recursive: true });
  for (const name of ['tokenizer.json', 'tokenizer_config.json'])
    cpSync(join(organism, name), join(folder, name));
  const config = JSON.parse(readFileSync(join(organism, 'config.json'), 'utf8')) as Record<string, number>;
  const before = config['intermediate_size'];
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, intermediate_size: WIDTH }));
  const weights = readFileSync(join(organism, 'model.safetensors'));
  const header = JSON.parse(weights.subarray(8, 8 + Number(weights.readBigUInt64LE())).toString()) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  let at = 0;
  for (const [name, tensor] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const width = tensor.shape.reduce((product, size) => product * size, 1);
    const element = (tensor.data_offsets[1] - tensor.data_offsets[0]) / width;
    tensor.shape = tensor.shape.map((size) => (size === before ? WIDTH : size));
    const bytes = tensor.shape.reduce((product, size) => product * size, element);
    tensor.data_offsets = [at, (at += bytes)];
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const file = openSync(join(folder, 'model.safetensors'), 'w');
  writeSync(file, Buffer.concat([length, text]));
  ftruncateSync(file, 8 + text.length + at);
  closeSync(file);
}

/** Some hundred megabytes of weights. */
const WIDTH = 100_000;
