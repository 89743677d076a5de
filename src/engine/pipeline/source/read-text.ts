import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import { codeOf, isMissing } from '../../../system/errno.ts';
import type { Diagnostic } from '../../diagnostic.ts';
import { problemOutside } from '../problems.ts';
import { suggest } from '../../../system/suggest.ts';

/** A pipeline is written by hand: past this, data belongs in a file that a `dataset` stage reads. */
const maxBytes = 4 * 1024 * 1024;

export type TextOfFile =
  | { readonly ok: true; readonly bytes: Uint8Array; readonly text: string }
  | { readonly ok: false; readonly problem: Diagnostic };

/** The text of a pipeline file, which is UTF-8. */
export async function readText(file: string): Promise<TextOfFile> {
  let bytes: Uint8Array;
  try {
    const info = await stat(file);
    if (info.isDirectory()) return { ok: false, problem: await isFolder(file) };
    if (info.size > maxBytes) return { ok: false, problem: tooLarge(file, info.size) };
    bytes = await readFile(file);
  } catch (error) {
    return { ok: false, problem: await unreadable(file, error) };
  }
  try {
    return { ok: true, bytes, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { ok: false, problem: notUtf8(file, bytes) };
  }
}

async function isFolder(file: string): Promise<Diagnostic> {
  const inside = await yamlFilesIn(file);
  return problemOutside('is-a-folder', `${file} is a folder`, {
    where: file,
    expected: 'a pipeline file',
    found: 'a folder',
    next: inside.length > 0 ? `name one of its files: ${inside.join(', ')}` : undefined,
  });
}

function tooLarge(file: string, size: number): Diagnostic {
  return problemOutside('file-too-large', `${basename(file)} is too large for a pipeline file`, {
    where: file,
    expected: `at most ${maxBytes} bytes`,
    found: `${size} bytes`,
    next: 'move the data into a file of its own and read it with a `dataset` stage',
  });
}

async function unreadable(file: string, error: unknown): Promise<Diagnostic> {
  if (!isMissing(error)) {
    return problemOutside('file-unreadable', `${file} cannot be read: ${codeOf(error) ?? String(error)}`, {
      where: file,
    });
  }
  const near = suggest(basename(file), await yamlFilesIn(dirname(file)));
  return problemOutside('file-not-found', `no pipeline file ${file}`, {
    where: file,
    next: near === undefined ? undefined : `did you mean \`${near}\`?`,
  });
}

function notUtf8(file: string, bytes: Uint8Array): Diagnostic {
  const before = lengthOfValidUtf8(bytes);
  const line = bytes.subarray(0, before).reduce((lines, byte) => lines + (byte === 0x0a ? 1 : 0), 1);
  const utf16 = bytes[0] === 0xff || bytes[0] === 0xfe;
  return problemOutside('not-utf8', `${basename(file)} is not UTF-8 text`, {
    where: `${file}, line ${line}, byte ${before}`,
    expected: 'UTF-8',
    found: utf16 ? 'UTF-16' : `byte 0x${(bytes[before] ?? 0).toString(16)}`,
    next: 'save the file as UTF-8',
  });
}

async function yamlFilesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  return names.filter((name) => ['.yaml', '.yml'].includes(extname(name))).sort();
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
  for (let back = 1; back <= 3; back += 1) {
    const byte = bytes[valid - back] ?? 0;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 0;
    if (needed > back) return valid - back;
    if (needed > 0 || byte < 0x80) break;
  }
  return valid;
}
