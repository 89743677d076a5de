import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { assay, makeFolder, removeFolder, requireBuild } from './assay.ts';

/** A module with the lines at its front, fields in its descriptor, and the body of `run`. */
interface Hostile {
  readonly top?: string;
  readonly fields?: string;
  readonly output?: string;
  readonly run?: string;
}

const moduleOf = ({
  top = '',
  fields = '',
  output = '',
  run = '',
}: Hostile) => `import { defineStage } from 'assay';
${top}
export default defineStage({ name: 'it', summary: '', description: '', example: '', options: { type: 'object' }, inputs: { ports: [] },
  output: () => { ${output}; return { type: 'value' }; },
  run: async () => { ${run}; return { type: 'value', value: 42 }; },
  ${fields}
} as never);
`;

const endlessHeap = 'const a: unknown[] = []; for (;;) a.push(new Array(1e5).fill(0.5));';
const clear = String.raw`'\u001b[2J\u001b]0;title\u0007'`;

/** What each does before a run, and what is told of it. */
const beforeRun: Readonly<Record<string, Hostile & { readonly told: RegExp }>> = {
  exit: { top: 'process.exit(3);', told: /exit\.ts cannot be loaded: it ended its thread with exit code 3/ },
  'really-exit': { top: 'process.reallyExit(4);', told: /it ended its thread with exit code 4/ },
  abort: {
    top: 'process.abort();',
    told: /abort\.ts cannot be loaded: it throws .*process\.abort\(\) is not supported/,
  },
  heap: { top: endlessHeap, told: /heap\.ts cannot be loaded: it needed more than 512 MiB/ },
  buffer: { top: 'new Uint8Array(1e15);', told: /buffer\.ts cannot be loaded: it throws .*RangeError/ },
  stack: {
    top: 'const deep = (): void => deep(); deep();',
    told: /stack\.ts cannot be loaded: it throws .*Maximum call stack/,
  },
  escapes: { top: `throw new Error(${clear});`, told: /escapes\.ts cannot be loaded: it throws/ },
  'no-error': { top: 'throw { toString() { throw 1; } };', told: /no-error\.ts cannot be loaded: it throws/ },
  'check-exits': {
    fields: 'check() { process.exit(5); }',
    told: /`check` of \.\/check-exits\.ts ended its thread with exit code 5/,
  },
  'check-heap': {
    fields: `check() { ${endlessHeap} }`,
    told: /`check` of \.\/check-heap\.ts needed more than 512 MiB/,
  },
  'output-exits': {
    output: 'process.exit(6)',
    told: /`output` of \.\/output-exits\.ts ended its thread with exit code 6/,
  },
  'function-in-schema': {
    fields: 'options: { type: () => 1 }',
    told: /function-in-schema\.ts cannot be loaded: .*could not be cloned/,
  },
  'function-in-problem': {
    fields: 'check: () => [{ path: [], message: () => 1 }]',
    told: /`check` of \.\/function-in-problem\.ts .*could not be cloned/,
  },
  'getter-throws': {
    fields: `get inputs() { throw new Error('got'); }`,
    told: /getter-throws\.ts cannot be loaded: it throws .*got/,
  },
  'circle-in-schema': {
    top: 'const circle: Record<string, unknown> = {}; circle.items = circle;',
    fields: 'options: circle',
    told: /circle-in-schema\.ts/,
  },
  'tampered-arrays': { top: 'Array.isArray = (() => true) as never;', told: /tampered-arrays\.ts/ },
};

/** What each does once its stage runs, and what becomes of the stage; nothing: it gives 42. */
const amid: Readonly<Record<string, Hostile & { readonly told?: RegExp }>> = {
  'prints-escapes': { top: `console.log(${clear});`, run: `console.error(${clear})` },
  'run-exits': { run: 'process.exit(0)', told: /the code of `run-exits` ended its thread/ },
  'run-uncaught': {
    run: `setTimeout(() => { throw new Error('late'); }); await new Promise(() => undefined)`,
    told: /late/,
  },
  'tampered-prototypes': {
    top: `Object.defineProperty(Object.prototype, 'then', { value: undefined, writable: true });`,
  },
  'tampered-json': {
    top: `JSON.stringify = (() => '"owned"') as never; JSON.parse = (() => 'owned') as never;`,
  },
  'tampered-streams': { top: `process.stdout.write = (() => { throw new Error('no'); }) as never;` },
};

describe("hostile modules of a pipeline's own", () => {
  let folder: string;
  before(requireBuild);
  afterEach(() => removeFolder(folder));

  const put = (modules: Readonly<Record<string, Hostile>>) => {
    const stages = Object.keys(modules).map((name) => `  ${name}: { uses: ./${name}.ts }\n`);
    const files = Object.entries(modules).map(([name, each]) => [`${name}.ts`, moduleOf(each)] as const);
    folder = makeFolder({ ...Object.fromEntries(files), 'pipeline.yaml': `stages:\n${stages.join('')}` });
  };
  const env = () => ({ XDG_DATA_HOME: join(folder, 'data') });

  it('neither end the program nor pass unnamed while it asks them before a run, and each is told at its place', async () => {
    put(beforeRun);
    const { status, stdout, stderr } = await assay(['validate', 'pipeline.yaml', '--trust'], {
      cwd: folder,
      env: env(),
    });
    const said = stdout + stderr;
    expect(status, said).to.equal(2);
    expect(said).to.not.contain('\u001b[2J');
    Object.entries(beforeRun).forEach(([name, { told }], index) => {
      expect(said, name).to.match(told);
      expect(said, name).to.match(new RegExp(`^pipeline\\.yaml:${index + 2}:\\d+: error: `, 'm'));
    });
  });

  it('end their own stage at most while they run, and change nothing of the others', async () => {
    put(amid);
    const { status, stdout, stderr } = await assay(
      ['run', 'pipeline.yaml', '--trust', '--keep-going', '--runs', 'runs'],
      {
        cwd: folder,
        env: env(),
      },
    );
    const said = stdout + stderr;
    expect(status, said).to.equal(2);
    expect(said).to.not.contain('\u001b[2J');
    const [run] = readdirSync(join(folder, 'runs')).filter((name) => name !== 'latest');
    const record = JSON.parse(readFileSync(join(folder, 'runs', run!, 'run.json'), 'utf8')) as {
      readonly stages: readonly {
        readonly name: string;
        readonly state: string;
        readonly failure?: { readonly message: string };
      }[];
    };
    expect(record.stages).to.have.lengthOf(Object.keys(amid).length);
    for (const { name, state, failure } of record.stages) {
      const { told } = amid[name]!;
      if (told === undefined) expect(state, name).to.equal('ran');
      else expect(failure?.message, name).to.match(told);
    }
  });
});
