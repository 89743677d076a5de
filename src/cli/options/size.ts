/** Bytes by unit, in capitals: powers of 1000, and of 1024 where there is an `i`. */
const UNITS = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
} as const;

const SIZE = /^\s*(?<number>\d+(?:\.\d+)?)\s*(?<unit>[KMGT]i?B|B)?\s*$/i;

/**
 * The size that every option of the program takes: a number, with decimals or without, and a unit: B, KB, MB, GB, TB, KiB,
 * MiB, GiB or TiB, in small letters or capitals. Without a unit it is bytes. `1.5GB`, `800 MB`, `1tib`, `2000000000`.
 *
 * @returns whole bytes; undefined for a text that is no size
 */
export function parseSize(text: string): number | undefined {
  const { number, unit = 'B' } = SIZE.exec(text)?.groups ?? {};
  if (number === undefined) return undefined;
  return Math.floor(Number(number) * UNITS[unit.toUpperCase() as keyof typeof UNITS]);
}
