import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import {
  isAlias,
  isMap,
  isScalar,
  Lexer,
  LineCounter,
  parseDocument,
  visit,
  type Alias,
  type Document,
  type Node,
  type YAMLError,
} from 'yaml';
import type { Diagnostic } from '../../diagnostic.ts';
import { Locator, placeIn } from './locator.ts';
import type { SourcePipeline } from '../pipeline.ts';
import { suggest } from '../suggest.ts';
import { toJson } from './yaml-json.ts';

/** A pipeline is written by hand: past this, data belongs in a file that a `dataset` stage reads. */
const MAX_BYTES = 4 * 1024 * 1024;
/** The YAML parser recurses per level and dies, without an exception, some thousands of levels deep. */
const MAX_NESTING = 200;
/** Each anchor is a name that a person chose: more are a bomb or a machine's dump. */
const MAX_ANCHORS = 1000;

/** Reads a pipeline file. Problems are collected; without a source nothing more can be found. */
export async function readSource(file: string, problems: Diagnostic[]): Promise<SourcePipeline | undefined> {
  const bytes = await readBytes(file, problems);
  if (bytes === undefined) return undefined;
  const text = decode(file, bytes, problems);
  return text === undefined ? undefined : parseSource(file, bytes, text, problems);
}

function parseSource(
  file: string,
  bytes: Uint8Array,
  text: string,
  problems: Diagnostic[],
): SourcePipeline | undefined {
  const lines = new LineCounter();
  if (isTooDeep(text)) {
    problems.push({
      code: 'nesting-limit',
      severity: 'error',
      message: 'the file is nested too deeply',
      expected: `at most ${MAX_NESTING} levels`,
      where: file,
    });
    return undefined;
  }
  const document: Document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    version: '1.2',
    schema: 'core',
    merge: false,
  });
  const place = (start: number, end: number) => placeIn(file, text, lines, start, end);
  for (const error of [...document.errors, ...document.warnings]) {
    problems.push(yamlProblem(error, document, place));
  }
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) return undefined;
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    problems.push({
      code: 'empty-file',
      severity: 'error',
      message: `${basename(file)} is empty`,
      where: file,
      expected: 'a map with `name` and `stages`',
      next: 'see pipelines/quickstart.yaml for how small a pipeline can be',
    });
    return undefined;
  }
  const { aliases, anchors } = resolveAliases(document);
  const locator = new Locator(file, text, lines, document, aliases);
  if (anchors > MAX_ANCHORS) {
    problems.push({
      code: 'anchor-limit',
      severity: 'error',
      message: 'the file has too many anchors',
      where: file,
      expected: `at most ${MAX_ANCHORS}`,
      found: String(anchors),
    });
    return undefined;
  }
  const value = toJson(document.contents, aliases, locator, problems);
  return value === undefined ? undefined : { file, bytes, document, locator, value };
}

async function readBytes(file: string, problems: Diagnostic[]): Promise<Uint8Array | undefined> {
  const problem = (code: string, message: string, more: Partial<Diagnostic> = {}): undefined => {
    problems.push({ code, severity: 'error', message, where: file, ...more });
  };
  try {
    const info = await stat(file);
    if (info.isDirectory()) {
      const inside = await yamlFilesIn(file);
      problem('is-a-folder', `${file} is a folder`, {
        expected: 'a pipeline file',
        found: 'a folder',
        ...(inside.length > 0 && { next: `name one of its files: ${inside.join(', ')}` }),
      });
      return;
    }
    if (info.size > MAX_BYTES) {
      problem('file-too-large', `${basename(file)} is too large for a pipeline file`, {
        expected: `at most ${MAX_BYTES} bytes`,
        found: `${info.size} bytes`,
        next: 'move the data into a file of its own and read it with a `dataset` stage',
      });
      return;
    }
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      const near = suggest(basename(file), await yamlFilesIn(dirname(file)));
      problem('file-not-found', `no pipeline file ${file}`, {
        ...(near !== undefined && { next: `did you mean \`${near}\`?` }),
      });
      return;
    }
    problem('file-unreadable', `${file} cannot be read: ${code ?? String(error)}`);
    return;
  }
}

async function yamlFilesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  return names.filter((name) => ['.yaml', '.yml'].includes(extname(name))).sort();
}

function decode(file: string, bytes: Uint8Array, problems: Diagnostic[]): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const before = lengthOfValidUtf8(bytes);
    const line = bytes.subarray(0, before).reduce((lines, byte) => lines + (byte === 0x0a ? 1 : 0), 1);
    const utf16 = bytes[0] === 0xff || bytes[0] === 0xfe;
    problems.push({
      code: 'not-utf8',
      severity: 'error',
      message: `${basename(file)} is not UTF-8 text`,
      where: `${file}, line ${line}, byte ${before}`,
      expected: 'UTF-8',
      found: utf16 ? 'UTF-16' : `byte 0x${(bytes[before] ?? 0).toString(16)}`,
      next: 'save the file as UTF-8',
    });
    return undefined;
  }
}

/** By bisection: a prefix is valid when a streaming decoder takes it (a sequence cut at its end is no error). */
function lengthOfValidUtf8(bytes: Uint8Array): number {
  let valid = 0;
  let invalid = bytes.length;
  while (valid + 1 < invalid) {
    const middle = (valid + invalid) >> 1;
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
      valid = middle;
    } catch {
      invalid = middle;
    }
  }
  // The decoder took the beginning of a sequence that does not go on: that is where it is wrong.
  for (let back = 1; back <= 3; back++) {
    const byte = bytes[valid - back] ?? 0;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 0;
    if (needed > back) return valid - back;
    if (needed > 0 || byte < 0x80) break;
  }
  return valid;
}

