/**
 * What a run over many rows costs, and what a rerun costs when one row changed and when none did: whole processes, wall and CPU time,
 * peak memory, and the size of the store. Questions in four formats, on the model that ships. Needs a build.
 *
 *   node --import tsx bench/model/rows.ts [--prompts 1000,10000,20000] [--backend tensorflow] [--keep FOLDER]
 */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../src/engine/index.ts';

const { values } = parseArgs({
  options: {
    prompts: { type: 'string', default: '1000,10000,20000' },
    backend: { type: 'string' },
    keep: { type: 'string' },
  },
});

/** What one process took. */
interface Cost {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly systemSeconds: number;
  readonly peakBytes: number;
}

const backend = values.backend === undefined ? [] : ['--backend', values.backend];
const formatsOfRow = 4;
const pipeline = (model: string): string => `name: rows
stages:
  items: { uses: dataset, with: { file: items.csv, key: [id] } }
  variants:
    uses: variants
    from: items
    with:
      formats:
        plain: {}
        asked: { template: "Question: {{ question }}\\nAnswer:" }
        said: { template: "User: {{ question }}\\nAssistant:" }
        reversed: { transform: reverse }
  scored: { uses: score, from: variants, with: { model: ${JSON.stringify(model)}, target: " {{ answer }}" } }
`;

const places = ['Germany', 'Japan', 'Cairo', 'Peru', 'Tuscany', 'Oslo', 'Kenya', 'Delhi', 'Quebec', 'Samoa'];
const things = [
  'capital',
  'river',
  'king',
  'colour',
  'mountain',
  'currency',
  'language',
  'anthem',
  'harbour',
];
const question = (index: number): string => {
  const [place, thing] = [places[index % 10] ?? '', things[Math.floor(index / 10) % 9] ?? ''];
  return `What is the ${thing} of ${place} in the year ${index}?`;
};
const items = (count: number, changed?: number): string =>
  [
    'id,question,answer',
    ...Array.from({ length: count }, (_, index) =>
      [index, index === changed ? 'Who changed this?' : question(index), places[(index * 7) % 10]].join(','),
    ),
    '',
  ].join('\n');

const root = values.keep ?? (await mkdtemp(join(tmpdir(), 'assay-rows-')));
await mkdir(root, { recursive: true });
const hook = join(root, 'hook.mjs');
await writeFile(
  hook,
  `import { isMainThread } from 'node:worker_threads';
import { writeFileSync } from 'node:fs';
if (isMainThread) process.on('exit', () => {
  if (process.env.ASSAY_COST) writeFileSync(process.env.ASSAY_COST, JSON.stringify(process.resourceUsage()));
});
`,
);

async function run(folder: string): Promise<Cost> {
  const cost = join(folder, 'cost.json');
  const program = join(packageRoot, 'dist/src/cli/main.js');
  const began = performance.now();
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    [program, 'run', 'pipeline.yaml', '--store', 'store', '--runs', 'runs', ...backend],
    {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: `--import ${pathToFileURL(hook).href}`, ASSAY_COST: cost },
    },
  );
  const wallSeconds = (performance.now() - began) / 1000;
  if (status !== 0) throw new Error(`${stdout}\n${stderr}`);
  const used = JSON.parse(await readFile(cost, 'utf8')) as NodeJS.ResourceUsage;
  return {
    wallSeconds,
    cpuSeconds: (used.userCPUTime + used.systemCPUTime) / 1e6,
    systemSeconds: used.systemCPUTime / 1e6,
    peakBytes: used.maxRSS * 1024,
  };
}

async function bytesUnder(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    entries.filter((each) => each.isFile()).map((each) => stat(join(each.parentPath, each.name))),
  );
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

const found: {
  readonly prompts: number;
  readonly coldCpuSeconds: number;
  readonly costs: Readonly<Record<string, Cost>>;
  readonly readingBytesARow: number;
  readonly objectBytesARow: number;
}[] = [];
try {
  for (const prompts of values.prompts.split(',').map(Number)) {
    const folder = join(root, String(prompts));
    await mkdir(folder, { recursive: true });
    const count = Math.round(prompts / formatsOfRow);
    const model = join(packageRoot, 'models/organism');
    await writeFile(join(folder, 'pipeline.yaml'), pipeline(model));
    const costs: Record<string, Cost> = {};
    const edits: [string, string][] = [
      ['cold', items(count)],
      ['nothing changed', items(count)],
      ['one row changed', items(count, count >> 1)],
    ];
    for (const [name, csv] of edits) {
      await writeFile(join(folder, 'items.csv'), csv);
      const cost = (costs[name] = await run(folder));
      console.log(
        [
          `${prompts} prompts, ${name}:`.padEnd(34),
          `${cost.wallSeconds.toFixed(2)} s`,
          `CPU ${cost.cpuSeconds.toFixed(2)} s, of it system ${cost.systemSeconds.toFixed(2)} s`,
          `peak ${(cost.peakBytes / 1e6).toFixed(0)} MB`,
          `${((cost.wallSeconds / prompts) * 1e6).toFixed(0)} µs a prompt`,
        ].join(' | '),
      );
    }
    const readings = (await bytesUnder(join(folder, 'store/rows'))) / prompts;
    const objects = (await bytesUnder(join(folder, 'store/objects'))) / prompts;
    console.log(
      `${prompts} prompts, store: ${readings.toFixed(0)} bytes of readings and ${objects.toFixed(0)} of results a row`,
    );
    const [first] = found;
    if (first !== undefined) {
      const exponent =
        Math.log((costs['cold']?.cpuSeconds ?? NaN) / first.coldCpuSeconds) /
        Math.log(prompts / first.prompts);
      console.log(`CPU time grows from ${first.prompts} prompts with the exponent ${exponent.toFixed(2)}`);
    }
    found.push({
      coldCpuSeconds: costs['cold']?.cpuSeconds ?? NaN,
      prompts,
      costs,
      readingBytesARow: readings,
      objectBytesARow: objects,
    });
  }
} finally {
  if (values.keep === undefined) await rm(root, { recursive: true, force: true });
}
const out = join(packageRoot, 'bench/out');
await mkdir(out, { recursive: true });
await writeFile(
  join(out, 'model-rows.json'),
  `${JSON.stringify({ found, node: process.version }, null, 2)}\n`,
);
