import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Alias,
  type Document,
  type LineCounter,
  type Node,
} from 'yaml';
import type { Diagnostic, Place } from '../../diagnostic.ts';

export type Path = readonly (string | number)[];

/** What a parameter's definition adds to a problem in a value that came from it. */
export interface ParamOrigin {
  /** For example `model`, or `model.name`. */
  readonly reference: string;
  /** The raw text of `--set`, when it came from there. */
  readonly set?: string;
}

export interface Located {
  readonly place: Place;
  readonly related?: NonNullable<Diagnostic['related']>;
}

/** Finds the places of values and keys in the pipeline file, by path or by range. */
export class Locator {
  readonly #file: string;
  readonly #text: string;
  readonly #lines: LineCounter;
  readonly #document: Document;
  readonly #aliases: ReadonlyMap<Alias, Node>;
  #set: Readonly<Record<string, string>> = {};

  constructor(
    file: string,
    text: string,
    lines: LineCounter,
    document: Document,
    aliases: ReadonlyMap<Alias, Node>,
  ) {
    this.#file = file;
    this.#text = text;
    this.#lines = lines;
    this.#document = document;
    this.#aliases = aliases;
  }

  /** Remembers what was set on the command line, so that problems in such values can say so. */
  overriddenBy(set: Readonly<Record<string, string>>): void {
    this.#set = set;
  }

  range(start: number, end: number): Place {
    return placeIn(this.#file, this.#text, this.#lines, start, end);
  }

  ofNode(node: Node | null | undefined): Place {
    const range = node?.range;
    return range ? this.range(range[0], range[1]) : this.range(0, 1);
  }

  /** Whether the file has a value there. */
  has(path: Path): boolean {
    let node = this.#follow(this.#document.contents);
    for (const step of path) {
      const next = child(node, step);
      if (next === undefined) return false;
      node = this.#follow(next.value);
    }
    return true;
  }

  /** The value at a path, or the innermost value around it that is in the file; where it came from is related. */
  value(path: Path): Located {
    return this.#locate(path, false);
  }

  /** The last key of a path. */
  key(path: Path): Located {
    return this.#locate(path, true);
  }

  #locate(path: Path, wantKey: boolean): Located {
    let node = this.#follow(this.#document.contents);
    let key: Node | undefined;
    let whole = true;
    for (const step of path) {
      const next = child(node, step);
      if (next === undefined) {
        whole = false;
        break;
      }
      key = next.key ?? key;
      if (next.value === null) {
        node = undefined;
        break;
      }
      node = this.#follow(next.value);
    }
    // A map is pointed at by its key: its own range spans lines and starts at its first entry.
    const block = (isMap(node) || isSeq(node)) && node.flow !== true;
    const byKey = wantKey || !whole || node === undefined || block;
    const target = byKey ? (key ?? node) : node;
    const place = this.ofNode(target);
    const related = this.#origins(node, path);
    return related.length > 0 ? { place, related } : { place };
  }

  #follow(node: unknown): Node | undefined {
    let current = node as Node | null | undefined;
    while (isAlias(current)) current = this.#aliases.get(current);
    return current ?? undefined;
  }

  #origins(node: Node | undefined, path: Path): NonNullable<Diagnostic['related']> {
    if (!isScalar(node) || typeof node.value !== 'string') return [];
    const axes = referencesIn(node.value, 'matrix').flatMap((name) => {
      const at = [...path.slice(0, 2), 'matrix', name.split('.')[0] ?? ''];
      return path[0] === 'stages' && this.has(at)
        ? [{ message: `\`matrix.${name}\` is defined here`, place: this.value(at).place }]
        : [];
    });
    const params = referencesIn(node.value, 'params').map((name) => {
      const steps = name.split('.');
      const raw = Object.entries(this.#set).find(([set]) => name === set || name.startsWith(`${set}.`));
      const message =
        raw === undefined
          ? `\`params.${name}\` is defined here`
          : `\`params.${name}\` is defined here, and was set by \`--set ${raw[0]}=${raw[1]}\``;
      return { message, place: this.value(['params', ...steps]).place };
    });
    return [...params, ...axes];
  }
}

/** The names in `${params.name}` references of a text, in order, each once; escapes and bad references left out. */
export function referencesIn(text: string, source: 'params' | 'matrix'): string[] {
  const names = new Set<string>();
  for (const match of text.matchAll(REFERENCE)) {
    const [, found, name] = /^\s*(\w+)\.([\w-]+(?:\.[\w-]+)*)\s*$/.exec(match[1] ?? '') ?? [];
    if (found === source && name !== undefined) names.add(name);
  }
  return [...names];
}

/** `$${` (an escaped `${`) or `${ ... }`, whose inside is group 1. */
export const REFERENCE = /\$\$\{|\$\{([^}]*)\}/g;

export function placeIn(file: string, text: string, lines: LineCounter, start: number, end: number): Place {
  const { line, col } = lines.linePos(Math.min(start, text.length));
  const from = lines.lineStarts[line - 1] ?? 0;
  const newline = text.indexOf('\n', from);
  const lineText = text.slice(from, newline < 0 ? text.length : newline).replace(/\r$/, '');
  const length = Math.max(1, Math.min(end, from + lineText.length) - start);
  return { file, line: Math.max(1, line), column: Math.max(1, col), length, text: lineText };
}

function child(
  node: Node | undefined,
  step: string | number,
): { readonly key?: Node; readonly value: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
    return pair && { key: pair.key as Node, value: pair.value };
  }
  if (isSeq(node) && typeof step === 'number' && step < node.items.length) return { value: node.items[step] };
  return undefined;
}
