/** `1.7 GB`, powers of 1000, for what is said below the command line. */
export function gigabytes(bytes: number, digits = 1): string {
  return `${(bytes / 1e9).toFixed(digits)} GB`;
}
