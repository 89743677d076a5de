import { existsSync, readFileSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { init, parse, type Import } from 'es-module-lexer';
import { sha256 } from '../../system/hash.ts';
import { must, InternalError } from '../../system/internal-error.ts';
import { packageRoot } from '../../system/package-root.ts';
import type { Sources } from '../pipeline/kinds.ts';
import type { StageKind } from '../stage-kind.ts';
import { type InstalledPackage, InstalledPackages, versionsOf } from './installed-packages.ts';

/** One file of a project. */
interface SourceFile {
  readonly sha256: string;
  /** Absolute paths. */
  readonly imports: readonly string[];
  readonly packages: readonly InstalledPackage[];
}

/** Files of a project, and the packages that they import themselves. */
export interface SourcesRead {
  /** As `Sources` has them. */
  readonly files: Readonly<Record<string, string>>;
  readonly packages: readonly InstalledPackage[];
}

/** Files of kinds that ship, read once in a process: a running process computes with the code that it has loaded. */
const files = new Map<string, SourceFile>();
/** By the modules of a kind. */
const sources = new Map<string, Promise<Sources>>();
const installed = new InstalledPackages();

/** What computes stages of a kind that ships: its module, and what it says that computes for it besides. */
export function sourcesOfKind(kind: Pick<StageKind<unknown>, 'module' | 'computedBy'>): Promise<Sources> {
  const modules = [kind.module, ...(kind.computedBy ?? [])] as const;
  const name = modules.join('\n');
  const known = sources.get(name);
  if (known !== undefined) return known;
  // All instances of a matrix ask at once: the promise is kept, so that one of them reads.
  const reading = readSourcesOf(modules);
  sources.set(name, reading);
  reading.catch(() => sources.delete(name));
  return reading;
}

async function readSourcesOf(modules: readonly [string, ...string[]]): Promise<Sources> {
  const read = await readSources(modules, projectRoot(fileURLToPath(modules[0])), {
    known: files,
    installed,
  });
  return { files: read.files, packages: byName(versionsOf(installed.closure(read.packages))) };
}

/**
 * Digests of modules and of all project files that they import: statically, by `import('literal')`, or as
 * `new URL('literal', import.meta.url)` (workers, data). Imports of types alone leave no trace in what runs.
 *
 * @param modules URLs of files
 * @param root folder that files are named relative to
 * @param known files that were read already; what is read is put there
 * @param installed finds the packages
 */
export async function readSources(
  modules: readonly string[],
  root: string,
  {
    known = new Map<string, SourceFile>(),
    installed,
  }: { readonly known?: Map<string, SourceFile>; readonly installed: InstalledPackages },
): Promise<SourcesRead> {
  const seen = new Map<string, SourceFile>();
  const open = modules.map((module) => fileURLToPath(module));
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue;
    const source = known.get(file) ?? (await readSourceFile(file, installed, known));
    known.set(file, source);
    seen.set(file, source);
    open.push(...source.imports);
  }
  const named = [...seen].map(([file, source]) => [pathWithin(root, file), source.sha256] as const);
  return {
    files: byName(Object.fromEntries(named)),
    packages: [...seen.values()].flatMap(({ packages }) => packages),
  };
}

/** The same entries in the order of their names, so that keys are written alike whatever was read first. */
export function byName(entries: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

function pathWithin(root: string, file: string): string {
  return relative(root, file).split(sep).join('/');
}

/** Assay's own root, or the folder of the package that a user's module belongs to. */
function projectRoot(file: string): string {
  if (!relative(packageRoot, file).startsWith('..')) return packageRoot;
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (dirname(folder) === folder) return dirname(file);
  }
}

async function readSourceFile(
  file: string,
  installed: InstalledPackages,
  known: ReadonlyMap<string, SourceFile>,
): Promise<SourceFile> {
  const bytes = readFileSync(file);
  const imports = new Set<string>();
  const digest = sha256(bytes);
  const packages = new Map<string, InstalledPackage>();
  if (/\.[mc]?[jt]s$/.test(file)) {
    const specifiers = knownSpecifiers().get(digest) ?? (await specifiersIn(bytes.toString('utf8'), file));
    for (const specifier of specifiers) {
      if (isBuiltin(specifier)) continue;
      if (/^\.{0,2}\//.test(specifier)) {
        const path = join(dirname(file), specifier);
        const target = known.has(path) ? path : existing(path);
        if (target !== undefined) imports.add(target);
      } else {
        const name = packageName(specifier);
        const found = installed.find(name, dirname(file));
        if (found !== undefined) packages.set(name, found);
      }
    }
  }
  return { sha256: digest, imports: [...imports], packages: [...packages.values()] };
}

const urlOfFile = /\bnew\s+URL\(\s*(['"`])(\.{1,2}\/[^'"`$]+)\1\s*,\s*import\.meta\.url\s*,?\s*\)/g;

/** What a module imports, as it is written there. */
export async function specifiersIn(text: string, file: string): Promise<string[]> {
  await init();
  let imports: readonly Import[];
  try {
    [imports] = parse(text, file);
  } catch (error) {
    throw new InternalError(`expected a module that can be lexed, was ${file}`, { cause: error });
  }
  const specifiers = imports.flatMap((found) => {
    if (found.type === 'import-meta' || ('typeOnly' in found && found.typeOnly)) return [];
    if (found.type === 'dynamic' && (found.glob || found.probablyTypeOnly)) return [];
    return found.specifier ?? [];
  });
  return [...specifiers, ...urlsIn(text)];
}

function urlsIn(text: string): string[] {
  return [...text.matchAll(urlOfFile)].map((match) => must(match[2], 'a path in a URL'));
}

/** The files that a module reads as `new URL('literal', import.meta.url)`, if they are there. */
export function filesByUrl(text: string, file: string): string[] {
  return urlsIn(text).flatMap((path) => existing(join(dirname(file), path)) ?? []);
}

/** Where the build notes what each compiled module imports, by the digest of its contents: lexing them takes longer. */
export const specifiersFile = join(packageRoot, 'dist', 'specifiers.json');

let noted: ReadonlyMap<string, readonly string[]> | undefined;

function knownSpecifiers(): ReadonlyMap<string, readonly string[]> {
  noted ??= existsSync(specifiersFile)
    ? new Map(Object.entries(JSON.parse(readFileSync(specifiersFile, 'utf8')) as Record<string, string[]>))
    : new Map();
  return noted;
}

/** The file itself, or the TypeScript file that it is compiled from; folders and files to be made are no sources. */
function existing(path: string): string | undefined {
  return [path, path.replace(/\.([mc]?)js$/, '.$1ts')].find(
    (candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile() === true,
  );
}

export function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
