/**
 * A table of many rows and twelve columns from CSV through filter, derive and a join on two keys, then groups, correlation and a
 * figure: seconds and most memory of the whole run, what it costs as rows grow tenfold, and each verb beside pandas in the same run.
 *
 *   npm run build && npx tsx bench/scale/rows.ts [--rows 1000000] [--python python3] [--keep FOLDER]
 */
import { execFileSync, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../src/system/package-root.ts';
import type { ColumnType, Table } from '../../src/table/table.ts';
import { rowsOfFile } from '../../src/table/files/open-file.ts';
import { applySteps, type Step } from '../../src/table/steps.ts';
import { rowCount } from '../../src/table/storage/table-of-columns.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    python: { type: 'string', default: 'python3' },
    keep: { type: 'string' },
  },
});

/** Of Linux, in which it counts the time of processes. */
const TICKS_PER_SECOND = 100;
const GROUPS = 40;
const FORMATS = 25;
const types: Readonly<Record<string, ColumnType>> = {
  item: 'integer',
  x: 'number',
  y: 'number',
  a: 'number',
  b: 'number',
  count: 'integer',
  weight: 'number',
};

const verbs: readonly (readonly [name: string, step: Step])[] = [
  ['filter', { filter: 'd.x > -1.5 && d.flag != "c"' }],
  ['derive', { derive: { z: 'd.x * 2 + d.y / 3', sum: 'd.x + d.y' } }],
  ['join', { join: { input: 'names', on: ['group', 'format'], how: 'inner' } }],
];
/** Each of the table after the join. */
const further: typeof verbs = [
  [
    'rollup',
    {
      rollup: {
        by: ['group', 'format'],
        columns: { mean: 'mean(d.z)', stdev: 'stdev(d.z)', n: 'count()' },
      },
    },
  ],
  ['orderby', { orderby: ['group', 'z'] }],
  ['dedupe', { dedupe: ['item', 'format'] }],
];

/** Numbers of a fixed sequence, from 0 to 1. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

async function writeRows(folder: string, rows: number): Promise<void> {
  const next = sequence(7);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const file = createWriteStream(join(folder, 'rows.csv'));
  file.write('item,group,format,flag,x,y,a,b,count,weight,label,name\n');
  let block = '';
  for (let row = 0; row < rows; row += 1) {
    const x = normal();
    const cells = [
      Math.floor(row / FORMATS),
      `group-${Math.floor(next() * GROUPS)}`,
      `format-${row % FORMATS}`,
      'abcd'[Math.floor(next() * 4)],
      x,
      0.3 * x + normal(),
      next(),
      normal(),
      Math.floor(next() * 1000),
      next().toFixed(3),
      `label of ${row % 977}`,
      `row ${row}`,
    ];
    block += `${cells.join(',')}\n`;
    if (block.length < 1 << 20) continue;
    if (!file.write(block)) await new Promise<void>((resolve) => file.once('drain', () => resolve()));
    block = '';
  }
  await new Promise<void>((resolve) => file.end(block, () => resolve()));
  const names = Array.from({ length: GROUPS * FORMATS }, (_, index) => {
    const group = Math.floor(index / FORMATS);
    return `group-${group},format-${index % FORMATS},kind-${group % 5}`;
  });
  await writeFile(join(folder, 'names.csv'), `group,format,kind\n${names.join('\n')}\n`);
}

function pipelineText(): string {
  const steps = verbs.map(([, step]) => `      - ${JSON.stringify(step)}`).join('\n');
  return `name: scale
stages:
  rows:
    uses: dataset
    with: { file: rows.csv, types: ${JSON.stringify(types)} }
  names:
    uses: dataset
    with: { file: names.csv }
  shaped:
    uses: table
    from: { rows: rows, names: names }
    with:
      verbs:
${steps.replaceAll(/^ {2}/gm, '    ')}
  groups:
    uses: aggregate
    from: shaped
    with: { by: [group, format], measure: z, statistics: [mean, stdev, count] }
  related:
    uses: correlate
    from: shaped
    with: { x: x, y: y, methods: [pearson], within: format, unit: group, draws: { samples: 199 } }
  drawn:
    uses: plot
    from: groups
    with:
      spec: { mark: point, encoding: { x: { field: mean, type: quantitative }, y: { field: stdev, type: quantitative } } }
`;
}

interface Spent {
  readonly seconds: number;
  /** Seconds of all processors together: what other programs do at the time is not in them. */
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

