import { DigestMemo } from '../../system/contents/digest-memo.ts';
import { type InstalledPackage, InstalledPackages, versionsOf } from '../plan/installed-packages.ts';
import { contentsOf, type PackageContents } from './package-contents.ts';

/** While they have no more files than this, the packages of a module are watched file by file. */
const MOST_WATCHED = 1000;

/** By folder, the digest that each package had when this process first loaded it: Node keeps what it has loaded. */
const loaded = new Map<string, string>();

/** A package that is not any more what this process has loaded. */
export class PackageChanged extends Error {}

/** The packages that a module uses, with all that these need. */
export class ModulePackages {
  readonly installed = new InstalledPackages();
  readonly #direct = new Map<string, InstalledPackage>();
  /** Those that others import without saying that they need them. */
  readonly #undeclared = new Map<string, InstalledPackage>();
  readonly #contents = new Map<string, PackageContents>();
  readonly #memo: DigestMemo;

  /** @param memoFile where digests of unchanged packages are remembered */
  constructor(memoFile: string | undefined) {
    this.#memo = new DigestMemo(memoFile);
  }

  add(found: InstalledPackage): void {
    this.#direct.set(found.folder, found);
  }

  /** For the key: by name `1.0.0 <sha256>`. A package that was patched in place computes something else under its old version. */
  async forKey(): Promise<Record<string, string>> {
    for (let read = -1; read < this.#contents.size;) {
      read = this.#contents.size;
      for (const found of this.#all()) await this.#read(found);
    }
    this.#memo.save();
    return versionsOf(
      this.#all(),
      ({ folder, version = '?' }) => `${version} ${this.#contents.get(folder)?.sha256 ?? ''}`,
    );
  }

  /**
   * To be called after `forKey` and before the module is loaded.
   * @throws PackageChanged where the loader would give what the package was before
   */
  refuseChanged(): void {
    for (const { folder, name } of this.#all()) {
      const now = this.#contents.get(folder)?.sha256;
      const before = loaded.get(folder);
      if (now === undefined) continue;
      if (before !== undefined && before !== now) {
        throw new PackageChanged(
          `the package ${name} was changed since it was loaded, and stays loaded until the program ends`,
        );
      }
      loaded.set(folder, now);
    }
  }

  /** Files by which a change of a package is seen; absolute. */
  get watched(): string[] {
    const contents = [...this.#contents.values()].map(({ files }) => files);
    const files = contents.flat();
    return files.length <= MOST_WATCHED ? files : files.filter((file) => file.endsWith('package.json'));
  }

  async #read({ folder, name, needs, needsToBuild }: InstalledPackage): Promise<void> {
    if (this.#contents.has(folder)) return;
    const contents = await contentsOf(folder, this.#memo);
    this.#contents.set(folder, contents);
    const declared = new Set([name, ...needs, ...needsToBuild]);
    for (const imported of contents.imports) {
      // A package manager that puts all packages side by side lets code import what its package never names.
      const found = declared.has(imported) ? undefined : this.installed.find(imported, folder);
      if (found !== undefined && found.folder !== folder) this.#undeclared.set(found.folder, found);
    }
  }

  #all(): InstalledPackage[] {
    return this.installed.closure([...this.#direct.values(), ...this.#undeclared.values()]);
  }
}
