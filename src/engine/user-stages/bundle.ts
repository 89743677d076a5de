import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildFailure, Message, Plugin } from 'esbuild';
import type { Place } from '../diagnostic.ts';
import { must } from '../../system/internal-error.ts';
import { sha256 } from '../../system/hash.ts';
import type { Sources } from '../pipeline/kinds.ts';
import { lowerFirst } from '../pipeline/words.ts';
import { byName, filesByUrl, packageName, packageVersion } from '../plan/source-digest.ts';

export interface LoadedModule {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly sources: Sources;
}

/** A module that cannot be loaded: what is wrong with it, and where if that is known. */
export class ModuleProblem extends Error {
  readonly place: Place | undefined;

  constructor(message: string, place?: Place) {
    super(message);
    this.place = place;
  }
}

/**
 * Loads a module of the user's, TypeScript or JavaScript, with what it imports, as it is on disk now: Node's own loader
 * knows no TypeScript, keeps what it once loaded, and does not say what it read. Packages are left to Node; `assay` is
 * the program that runs, whether or not it is installed beside the module.
 *
 * @param file Absolute.
 * @param baseDir Sources are named relative to it.
 * @throws ModuleProblem
 */
export async function loadModule(file: string, baseDir: string): Promise<LoadedModule> {
  const found = new SourcesRead(baseDir);
  const folder = await mkdtemp(join(tmpdir(), 'assay-module-'));
  try {
    const bundle = join(folder, 'bundle.mjs');
    await writeFile(bundle, await bundleOf(file, bundle, found));
    // Stacks then name the user's files and lines.
    process.setSourceMapsEnabled(true);
    const exports = (await import(pathToFileURL(bundle).href)) as Record<string, unknown>;
    return { exports, sources: found.sources() };
  } catch (error) {
    if (error instanceof ModuleProblem) throw error;
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new ModuleProblem(`it throws when it is loaded: ${message}`, await placeOf(error, found));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function bundleOf(file: string, outfile: string, found: SourcesRead): Promise<string> {
  const esbuild = await import('esbuild');
  try {
    const { outputFiles } = await esbuild.build({
      entryPoints: [file],
      outfile,
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      // Node knows no `module` condition.
      conditions: [],
      define: { 'import.meta.url': urlName },
      sourcemap: 'inline',
      sourcesContent: false,
      logLevel: 'silent',
      tsconfigRaw: '{}',
      plugins: [resolvePackages(found), readFiles(found)],
    });
    return must(outputFiles[0], 'the one file of a bundle').text;
  } catch (error) {
    const [first] = (error as Partial<BuildFailure>).errors ?? [];
    if (first === undefined) throw error;
    throw new ModuleProblem(lowerFirst(first.text), placeIn(first, found));
  } finally {
    // Its process would keep this one waiting for it.
    await esbuild.stop();
  }
}

/** What stands for `import.meta.url`: each file says what it is there. */
const urlName = '__assay_module_url';

/** Files and packages that were read for a module. */
class SourcesRead {
  readonly #baseDir: string;
  readonly #files = new Map<string, string>();
  readonly #packages = new Map<string, string>();
  readonly #prefixes = new Map<string, number>();

  constructor(baseDir: string) {
    this.#baseDir = baseDir;
  }

  nameOf(file: string): string {
    return relative(this.#baseDir, file).split(sep).join('/');
  }

  async read(file: string): Promise<string> {
    const bytes = await readFile(file);
    this.#files.set(file, sha256(bytes));
    const text = bytes.toString('utf8');
    if (!/\.[mc]?[jt]sx?$/.test(file)) return text;
    for (const other of filesByUrl(text, file)) this.#files.set(other, sha256(await readFile(other)));
    if (!text.includes('import.meta.url')) return text;
    const prefix = `const ${urlName} = ${JSON.stringify(pathToFileURL(file).href)};`;
    this.#prefixes.set(file, prefix.length);
    return prefix + text;
  }

  /** How much stands before the first line of a file that is not the user's. */
  prefixOf(file: string): number {
    return this.#prefixes.get(file) ?? 0;
  }

  has(file: string): boolean {
    return this.#files.has(file);
  }

  uses(name: string, version: string): void {
    this.#packages.set(name, version);
  }

  sources(): Sources {
    const files = [...this.#files].map(([file, digest]) => [this.nameOf(file), digest] as const);
    return { files: byName(Object.fromEntries(files)), packages: byName(Object.fromEntries(this.#packages)) };
  }
}

/** Names packages by URL: the bundle lies elsewhere than the module whose packages they are. */
function resolvePackages(found: SourcesRead): Plugin {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const assay = new URL(`../authoring.${extension}`, import.meta.url).href;
  return {
    name: 'packages',
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, async (args) => {
        if (args.kind === 'entry-point' || args.pluginData === found || isBuiltin(args.path))
          return undefined;
        if (args.path === 'assay') return { path: assay, external: true };
        const { kind, importer, resolveDir, path } = args;
        const result = await build.resolve(path, { kind, importer, resolveDir, pluginData: found });
        if (result.errors.length > 0 || result.external) return result;
        const name = packageName(path);
        const version = packageVersion(name, resolveDir);
        // What has no version is told apart by its files: they are bundled, and so they are read.
        if (version === undefined) return result;
        found.uses(name, version);
        return { path: pathToFileURL(result.path).href, external: true };
      });
    },
  };
}

/** Digests are of the very bytes that are bundled. */
function readFiles(found: SourcesRead): Plugin {
  return {
    name: 'files',
    setup(build) {
      build.onLoad({ filter: /.*/, namespace: 'file' }, async ({ path }) => ({
        contents: await found.read(path),
        loader: 'default',
      }));
    },
  };
}

function placeIn({ location }: Message, found: SourcesRead): Place | undefined {
  if (location === null) return undefined;
  const { file, line, column, length, lineText } = location;
  const prefix = line === 1 ? found.prefixOf(join(process.cwd(), file)) : 0;
  const start = Math.max(0, column - prefix);
  return { file, line, column: start + 1, length: Math.max(1, length), text: lineText.slice(prefix) };
}

/** The first place in the user's files on the stack of an error. */
async function placeOf(error: unknown, found: SourcesRead): Promise<Place | undefined> {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const [, path = '', line, column] of stack.matchAll(
    /(?:\(|at )(?:file:\/\/)?(\/[^\n():]+):(\d+):(\d+)\)?$/gm,
  )) {
    if (!found.has(path)) continue;
    const lines = (await readFile(path, 'utf8')).split('\n');
    const text = lines[Number(line) - 1] ?? '';
    const file = relative(process.cwd(), path);
    return {
      file: file.startsWith('..') ? path : file,
      line: Number(line),
      column: Number(column),
      length: 1,
      text,
    };
  }
  return undefined;
}