/** Brackets are counted as if none were quoted; only when that looks deep are the real tokens counted. */
function isTooDeep(text: string): boolean {
  if (/(?:[-?:][ \t]+){100}/.test(text) || new RegExp(`^ {${2 * MAX_NESTING}}`, 'm').test(text)) {
    return deepestBlock(text) > MAX_NESTING;
  }
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x5b || code === 0x7b) depth++;
    else if ((code === 0x5d || code === 0x7d) && depth > 0) depth--;
    if (depth > MAX_NESTING) return deepestFlow(text) > MAX_NESTING;
  }
  return false;
}

function deepestFlow(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, ++depth);
    else if (token === ']' || token === '}') depth--;
    if (deepest > MAX_NESTING) break;
  }
  return deepest;
}

/** Levels of block nesting: how many distinct indentations are open at once. */
function deepestBlock(text: string): number {
  const open: number[] = [];
  let deepest = 0;
  for (const line of text.split('\n')) {
    const compact = /^[ ]*((?:[-?:][ \t]+)*)/.exec(line);
    if (compact === null || line.trim() === '') continue;
    const indent = line.length - line.trimStart().length;
    while (open.length > 0 && (open.at(-1) ?? 0) >= indent) open.pop();
    open.push(indent);
    deepest = Math.max(deepest, open.length + ((compact[1] ?? '').match(/[-?:]/g)?.length ?? 0));
  }
  return deepest;
}

function resolveAliases(document: Document): { aliases: Map<Alias, Node>; anchors: number } {
  const byName = new Map<string, Node>();
  const aliases = new Map<Alias, Node>();
  let anchors = 0;
  visit(document, {
    Node(_key, node) {
      if (isAlias(node)) {
        const target = byName.get(node.source);
        if (target !== undefined) aliases.set(node, target);
      } else if (node.anchor !== undefined) {
        byName.set(node.anchor, node);
        anchors++;
      }
    },
  });
  return { aliases, anchors };
}

const YAML_ADVICE: Partial<Record<YAMLError['code'], { code: string; message?: string; next: string }>> = {
  TAB_AS_INDENT: {
    code: 'yaml-tab',
    message: 'a tab is used for indentation',
    next: 'indent with spaces: YAML does not allow tabs there',
  },
  MULTIPLE_DOCS: {
    code: 'multiple-documents',
    message: 'the file holds more than one YAML document',
    next: 'put each pipeline into a file of its own, without `---`',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    code: 'yaml-syntax',
    next: 'quote the text if it has a colon followed by a space in it',
  },
  TAG_RESOLVE_FAILED: { code: 'yaml-tag', next: 'remove the tag: pipelines are plain YAML 1.2 values' },
};

function yamlProblem(
  error: YAMLError,
  document: Document,
  place: (start: number, end: number) => NonNullable<Diagnostic['place']>,
): Diagnostic {
  const [start, end] = error.pos;
  if (error.code === 'DUPLICATE_KEY') return duplicateKey(document, start, end, place);
  const unclosed = error.code === 'MISSING_CHAR' ? unclosedQuote(document, start) : undefined;
  if (unclosed !== undefined) {
    return {
      code: 'yaml-syntax',
      severity: 'error',
      message: 'not valid YAML: a quote is not closed',
      place: place(unclosed, end),
      next: "close it; a quote inside quotes is doubled ('') or escaped (\\\")",
    };
  }
  const advice = YAML_ADVICE[error.code];
  const message = advice?.message ?? `not valid YAML: ${lowerFirst(error.message)}`;
  return {
    code: advice?.code ?? 'yaml-syntax',
    severity: 'error',
    message,
    place: place(start, end),
    ...(advice && { next: advice.next }),
  };
}

/** Where the text begins that runs to the end of the file for want of a quote. */
function unclosedQuote(document: Document, end: number): number | undefined {
  let start: number | undefined;
  visit(document, {
    Scalar(_key, { type, range }) {
      if (type?.startsWith('QUOTE') && range && range[0] < end && end <= range[2] + 1) start = range[0];
    },
  });
  return start;
}

function duplicateKey(
  document: Document,
  start: number,
  end: number,
  place: (start: number, end: number) => NonNullable<Diagnostic['place']>,
): Diagnostic {
  let first: Node | undefined;
  let name = '';
  let range: readonly [number, number] = [start, end];
  visit(document, {
    Map(_key, map) {
      const second = map.items.find(({ key }) => isScalar(key) && key.range?.[0] === start);
      if (second === undefined || !isMap(map) || !isScalar(second.key)) return undefined;
      name = String(second.key.value);
      if (second.key.range) range = [second.key.range[0], second.key.range[1]];
      first = map.items
        .map(({ key }) => key)
        .find((key) => isScalar(key) && String(key.value) === name) as Node;
      return visit.BREAK;
    },
  });
  return {
    code: 'duplicate-key',
    severity: 'error',
    message: `the key \`${name}\` is given twice`,
    place: place(range[0], range[1]),
    ...(first?.range && {
      related: [{ message: 'first given here', place: place(first.range[0], first.range[1]) }],
    }),
    next: 'remove or rename one of them',
  };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
