import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';

/** The compiled program: what users run, workers included. */
export const PROGRAM = resolve('dist/src/cli/main.js');

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly wallMs: number;
  /** Processor time of the whole process, all threads: unlike wall time hardly touched by what else the machine does. */
  readonly cpuMs: number;
}

export interface Invocation {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with the process once it runs, to signal it or to close its pipes. */
  readonly whileRunning?: (child: ReturnType<typeof spawn>) => void;
}

/** Runs in the program before anything else: says at the end, on descriptor 3, how much processor time it took. */
const METER = `data:text/javascript,import{writeSync}from'node:fs';process.on('exit',()=>{const{user,system}=process.cpuUsage();writeSync(3,String((user+system)/1000))})`;

export function assay(
  args: readonly string[],
  { cwd, env = {}, whileRunning }: Invocation,
): Promise<Outcome> {
  const start = performance.now();
  const inherited = { ...process.env };
  delete inherited.NO_COLOR;
  delete inherited.FORCE_COLOR;
  const child = spawn(process.execPath, ['--import', METER, PROGRAM, ...args], {
    cwd,
    // What tsx adds for the specs is not there when users run the program.
    env: {
      ...inherited,
      NODE_OPTIONS: '',
      TZ: 'UTC',
      XDG_CACHE_HOME: join(tmpdir(), 'assay-spec-cache'),
      XDG_DATA_HOME: join(tmpdir(), 'assay-spec-data'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const streams = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (streams.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (streams.stderr += text));
  let cpu = '';
  child.stdio[3]?.on('data', (text: Buffer) => (cpu += text.toString()));
  whileRunning?.(child);
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (status) =>
      done({ status, ...streams, wallMs: performance.now() - start, cpuMs: Number(cpu) }),
    );
  });
}

/** Call in `before`: specs of the program are worth nothing on a program that is not the sources'. */
/** What runs in browsers is built into one file. */
const PAGE = join('src', 'report', 'page');

export function requireBuild(): void {
  const built = existsSync(PROGRAM) ? statSync(PROGRAM).mtimeMs : 0;
  if (built === 0) throw new Error('dist/ is missing: npm run build first');
  for (const file of ['src', 'stages'].flatMap(sources)) {
    const isPage = file.startsWith(PAGE);
    const output = join('dist', isPage ? join(PAGE, 'page.js') : file.replace(/\.ts$/, '.js'));
    if (!existsSync(output) || statSync(output).mtimeMs < statSync(file).mtimeMs) {
      throw new Error(`dist/ is stale (${file} is newer): npm run build first`);
    }
  }
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** A folder of its own for each spec, with these files in it. */
export function makeFolder(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'assay-cli-'));
  putFiles(folder, files);
  return folder;
}

export function putFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** What differs from run to run and from machine to machine, made the same. */
export function normalise(text: string, cwd: string): string {
  return (
    stripVTControlCharacters(text)
      .replaceAll(cwd, '$CWD')
      // Said only where the last time took long enough to be worth saying.
      .replaceAll(/; about [^\n]* s$/gm, '')
      .replaceAll(/; at most about [^\n]* going by the last time/g, '')
      .replaceAll(/\b\d+\.\d+ s\b/g, 'N s')
      .replaceAll(/ +N s/g, ' N s')
      .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, 'TIME')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d.-]+Z-([a-z0-9-]+)-[0-9a-f]{6}\b/g, 'RUN-$1')
  );
}

/** Compares with `spec/expected/cli/NAME`; on a mismatch leaves `NAME-changed` beside it to look at. */
export function expectOutput(name: string, actual: string): void {
  const file = join('spec/expected/cli', name);
  const changed = `${file}-changed`;
  const expected = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (expected === actual) {
    rmSync(changed, { force: true });
    return;
  }
  mkdirSync(dirname(changed), { recursive: true });
  writeFileSync(changed, actual);
  expect(actual, `differs from ${file}; what came out is in ${changed}`).to.equal(expected);
}
