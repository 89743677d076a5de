import { existsSync, readFileSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { init, parse, type Import } from 'es-module-lexer';
import { sha256 } from '../../system/hash.ts';
import { packageRoot } from '../../system/package-root.ts';
import type { StageKind } from '../stage-kind.ts';

/** What computes a stage: the files of its kind and the packages that they import. */
export interface Sources {
  /** SHA-256 by path relative to the package root, with `/`. */
  readonly files: Readonly<Record<string, string>>;
  /** Version by package name. */
  readonly packages: Readonly<Record<string, string>>;
}

/** One file of a project. Read once in a process: a running process computes with the code that it has loaded. */
interface SourceFile {
  readonly sha256: string;
  /** Absolute paths. */
  readonly imports: readonly string[];
  readonly packages: ReadonlyMap<string, string>;
}

const files = new Map<string, SourceFile>();
const sources = new Map<string, Sources>();
const versions = new Map<string, string | undefined>();

const declared = new WeakMap<StageKind<unknown>, Sources>();

/** Says what a kind is made of that was not loaded by Node from a file of its own. */
export function declareSources(kind: StageKind<unknown>, of: Sources): void {
  declared.set(kind, of);
}

/** What computes stages of a kind. */
export async function sourcesOfKind(kind: StageKind<unknown>): Promise<Sources> {
  const { module } = kind;
  return declared.get(kind) ?? (module === undefined ? { files: {}, packages: {} } : sourcesOf(module));
}

/**
 * Digests of a module and of all project files that it imports: statically, by `import('literal')`, or as
 * `new URL('literal', import.meta.url)` (workers, data). Imports of types alone leave no trace in what runs.
 *
 * @param module `import.meta.url` of the file that defines the stage kind.
 */
export async function sourcesOf(module: string): Promise<Sources> {
  const known = sources.get(module);
  if (known !== undefined) return known;
  await init;
  const entry = fileURLToPath(module);
  const root = projectRoot(entry);
  const seen = new Map<string, SourceFile>();
  const open = [entry];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue;
    const source = readSourceFile(file);
    seen.set(file, source);
    open.push(...source.imports);
  }
  const packages = new Map([...seen.values()].flatMap((source) => [...source.packages]));
  const found: Sources = {
    files: sorted([...seen].map(([file, source]) => [pathWithin(root, file), source.sha256])),
    packages: sorted([...packages]),
  };
  sources.set(module, found);
  return found;
}

function sorted(entries: readonly (readonly [string, string])[]): Record<string, string> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
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

function readSourceFile(file: string): SourceFile {
  const known = files.get(file);
  if (known !== undefined) return known;
  const bytes = readFileSync(file);
  const imports = new Set<string>();
  const packages = new Map<string, string>();
  if (/\.[mc]?[jt]s$/.test(file)) {
    for (const specifier of specifiersIn(bytes.toString('utf8'), file)) {
      if (isBuiltin(specifier)) continue;
      if (/^\.{0,2}\//.test(specifier)) {
        const target = existing(join(dirname(file), specifier));
        if (target !== undefined) imports.add(target);
      } else {
        const name = packageName(specifier);
        const version = packageVersion(name, dirname(file));
        if (version !== undefined) packages.set(name, version);
      }
    }
  }
  const source = { sha256: sha256(bytes), imports: [...imports], packages };
  files.set(file, source);
  return source;
}

const URL_OF_FILE = /\bnew\s+URL\(\s*(['"`])(\.{1,2}\/[^'"`$]+)\1\s*,\s*import\.meta\.url\s*,?\s*\)/g;

function specifiersIn(text: string, file: string): string[] {
  let imports: readonly Import[];
  try {
    [imports] = parse(text, file);
  } catch (error) {
    throw new Error(`Internal error: expected a module that can be lexed, was ${file}`, { cause: error });
  }
  const specifiers = imports.flatMap((found) => {
    if (found.type === 'import-meta' || ('typeOnly' in found && found.typeOnly)) return [];
    if (found.type === 'dynamic' && (found.glob || found.probablyTypeOnly)) return [];
    return found.specifier ?? [];
  });
  return [...specifiers, ...urlsIn(text)];
}

function urlsIn(text: string): string[] {
  return [...text.matchAll(URL_OF_FILE)].map((match) => match[2] ?? '');
}

/** The files that a module reads as `new URL('literal', import.meta.url)`, if they are there. */
export function filesByUrl(text: string, file: string): string[] {
  return urlsIn(text).flatMap((path) => existing(join(dirname(file), path)) ?? []);
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

/** Undefined for a package that is not installed: what is not there computes nothing. */
export function packageVersion(name: string, from: string): string | undefined {
  const known = `${name}\n${from}`;
  if (versions.has(known)) return versions.get(known);
  let version: string | undefined;
  for (let folder = from; ; folder = dirname(folder)) {
    const file = join(folder, 'node_modules', name, 'package.json');
    if (existsSync(file)) {
      version = (JSON.parse(readFileSync(file, 'utf8')) as { version?: string }).version;
      break;
    }
    if (dirname(folder) === folder) break;
  }
  versions.set(known, version);
  return version;
}
