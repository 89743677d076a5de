import { closeSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { toBrain } from '../../../src/model/checkpoint/floats.ts';
import { Failure } from '../../../src/system/failure.ts';
import { writeSafetensors } from '../../../src/model/checkpoint/safetensors-writer.ts';
import { SafetensorsFile } from '../../../src/model/checkpoint/safetensors.ts';
import { temporaryFolder } from '../../support/models/tiny-model.ts';

/** A file of the given header and data, lies included. */
function assemble(header: unknown, dataBytes: number, headerBytes?: bigint): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(headerBytes ?? BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}

const f32 = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

interface Hostile {
  readonly title: string;
  readonly bytes: Buffer;
  readonly code: string;
  readonly where?: string;
  readonly expected?: string;
  readonly found?: string;
}

const hostile: Hostile[] = [
  { title: 'an empty file', bytes: Buffer.alloc(0), code: 'safetensors-truncated', found: '0 bytes' },
  { title: 'seven bytes', bytes: Buffer.alloc(7), code: 'safetensors-truncated', found: '7 bytes' },
  {
    title: 'a header longer than the file',
    bytes: assemble({}, 0, 1000n),
    code: 'safetensors-header-length',
    found: '1000 bytes',
  },
  {
    title: 'a header of 2^63 bytes',
    bytes: assemble({}, 0, 1n << 63n),
    code: 'safetensors-header-length',
    found: '9223372036854775808 bytes',
  },
  {
    title: 'a header that ends early',
    bytes: assemble({ a: f32(0, 4) }, 4, 9n),
    code: 'safetensors-header-json',
  },
  { title: 'a header that is a list', bytes: assemble([], 0), code: 'safetensors-header-json' },
  {
    title: 'a header that is not UTF-8',
    bytes: Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from([0xff, 0xfe])]),
    code: 'safetensors-header-json',
  },
  {
    title: 'metadata that are not strings',
    bytes: assemble({ __metadata__: { format: 1 } }, 0),
    code: 'safetensors-header-json',
  },
  {
    title: 'a name that occurs twice',
    bytes: assemble(`{"a":${JSON.stringify(f32(0, 4))}, "\\u0061" : ${JSON.stringify(f32(4, 8))}}`, 8),
    code: 'safetensors-duplicate',
    where: 'tensor a',
  },
  {
    title: 'an unknown type',
    bytes: assemble({ a: { dtype: 'F31', shape: [1], data_offsets: [0, 4] } }, 4),
    code: 'safetensors-dtype',
    where: 'tensor a',
    found: '"F31"',
  },
  {
    title: 'an entry that is null',
    bytes: assemble({ a: null }, 0),
    code: 'safetensors-dtype',
    where: 'tensor a',
  },
  {
    title: 'a negative side',
    bytes: assemble({ a: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }, 4),
    code: 'safetensors-shape',
    found: '[-1]',
  },
  {
    title: 'a shape that is not a list',
    bytes: assemble({ a: { dtype: 'F32', shape: 'x', data_offsets: [0, 4] } }, 4),
    code: 'safetensors-shape',
  },
  {
    title: 'offsets backwards',
    bytes: assemble({ a: { dtype: 'F32', shape: [1], data_offsets: [4, 0] } }, 4),
    code: 'safetensors-byte-length',
  },
  {
    title: 'three offsets',
    bytes: assemble({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 8] } }, 8),
    code: 'safetensors-offsets',
  },
  {
    title: 'fewer bytes than the shape needs',
    bytes: assemble({ a: f32(0, 8, [3]) }, 8),
    code: 'safetensors-byte-length',
    where: 'tensor a',
    expected: '12 bytes for F32 [3]',
  },
  {
    title: 'a shape whose product overflows',
    bytes: assemble({ a: f32(0, 8, [2 ** 40, 2 ** 40]) }, 8),
    code: 'safetensors-byte-length',
  },
  {
    title: 'a truncated tensor',
    bytes: assemble({ a: f32(0, 4), b: f32(4, 104) }, 50),
    code: 'safetensors-truncated',
    where: 'tensor b',
  },
  {
    title: 'tensors that overlap',
    bytes: assemble({ a: f32(0, 8), b: f32(4, 12) }, 12),
    code: 'safetensors-overlap',
    where: 'tensor b',
  },
  {
    title: 'a gap between tensors',
    bytes: assemble({ a: f32(0, 4), b: f32(8, 12) }, 12),
    code: 'safetensors-gap',
    where: 'tensor b',
  },
  {
    title: 'bytes that belong to no tensor',
    bytes: assemble({ a: f32(0, 4) }, 9),
    code: 'safetensors-trailing',
  },
];