/** Runs a process to its end; the most memory that it had, where the system tells. */
async function spentBy(args: readonly string[], cwd: string): Promise<Spent> {
  const began = performance.now();
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  let peakMb = NaN;
  let cpuSeconds = NaN;
  const look = setInterval(() => {
    void readFile(`/proc/${child.pid}/status`, 'utf8').then(
      (status) => {
        const peak = /VmHWM:\s+(\d+) kB/.exec(status)?.[1];
        if (peak !== undefined) peakMb = Math.round(Number(peak) / 1024);
      },
      () => undefined,
    );
    void readFile(`/proc/${child.pid}/stat`, 'utf8').then(
      (stat) => {
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
      },
      () => undefined,
    );
  }, 100);
  const code = await new Promise((resolve) => child.once('exit', resolve));
  clearInterval(look);
  if (code !== 0) throw new Error(`the run ended with ${String(code)}`);
  return { seconds: (performance.now() - began) / 1000, cpuSeconds, peakMb };
}

async function wholeRun(folder: string, rows: number): Promise<Spent> {
  await mkdir(folder, { recursive: true });
  await writeRows(folder, rows);
  await writeFile(join(folder, 'pipeline.yaml'), pipelineText());
  const spent = await spentBy([join(packageRoot, 'dist/src/cli/main.js'), 'run', 'pipeline.yaml'], folder);
  const record = JSON.parse(await readFile(join(folder, 'runs/latest/run.json'), 'utf8')) as {
    readonly stages: readonly { readonly name: string; readonly durationMs?: number }[];
  };
  console.log(
    `\n${rows} rows: ${spent.seconds.toFixed(1)} s (${spent.cpuSeconds.toFixed(1)} s of processors), at most ${spent.peakMb} MB`,
  );
  for (const { name, durationMs = 0 } of record.stages) {
    console.log(`  ${name.padEnd(10)} ${(durationMs / 1000).toFixed(2)} s`);
  }
  return spent;
}

function cpuSecondsSoFar(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Seconds of processors by verb. */
async function ownVerbs(folder: string): Promise<Readonly<Record<string, number>>> {
  const seconds: Record<string, number> = {};
  let began = cpuSecondsSoFar();
  const lap = (name: string): void => {
    seconds[name] = cpuSecondsSoFar() - began;
    began = cpuSecondsSoFar();
  };
  const reading = { format: 'csv' as const, types: new Map(Object.entries(types)) };
  let table = await rowsOfFile(folder, 'rows.csv', reading);
  const inputs = new Map([
    ['names', await rowsOfFile(folder, 'names.csv', { ...reading, types: new Map() })],
  ]);
  lap('read CSV');
  const apply = (step: Step, to: Table): Table =>
    applySteps([step], to, inputs, { allowEmpty: false, warn: console.log });
  for (const [name, step] of verbs) {
    table = apply(step, table);
    lap(name);
  }
  for (const [name, step] of further) {
    rowCount(apply(step, table));
    lap(name);
  }
  return seconds;
}

function peerVerbs(folder: string): Readonly<Record<string, number>> | undefined {
  try {
    const peer = join(packageRoot, 'bench/scale/peer.py');
    const told = execFileSync(values.python, [peer, folder], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return JSON.parse(told) as Record<string, number>;
  } catch {
    return undefined;
  }
}

const rows = Number(values.rows);
const folder = values.keep ?? (await mkdtemp(join(tmpdir(), 'assay-scale-')));
const tenth = await wholeRun(join(folder, 'tenth'), Math.round(rows / 10));
const whole = await wholeRun(join(folder, 'whole'), rows);
const exponent = Math.log10(whole.cpuSeconds / tenth.cpuSeconds);
console.log(
  `\nten times the rows take ${(whole.cpuSeconds / tenth.cpuSeconds).toFixed(1)} times the work (exponent ${exponent.toFixed(2)})\n`,
);
const own = await ownVerbs(join(folder, 'whole'));
const peer = peerVerbs(join(folder, 'whole'));
if (peer === undefined) console.log(`SKIPPED: pandas, which ${values.python} does not have`);
for (const [verb, seconds] of Object.entries(own)) {
  const other = peer?.[verb];
  const beside =
    other === undefined ? '' : `   pandas ${other.toFixed(3)} s   ratio ${(seconds / other).toFixed(2)}`;
  console.log(`${verb.padEnd(10)} ${seconds.toFixed(3)} s${beside}`);
}
if (values.keep === undefined) await rm(folder, { recursive: true });
const out = join(packageRoot, 'bench/out');
await mkdir(out, { recursive: true });
const figures = {
  rows,
  whole,
  tenth,
  exponent,
  verbs: own,
  pandas: peer ?? 'skipped',
  node: process.version,
};
await writeFile(join(out, 'scale.json'), `${JSON.stringify(figures, null, 2)}\n`);
console.log('written to bench/out/scale.json');
