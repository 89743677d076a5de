/** `0.8 s`, `12.3 s`, `3 min 20 s`, `2 h 05 min`. */
export function wordDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 0.95) return `${Math.max(0, seconds).toFixed(seconds < 0.095 ? 2 : 1)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}

/** `2026-11-24 01:37:05`, in the local time zone: people compare it with their own watch. */
export function wordTime(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  const date = `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())}`;
  return `${date} ${pad(time.getHours())}:${pad(time.getMinutes())}:${pad(time.getSeconds())}`;
}

/** `640 bytes`, `1.2 MB`: powers of 1000, as file managers show them. */
export function wordBytes(bytes: number): string {
  if (bytes < 1000) return count(bytes, 'byte');
  const units = ['kB', 'MB', 'GB', 'TB'];
  let size = bytes / 1000;
  let unit = 0;
  while (size >= 999.95 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size.toFixed(1)} ${units[unit] ?? 'TB'}`;
}

/** `1 stage`, `15 stages`. */
export function count(n: number, noun: string): string {
  return `${wordCount(n)} ${noun}${n === 1 ? '' : 's'}`;
}

/** `1,234`. Not by `toLocaleString`, which takes 30 ms to wake the first time. */
export function wordCount(n: number): string {
  return String(n).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

function pad(n: number): string {
  return String(n).padStart(2, '0');
}

/** `12 instances`, or `2 of 12 instances` when only some of them run. */
export function wordInstances({
  total,
  active,
}: {
  readonly total: number;
  readonly active: number;
}): string {
  const all = count(total, 'instance');
  return active === 0 || active === total ? all : `${active} of ${all}`;
}

/** `15 stages`; where some are matrices also how many they are with all instances: `2 stages, 4 with their instances`. */
export function wordStageCount(
  stages: readonly { readonly instance?: { readonly of: string }; readonly gathers?: true }[],
): string {
  // What gathers the instances of a matrix is no stage that anyone wrote.
  const own = stages.filter(({ gathers }) => gathers !== true);
  const matrices = new Set(own.flatMap(({ instance }) => instance?.of ?? []));
  const written = own.filter(({ instance }) => instance === undefined).length + matrices.size;
  return matrices.size === 0
    ? count(written, 'stage')
    : `${count(written, 'stage')}, ${own.length} with their instances`;
}
