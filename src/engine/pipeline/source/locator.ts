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
import type { Path } from '../../../system/json.ts';
import type { TextSpan } from '../../../system/failure.ts';
import { referencesIn } from './references.ts';
import type { Settings } from './settings.ts';

export interface Located {
  readonly place: Place;
  readonly related?: NonNullable<Diagnostic['related']>;
}

/** A file and what YAML made of it. */
export interface ParsedFile {
  /** As given by the user. */
  readonly file: string;
  readonly text: string;
  readonly lines: LineCounter;
  readonly document: Document;
  readonly aliases: ReadonlyMap<Alias, Node>;
}

/** Finds the places of values and keys in the pipeline file, by path or by range. */
export class Locator {
  readonly #parsed: ParsedFile;
  readonly #settings: Settings;

  /** @param settings are named beside the definition of a parameter whose value they replaced */
  constructor(parsed: ParsedFile, settings: Settings) {
    this.#parsed = parsed;
    this.#settings = settings;
  }

  /** @param start and `end` are offsets into the text, in UTF-16 code units */
  range(start: number, end: number): Place {
    const { file, text, lines } = this.#parsed;
    const { line, col } = lines.linePos(Math.min(start, text.length));
    const from = lines.lineStarts[line - 1] ?? 0;
    const newline = text.indexOf('\n', from);
    const lineText = text.slice(from, newline < 0 ? text.length : newline).replace(/\r$/, '');
    const length = Math.max(1, Math.min(end, from + lineText.length) - start);
    return { file, line: Math.max(1, line), column: Math.max(1, col), length, text: lineText };
  }

  ofNode(node: Node | null | undefined): Place {
    const range = node?.range;
    return range ? this.range(range[0], range[1]) : this.range(0, 1);
  }

  /** Whether the file has a value there. */
  has(path: Path): boolean {
    let node = this.#root();
    for (const step of path) {
      const next = child(node, step);
      if (next === undefined) return false;
      node = this.#follow(next.value);
    }
    return true;
  }

  /**
   * The text of a plain scalar as it stands in the file, with no quotes around it; undefined for any other value.
   */
  written(path: Path): string | undefined {
    const node = this.#nodeAt(path);
    return isScalar(node) && node.type === 'PLAIN' ? node.source : undefined;
  }

  /** The text of a plain key as it stands in the file; undefined for any other one. */
  writtenKey(path: Path): string | undefined {
    const holder = this.#nodeAt(path.slice(0, -1));
    const key = child(holder, path.at(-1) ?? '')?.key;
    return isScalar(key) && key.type === 'PLAIN' ? key.source : undefined;
  }

  /**
   * The value at a path, or the innermost value around it that is in the file; where it came from is related.
   * @param span a part of the text that the value is: pointed at alone, if the text stands in the file as it reads
   */
  value(path: Path, span?: TextSpan): Located {
    const located = this.#locate(path, 'value');
    const start = this.#textStart(path);
    if (span === undefined || start === undefined) return located;
    return { ...located, place: this.range(start + span.start, start + span.end) };
  }

  /** The last key of a path. */
  key(path: Path): Located {
    return this.#locate(path, 'key');
  }

  #locate(path: Path, part: 'value' | 'key'): Located {
    const { target, node } = this.#target(path, part);
    const place = this.ofNode(target);
    const related = this.#origins(node, path);
    return related.length > 0 ? { place, related } : { place };
  }

  /** What to point at for a path, and the value there, if the file has one. */
  #target(path: Path, part: 'value' | 'key'): { target: Node | undefined; node: Node | undefined } {
    let node = this.#root();
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
    const byKey = part === 'key' || !whole || node === undefined || block;
    return { target: byKey ? (key ?? node) : node, node };
  }

  #nodeAt(path: Path): Node | undefined {
    let node = this.#root();
    for (const step of path) {
      const next = child(node, step);
      if (next === undefined) return undefined;
      node = this.#follow(next.value);
    }
    return node;
  }

  /** Where a text starts in the file, behind its quote; undefined where it is written in another way than it reads. */
  #textStart(path: Path): number | undefined {
    const node = this.#nodeAt(path);
    if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return undefined;
    const { value, range } = node;
    // What a parameter put in is of another length than its reference.
    if (value.includes('${')) return undefined;
    return [range[0], range[0] + 1].find((start) => this.#parsed.text.startsWith(value, start));
  }

  #root(): Node | undefined {
    return this.#follow(this.#parsed.document.contents);
  }

  #follow(node: unknown): Node | undefined {
    let current = node as Node | null | undefined;
    while (isAlias(current)) current = this.#parsed.aliases.get(current);
    return current ?? undefined;
  }

  #origins(node: Node | undefined, path: Path): NonNullable<Diagnostic['related']> {
    if (!isScalar(node) || typeof node.value !== 'string') return [];
    // The place alone: what is said of the definition itself does not belong here, and it may refer to itself.
    const placeOf = (definition: Path) => this.ofNode(this.#target(definition, 'value').target);
    const axes = referencesIn(node.value, 'matrix').flatMap((name) => {
      const definition = [...path.slice(0, 2), 'matrix', ...name.split('.').slice(0, 1)];
      return path[0] === 'stages' && this.has(definition)
        ? [{ message: `\`matrix.${name}\` is defined here`, place: placeOf(definition) }]
        : [];
    });
    const params = referencesIn(node.value, 'params').map((name) => ({
      message: `\`params.${name}\` is defined here${this.#setBy(name)}`,
      place: placeOf(['params', ...name.split('.')]),
    }));
    return [...params, ...axes];
  }

  #setBy(name: string): string {
    const { set, write } = this.#settings;
    const setting = Object.entries(set).find(([other]) => name === other || name.startsWith(`${other}.`));
    return setting === undefined ? '' : `, and was set by \`${write(setting.join('='))}\``;
  }
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