describe('safetensors', () => {
  const { folder, remove } = temporaryFolder();
  after(remove);

  for (const [index, { title, bytes, ...wanted }] of hostile.entries()) {
    it(`refuses ${title}`, () => {
      const file = join(folder, `hostile-${index}.safetensors`);
      writeFileSync(file, bytes);
      let failure: unknown;
      try {
        new SafetensorsFile(file);
      } catch (error) {
        failure = error;
      }
      expect(failure).to.be.instanceOf(Failure);
      const { details } = failure as Failure;
      expect(details.code).to.equal(wanted.code);
      expect(details.where).to.include(file);
      expect(details.next).to.be.a('string');
      for (const field of ['where', 'expected', 'found'] as const) {
        if (wanted[field] !== undefined) expect(details[field]).to.include(wanted[field]);
      }
    });
  }

  it('gives back what it wrote, F32 to the bit and BF16 rounded to nearest even', () => {
    const values = Float32Array.of(0, -0, 1, 1.00390625, 1.01171875, 3.4e38, -1e-40, Infinity, NaN, 0.1);
    const file = join(folder, 'both.safetensors');
    writeSafetensors(file, [
      { name: 'odd', shape: [3], values: Float32Array.of(1, 2, 3), dtype: 'BF16' },
      { name: 'full', shape: [2, 5], values, dtype: 'F32' },
      { name: 'brain', shape: [5, 2], values, dtype: 'BF16' },
      { name: 'empty', shape: [0, 4], values: new Float32Array(0), dtype: 'F32' },
      { name: 'scalar', shape: [], values: Float32Array.of(7), dtype: 'F32' },
    ]);
    const read = new SafetensorsFile(file);
    const floats = (name: string): Float32Array => {
      const tensor = read.tensors.get(name)!;
      const into = new Float32Array(tensor.size);
      read.readFloats(tensor, into);
      return into;
    };
    // `full` begins 6 bytes into the data: its floats are misaligned in the file.
    expect(new Uint32Array(floats('full').buffer)).to.deep.equal(new Uint32Array(values.buffer));
    expect([...floats('odd')]).to.deep.equal([1, 2, 3]);
    // Ties go to even: 1.00390625 lies halfway between 1 and 1.0078125, 1.01171875 between that and 1.015625.
    const brain = [0, -0, 1, 1, 1.015625, Infinity, -9.183549615799121e-41, Infinity, NaN, 0.10009765625];
    for (const [i, value] of floats('brain').entries()) {
      if (Number.isNaN(brain[i])) expect(value).to.be.NaN;
      else expect(value).to.equal(brain[i]);
    }
    expect([...floats('scalar')]).to.deep.equal([7]);
    expect(floats('empty')).to.have.length(0);
    read.close();
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).to.deep.equal([]);
  });

  it('widens every F16 and every BF16 exactly', () => {
    const every = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
    const half = (bits: number): number => {
      const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
      if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
      return exponent === 0
        ? sign * fraction * 2 ** -24
        : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
    };
    const header = {
      half: { dtype: 'F16', shape: [65_536], data_offsets: [0, 131_072] },
      brain: { dtype: 'BF16', shape: [65_536], data_offsets: [131_072, 262_144] },
    };
    const file = join(folder, 'every.safetensors');
    const data = Buffer.from(every.buffer);
    writeFileSync(file, Buffer.concat([assemble(header, 0), data, data]));
    const read = new SafetensorsFile(file);
    const into = new Float32Array(65_536);
    read.readFloats(read.tensors.get('half')!, into);
    for (const bits of every) expect(into[bits], `half ${bits}`).to.deep.equal(half(bits));
    read.readFloats(read.tensors.get('brain')!, into);
    const words = new Uint32Array(into.buffer);
    expect(words.every((word, bits) => word === bits * 65_536)).to.equal(true);
    expect(toBrain(into).every((brain, bits) => brain === bits || Number.isNaN(into[bits]))).to.equal(true);
    read.close();
  });

  it('writes equal tensors to equal bytes', () => {
    const tensors = [{ name: 'a', shape: [2], values: Float32Array.of(1, 2), dtype: 'F32' as const }];
    writeSafetensors(join(folder, 'one'), tensors);
    writeSafetensors(join(folder, 'two'), tensors);
    expect(readFileSync(join(folder, 'one')).equals(readFileSync(join(folder, 'two')))).to.equal(true);
  });

  it('reads tensors that lie beyond 2 GiB', function () {
    this.timeout(20_000);
    const far = 2 ** 31 + 4;
    const header = JSON.stringify({
      big: { dtype: 'U8', shape: [far], data_offsets: [0, far] },
      last: { dtype: 'F32', shape: [1], data_offsets: [far, far + 4] },
    });
    const file = join(folder, 'sparse.safetensors');
    sparseFile(file, assemble(header, 0), far, Buffer.from(Float32Array.of(42).buffer));
    const read = new SafetensorsFile(file);
    const into = new Float32Array(1);
    read.readFloats(read.tensors.get('last')!, into);
    read.close();
    expect(into[0]).to.equal(42);
  });
});

/** Mostly a hole: takes no disk. */
function sparseFile(file: string, head: Buffer, hole: number, tail: Buffer): void {
  const descriptor = openSync(file, 'w');
  writeSync(descriptor, head, 0, head.length, 0);
  writeSync(descriptor, tail, 0, tail.length, head.length + hole);
  closeSync(descriptor);
}
