import { fstatSync, readSync } from 'node:fs';
import { Failure } from '../../system/failure.ts';
import { bytesPerElement } from './floats.ts';

/** One tensor of a safetensors file, as the header describes it. Nothing of its data has been read. */
export interface StoredTensor {
  readonly name: string;
  /** As in the header: `F32`, `F16`, `BF16`, or one that only `readBytes` can give (`I32`, `F8_E4M3`...). */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Product of the shape. */
  readonly size: number;
  /** Where the data lies in the file, in bytes from its start. */
  readonly begin: number;
  readonly end: number;
}

/** The crate that defines the format stops at this header size; a longer one is an accident or an attack. */
const maxHeaderBytes = 100_000_000;

export interface TensorFailure {
  readonly tensor?: string | undefined;
  readonly expected?: string;
  readonly found?: string;
  readonly next?: string;
}

export function safetensorsFailure(
  file: string,
  code: string,
  message: string,
  { tensor, expected, found, next = 'fetch the file again' }: TensorFailure,
): Failure {
  return new Failure({
    code: `safetensors-${code}`,
    blame: 'user',
    message,
    where: tensor === undefined ? file : `${file}, tensor ${tensor}`,
    ...(expected !== undefined && { expected }),
    ...(found !== undefined && { found }),
    next,
  });
}

/**
 * The header of an open file, checked whole: every tensor's type, shape and offsets, and that the data have neither gaps nor
 * overlaps. Nothing of the data is read.
 * @throws Failure `safetensors-*`
 */
export function readHeader(
  file: string,
  descriptor: number,
): { tensors: Map<string, StoredTensor>; metadata: Record<string, string> } {
  const fileBytes = fstatSync(descriptor).size;
  const fail = (code: string, message: string, details: TensorFailure): Failure =>
    safetensorsFailure(file, code, message, details);

  const prefix = Buffer.alloc(8);
  if (fileBytes < 8 || readSync(descriptor, prefix, 0, 8, 0) < 8) {
    throw fail('truncated', 'the file is too short for a safetensors file', {
      expected: 'at least 8 bytes',
      found: `${fileBytes} bytes`,
    });
  }
  const headerBytes = prefix.readBigUInt64LE(0);
  if (headerBytes > BigInt(maxHeaderBytes) || headerBytes > BigInt(fileBytes - 8)) {
    throw fail('header-length', 'the header is longer than it can be', {
      expected: `at most ${Math.min(maxHeaderBytes, fileBytes - 8)} bytes`,
      found: `${headerBytes} bytes`,
      next: 'check that this is a safetensors file, whole; fetch it again',
    });
  }
  const dataStart = 8 + Number(headerBytes);
  const bytes = Buffer.alloc(Number(headerBytes));
  readSync(descriptor, bytes, 0, bytes.length, 8);
  const { entries, metadata } = parseHeader(bytes, fail);

  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of entries) {
    tensors.set(name, checkEntry(name, entry, dataStart, fileBytes, fail));
  }
  checkOffsets([...tensors.values()], dataStart, fileBytes, fail);
  return { tensors, metadata };
}

type Fail = (code: string, message: string, details: TensorFailure) => Failure;

function parseHeader(
  bytes: Buffer,
  fail: Fail,
): { entries: [string, unknown][]; metadata: Record<string, string> } {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (error) {
    throw fail('header-json', 'the header is not JSON', {
      expected: 'a JSON object',
      found: error instanceof Error ? error.message : String(error),
    });
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw fail('header-json', 'the header is not a JSON object', {
      found: JSON.stringify(header).slice(0, 40),
    });
  }
  const twice = duplicateKey(text);
  if (twice !== undefined) {
    throw fail('duplicate', 'the header names a tensor twice', {
      tensor: twice,
      expected: 'one entry per name',
    });
  }
  const { __metadata__: metadata = {}, ...rest } = header as Record<string, unknown>;
  if (
    typeof metadata !== 'object' ||
    metadata === null ||
    Object.values(metadata).some((value) => typeof value !== 'string')
  ) {
    throw fail('header-json', '__metadata__ in the header is not a map of strings', {
      found: JSON.stringify(metadata).slice(0, 80),
    });
  }
  return { entries: Object.entries(rest), metadata: metadata as Record<string, string> };
}

function checkEntry(
  name: string,
  entry: unknown,
  dataStart: number,
  fileBytes: number,
  fail: Fail,
): StoredTensor {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const width = typeof dtype === 'string' ? bytesPerElement[dtype] : undefined;
  if (typeof dtype !== 'string' || width === undefined) {
    throw fail('dtype', 'the tensor has an unknown type', {
      tensor: name,
      expected: Object.keys(bytesPerElement).join(', '),
      found: found(dtype),
    });
  }
  if (!isNaturals(shape)) {
    throw fail('shape', 'the tensor has no valid shape', {
      tensor: name,
      expected: 'whole numbers >= 0',
      found: found(shape),
    });
  }
  if (!isNaturals(offsets) || offsets.length !== 2) {
    throw fail('offsets', 'the tensor has no valid data_offsets', {
      tensor: name,
      expected: '[begin, end]',
      found: found(offsets),
    });
  }
  const [begin = 0, end = 0] = offsets;
  const size = shape.reduce((product, side) => product * side, 1);
  if (end < begin || end - begin !== size * width) {
    throw fail('byte-length', "the tensor's offsets do not fit its shape and type", {
      tensor: name,
      expected: `${size * width} bytes for ${dtype} [${shape.join(', ')}]`,
      found: `${end - begin} bytes (data_offsets [${begin}, ${end}])`,
    });
  }
  if (dataStart + end > fileBytes) {
    throw fail('truncated', "the tensor's data lie beyond the end of the file", {
      tensor: name,
      expected: `a file of at least ${dataStart + end} bytes`,
      found: `${fileBytes} bytes`,
    });
  }
  return { name, dtype, shape, size, begin: dataStart + begin, end: dataStart + end };
}

/** The format allows neither overlaps nor gaps: bytes that no tensor owns could hide anything. */
function checkOffsets(tensors: StoredTensor[], dataStart: number, fileBytes: number, fail: Fail): void {
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = dataStart;
  for (const { name, begin, end } of tensors) {
    if (begin !== at) {
      throw fail(
        begin < at ? 'overlap' : 'gap',
        `the tensor's data ${begin < at ? 'overlap' : 'leave a gap to'} those before`,
        {
          tensor: name,
          expected: `data from byte ${at}`,
          found: `from byte ${begin}`,
        },
      );
    }
    at = end;
  }
  if (at !== fileBytes) {
    throw fail('trailing', 'the file goes on after its last tensor', {
      expected: `${at} bytes`,
      found: `${fileBytes} bytes`,
    });
  }
}

/** What a header holds at a field, as it is worded. */
function found(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}

function isNaturals(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry) && entry >= 0);
}

/** JSON.parse keeps the last of two equal keys and says nothing. The first key of the object that occurs twice. */
function duplicateKey(json: string): string | undefined {
  const seen = new Set<string>();
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\]]/g;
  let depth = 0;
  for (let match = tokens.exec(json); match !== null; match = tokens.exec(json)) {
    const [token] = match;
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (depth === 1 && /^\s*:/.test(json.slice(tokens.lastIndex, tokens.lastIndex + 64))) {
      const key = JSON.parse(token) as string;
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  return undefined;
}
