import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildFailure, Message, Plugin } from 'esbuild';
import type { Place } from '../diagnostic.ts';
import { must } from '../../system/internal-error.ts';
import { sha256 } from '../../system/hash.ts';
import { lowerFirst } from '../pipeline/words.ts';
import { isManaged } from '../plan/installed-packages.ts';
import { byName, filesByUrl, packageName } from '../plan/source-digest.ts';
import { NoAnswer } from './apart/no-answer.ts';
import { ModulePackages, PackageChanged } from './module-packages.ts';

/** A module of the user's, read and not run. */
export interface BundledModule {
  /** The bundle: what `importBundle` loads, in any thread. */
  readonly text: string;
  /** As `Sources` has them. */
  readonly files: Readonly<Record<string, string>>;
  readonly packages: ModulePackages;
  /** Lets somebody run it. @throws ModuleProblem for what is thrown */
  load<T>(by: () => Promise<T>): Promise<T>;
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
 * Reads a module of the user's, TypeScript or JavaScript, with what it imports, as it is on disk now: Node's own loader
 * knows no TypeScript, keeps what it once loaded, and does not say what it read. Packages are left to Node, but those that
 * are links to folders of the user's, as in a workspace: these are the module's own source. `assay` is the program that runs,
 * whether or not it is installed beside the module.
 *
 * @param file Absolute.
 * @param baseDir Sources are named relative to it.
 * @param memoFile Where digests of unchanged packages are remembered.
 * @throws ModuleProblem
 */
export async function bundleModule(file: string, baseDir: string, memoFile?: string): Promise<BundledModule> {
  const packages = new ModulePackages(memoFile);
  const found = new SourcesRead(baseDir, packages);
  const text = await bundleOf(file, found);
  // Before the packages are loaded: what is loaded is then at least as new as what its digest says, and the next plan sees it.
  await packages.forKey();
  return { text, files: found.files(), packages, load: (by) => runBundle(found, by) };
}

async function runBundle<T>(found: SourcesRead, by: () => Promise<T>): Promise<T> {
  try {
    found.packages.refuseChanged();
    return await by();
  } catch (error) {
    if (error instanceof PackageChanged) throw new ModuleProblem(error.message);
    if (error instanceof NoAnswer) throw new ModuleProblem(`it ${error.message}`);
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new ModuleProblem(`it throws when it is loaded: ${message}`, await placeOf(error, found));
  }
}

/** How many modules are bundled at the moment: they share one process of the bundler. */
let bundling = 0;

async function bundleOf(file: string, found: SourcesRead): Promise<string> {
  const esbuild = await import('esbuild');
  bundling += 1;
  try {
    const { outputFiles } = await esbuild.build({
      entryPoints: [file],
      // The map names sources relative to this: as deep as where `importBundle` puts the text.
      outfile: join(tmpdir(), 'assay-module', 'bundle.mjs'),
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      // Node knows no `module` condition.
      conditions: [],
      define: { 'import.meta.url': urlName },
      // CommonJS in the bundle asks for built-in modules and packages when it runs.
      banner: { js: requireForCommonJs },
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
    bundling -= 1;
    // Its process would keep this one waiting for it.
    if (bundling === 0) await esbuild.stop();
  }
}

/** What stands for `import.meta.url`: each file says what it is there. */
const urlName = '__assay_module_url';

const requireForCommonJs =
  "import { createRequire as __assay_create_require } from 'node:module'; const require = __assay_create_require(import.meta.url);";

/** Files and packages that were read for a module. */
class SourcesRead {
  readonly packages: ModulePackages;
  readonly #baseDir: string;
  readonly #files = new Map<string, string>();
  readonly #prefixes = new Map<string, number>();

  constructor(baseDir: string, packages: ModulePackages) {
    this.#baseDir = baseDir;
    this.packages = packages;
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
    const prefix = ownPlace(text, file);
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

  files(): Record<string, string> {
    return byName(
      Object.fromEntries([...this.#files].map(([file, digest]) => [this.nameOf(file), digest] as const)),
    );
  }
}

/** Says at the front of a file where it is, by the names by which modules, and CommonJS, ask for that. */
function ownPlace(text: string, file: string): string {
  if (text.includes('import.meta.url'))
    return `const ${urlName} = ${JSON.stringify(pathToFileURL(file).href)};`;
  const isCommonJs = /\.c[jt]s$/.test(file) || /\bmodule\.exports\b|\bexports\.|\brequire\(/.test(text);
  if (!isCommonJs || !/\b__(?:dir|file)name\b/.test(text)) return '';
  return `var __filename = ${JSON.stringify(file)}, __dirname = ${JSON.stringify(dirname(file))};`;
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
        const installed = found.packages.installed.find(name, resolveDir);
        // What is no package of a package manager's is told apart by its files: they are bundled, and so they are read.
        if (installed?.version === undefined || !isManaged(installed)) return result;
        found.packages.add(installed);
        const isRequired = kind === 'require-call' || kind === 'require-resolve';
        return { path: isRequired ? result.path : pathToFileURL(result.path).href, external: true };
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
