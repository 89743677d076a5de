/** Floating-point types that a checkpoint may store and that widen to float32 exactly. */
export type StoredFloat = 'F32' | 'F16' | 'BF16';

/** The width of these in bytes. */
export const bytesPerFloat: Readonly<Record<StoredFloat, number>> = { F32: 4, F16: 2, BF16: 2 };

/** Every type that the safetensors format knows, with its width in bytes. */
export const bytesPerElement: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
};

/** Widens the first `count` elements of `source` to float32, exactly. */
export function widen(
  from: 'F16' | 'BF16',
  source: ArrayBufferLike,
  count: number,
  into: Float32Array,
  offset = 0,
): void {
  if (from === 'BF16') widenBrain(source, count, into, offset);
  else widenHalf(source, count, into, offset);
}

/** BF16 is the upper half of a float32. Two at a time, as one 32-bit word: twice as fast as one by one. */
function widenBrain(source: ArrayBufferLike, count: number, into: Float32Array, offset: number): void {
  const bits = new Uint32Array(into.buffer, into.byteOffset, count);
  if (offset % 4 === 0) {
    const words = new Uint32Array(source, offset, count >>> 1);
    for (let i = 0, o = 0; i < words.length; i += 1, o += 2) {
      const word = words[i] as number;
      bits[o] = word << 16;
      bits[o + 1] = word & 0xffff_0000;
    }
    if (count % 2 === 1)
      bits[count - 1] = (new Uint16Array(source, offset, count)[count - 1] as number) << 16;
    return;
  }
  const halves = new Uint16Array(source, offset, count);
  for (let i = 0; i < count; i += 1) bits[i] = (halves[i] as number) << 16;
}

function widenHalf(source: ArrayBufferLike, count: number, into: Float32Array, offset: number): void {
  const table = halfTable();
  const bits = new Uint32Array(into.buffer, into.byteOffset, count);
  const halves = new Uint16Array(source, offset, count);
  for (let i = 0; i < count; i += 1) bits[i] = table[halves[i] as number] as number;
}

let halves: Uint32Array | undefined;

/** float32 bits of every F16: IEEE 754 binary16, subnormals, infinities and NaN included. */
function halfTable(): Uint32Array {
  if (halves !== undefined) return halves;
  halves = new Uint32Array(65_536);
  const float = new Float32Array(1);
  const floatBits = new Uint32Array(float.buffer);
  for (let half = 0; half < 65_536; half += 1) {
    const sign = (half & 0x8000) << 16;
    const exponent = (half >>> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) {
      float[0] = fraction * 2 ** -24;
      halves[half] = sign | (floatBits[0] as number);
    } else {
      halves[half] = sign | ((exponent === 31 ? 255 : exponent + 112) << 23) | (fraction << 13);
    }
  }
  return halves;
}

/** Rounds float32 to BF16, to nearest, ties to even, as hardware and PyTorch do. NaN stays NaN. */
export function toBrain(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const brain = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i += 1) {
    const word = bits[i] as number;
    const isNaN = (word & 0x7fff_ffff) > 0x7f80_0000;
    brain[i] = isNaN ? 0x7fc0 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return brain;
}
