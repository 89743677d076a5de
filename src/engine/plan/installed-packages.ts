import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

/** A package where Node finds it. */
export interface InstalledPackage {
  /** As it is imported, which for an alias is not the name in its package.json. */
  readonly name: string;
  /** Undefined where its package.json says none. */
  readonly version: string | undefined;
  /** Absolute, links resolved. */
  readonly folder: string;
  /** Names of packages that it says it needs. */
  readonly needs: readonly string[];
  /** Of these, those that it does without. */
  readonly mayLack: ReadonlySet<string>;
  /** Names of packages that its makers need: what its specs import, and nothing that is computed with. */
  readonly needsToBuild: readonly string[];
  /** Whether it is made for one system or processor, as prebuilt binaries are. */
  readonly isForOnePlatform: boolean;
}

/**
 * Packages as Node resolves them: in the nearest `node_modules` above whoever imports, links resolved. What was found is
 * remembered as long as this lives.
 */
export class InstalledPackages {
  readonly #byFolder = new Map<string, InstalledPackage | undefined>();
  readonly #hasPackages = new Map<string, boolean>();

  /**
   * @param from folder of the file that imports it
   * @returns undefined for a package that is not installed: what is not there computes nothing
   */
  find(name: string, from: string): InstalledPackage | undefined {
    for (let folder = from; ; folder = dirname(folder)) {
      const packages = join(folder, 'node_modules');
      if (this.#isThere(packages)) {
        const found = this.#read(name, join(packages, name));
        if (found !== undefined) return found;
      }
      if (dirname(folder) === folder) return undefined;
    }
  }

  /**
   * These packages with all that they need: raising one that nobody imports directly changes what is computed too. A
   * prebuilt binary for this platform is left out: its package has the version of the one that needs it, and other machines
   * have another one in its place.
   */
  closure(packages: Iterable<InstalledPackage>): InstalledPackage[] {
    const seen = new Map<string, InstalledPackage>();
    const open = [...packages];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next.folder)) continue;
      seen.set(next.folder, next);
      for (const name of next.needs) {
        const needed = this.find(name, next.folder);
        if (needed === undefined || (next.mayLack.has(name) && needed.isForOnePlatform)) continue;
        open.push(needed);
      }
    }
    return [...seen.values()];
  }

  #isThere(folder: string): boolean {
    let found = this.#hasPackages.get(folder);
    if (found === undefined) {
      found = existsSync(folder);
      this.#hasPackages.set(folder, found);
    }
    return found;
  }

  #read(name: string, folder: string): InstalledPackage | undefined {
    if (this.#byFolder.has(folder)) return this.#byFolder.get(folder);
    const found = readPackage(name, folder);
    this.#byFolder.set(folder, found);
    return found;
  }
}

/** Whether the package manager put it there. Another one is a link to a folder of the user's: it is source that is edited. */
export function isManaged({ folder }: InstalledPackage): boolean {
  return folder.split(sep).includes('node_modules');
}

/** Version by name; of a name that is installed in several versions, all of them: `1.0.0, 2.0.0`. */
export function versionsOf(
  packages: Iterable<InstalledPackage>,
  word = ({ version }: InstalledPackage) => version,
): Record<string, string> {
  const versions = new Map<string, Set<string>>();
  for (const found of packages) {
    const worded = word(found);
    if (worded === undefined) continue;
    versions.set(found.name, (versions.get(found.name) ?? new Set()).add(worded));
  }
  return Object.fromEntries([...versions].map(([name, all]) => [name, [...all].sort().join(', ')]));
}

interface PackageJson {
  readonly version?: unknown;
  readonly dependencies?: object;
  readonly devDependencies?: object;
  readonly optionalDependencies?: object;
  readonly peerDependencies?: object;
  readonly os?: unknown;
  readonly cpu?: unknown;
}

function readPackage(name: string, folder: string): InstalledPackage | undefined {
  const text = textOf(join(folder, 'package.json'));
  if (text === undefined) return undefined;
  const json = parse(text);
  const mayLack = Object.keys(json.optionalDependencies ?? {});
  const needs = [
    ...Object.keys(json.dependencies ?? {}),
    ...mayLack,
    ...Object.keys(json.peerDependencies ?? {}),
    // Types leave no trace in what runs.
  ].filter((needed) => !needed.startsWith('@types/'));
  return {
    name,
    version: typeof json.version === 'string' ? json.version : undefined,
    // The other one asks the system for every folder on the way.
    folder: realpathSync.native(folder),
    needs: [...new Set(needs)],
    mayLack: new Set(mayLack),
    needsToBuild: Object.keys(json.devDependencies ?? {}),
    isForOnePlatform: json.os !== undefined || json.cpu !== undefined,
  };
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** One that is damaged says nothing of itself; who imports the package is told by whoever loads it. */
function parse(text: string): PackageJson {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null ? json : {};
  } catch {
    return {};
  }
}
