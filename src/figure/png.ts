import { crc32 } from 'node:zlib';

const millimetresPerInch = 25.4;

/**
 * The same PNG with its resolution written into it (a `pHYs` chunk after the header; PNG specification, 11.3.4.3), so
 * that documents show it at its real size.
 */
export function withResolution(png: Uint8Array, dpi: number): Uint8Array {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  // Signature (8), then IHDR: length (4), type (4), 13 bytes of data, checksum (4).
  const afterHeader = 8 + 4 + 4 + 13 + 4;
  const perMetre = Math.round((dpi * 1000) / millimetresPerInch);
  const chunk = Buffer.alloc(4 + 4 + 9 + 4);
  chunk.writeUInt32BE(9, 0);
  chunk.write('pHYs', 4, 'latin1');
  chunk.writeUInt32BE(perMetre, 8);
  chunk.writeUInt32BE(perMetre, 12);
  chunk.writeUInt8(1, 16);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 17)), 17);
  return new Uint8Array(Buffer.concat([bytes.subarray(0, afterHeader), chunk, bytes.subarray(afterHeader)]));
}
