import { closeSync, fstatSync, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { codeOf } from '../../system/errno.ts';
import { Failure } from '../../system/failure.ts';
import { bytesPerElement, widen } from './floats.ts';

const readAt = promisify(read);

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

/** Data are read into a buffer of this many bytes: converted while in cache, and never near readSync's 2 GiB. */
const bufferBytes = 4 << 20;

/** Reads in the background take more at once: their order is that of a queue, and the main thread may be away for long. */
const asyncReadBytes = 1 << 30;

/**
 * A safetensors file whose header has been checked; tensors are read when they are asked for.
 * Format: https://github.com/huggingface/safetensors (8 bytes little-endian header length, JSON, data).
 * @throws Failure `safetensors-*` with the file, the tensor, what was expected and what was found
 */
export class SafetensorsFile {
  readonly file: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly #descriptor: number;
  #buffer: ArrayBuffer | undefined;

  constructor(file: string) {
    this.file = file;
    this.#descriptor = openForReading(file);
    try {
      const { tensors, metadata } = readHeader(file, this.#descriptor);
      this.tensors = tensors;
      this.metadata = metadata;
    } catch (error) {
      closeSync(this.#descriptor);
      throw error;
    }
  }

  /**
   * Reads a tensor as float32 into the first `size` elements of `into`; F16 and BF16 are widened exactly.
   * @throws Failure `safetensors-dtype` for data that are not floating point of at most 32 bits
   */
  readFloats(tensor: StoredTensor, into: Float32Array): void {
    const { dtype, size, begin } = tensor;
    if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16') {
      throw this.#failure('dtype', 'the tensor has a type that is not supported', {
        tensor: tensor.name,
        expected: 'F32, F16 or BF16',
        found: dtype,
        next: 'convert the checkpoint to one of these types',
      });
    }
    if (dtype === 'F32') {
      this.#fill(tensor, new Uint8Array(into.buffer, into.byteOffset, size * 4), begin);
      return;
    }
    const elements = bufferBytes / 2;
    this.#buffer ??= new ArrayBuffer(bufferBytes);
    for (let done = 0; done < size; done += elements) {
      const count = Math.min(elements, size - done);
      this.#fill(tensor, new Uint8Array(this.#buffer, 0, count * 2), begin + done * 2);
      widen(dtype, this.#buffer, count, into.subarray(done, done + count));
    }
  }

  /** The tensor's data as they are stored. */
  readBytes(tensor: StoredTensor): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(tensor.end - tensor.begin);
    this.#fill(tensor, bytes, tensor.begin);
    return bytes;
  }

  /** The same, a buffer at a time: each is overwritten by the next. */
  *buffers(tensor: StoredTensor): Generator<Uint8Array<ArrayBuffer>, undefined> {
    const buffer = new ArrayBuffer(Math.min(bufferBytes, tensor.end - tensor.begin));
    for (let at = tensor.begin; at < tensor.end; at += bufferBytes) {
      const bytes = new Uint8Array(buffer, 0, Math.min(bufferBytes, tensor.end - at));
      this.#fill(tensor, bytes, at);
      yield bytes;
    }
    return undefined;
  }

  /** Reads the tensor's data as they are stored into `into`, of exactly their length, while this thread does other things. */
  async readInto(tensor: StoredTensor, into: Uint8Array): Promise<void> {
    for (let done = 0; done < into.byteLength;) {
      const want = Math.min(into.byteLength - done, asyncReadBytes);
      const { bytesRead } = await readAt(this.#descriptor, into, done, want, tensor.begin + done);
      if (bytesRead === 0) throw this.#endsInside(tensor, into.byteLength, tensor.begin, done);
      done += bytesRead;
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #fill(tensor: StoredTensor, target: Uint8Array, position: number): void {
    for (let done = 0; done < target.byteLength;) {
      const want = Math.min(target.byteLength - done, 1 << 30);
      const got = readSync(this.#descriptor, target, done, want, position + done);
      if (got === 0) throw this.#endsInside(tensor, target.byteLength, position, done);
      done += got;
    }
  }

  #endsInside({ name }: StoredTensor, bytes: number, position: number, done: number): Failure {
    return this.#failure('truncated', 'the file ends inside a tensor', {
      tensor: name,
      expected: `${bytes} bytes at ${position}`,
      found: `${done} bytes`,
      next: 'fetch the file again',
    });
  }

  #failure(code: string, message: string, details: FailureDetails): Failure {
    return safetensorsFailure(this.file, code, message, details);
  }
}

interface FailureDetails {
  readonly tensor?: string | undefined;
  readonly expected?: string;
  readonly found?: string;
  readonly next?: string;
}

export function safetensorsFailure(
  file: string,
  code: string,
  message: string,
  { tensor, expected, found, next = 'fetch the file again' }: FailureDetails,
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

function openForReading(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    throw safetensorsFailure(file, 'unreadable', 'the weights cannot be opened', {
      expected: 'a file that can be read',
      found: codeOf(error) ?? String(error),
      next: 'check the path and its permissions',
    });
  }
}

function readHeader(
  file: string,
  descriptor: number,
): { tensors: Map<string, StoredTensor>; metadata: Record<string, string> } {
  const fileBytes = fstatSync(descriptor).size;
  const fail = (code: string, message: string, details: FailureDetails): Failure =>
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
  const spans: StoredTensor[] = [];
  for (const [name, entry] of entries) {
    const tensor = checkEntry(name, entry, dataStart, fileBytes, fail);
    tensors.set(name, tensor);
    spans.push(tensor);
  }
  checkSpans(spans, dataStart, fileBytes, fail);
  return { tensors, metadata };
}

type Fail = (code: string, message: string, details: FailureDetails) => Failure;

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
function checkSpans(spans: StoredTensor[], dataStart: number, fileBytes: number, fail: Fail): void {
  spans.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = dataStart;
  for (const { name, begin, end } of spans) {
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
