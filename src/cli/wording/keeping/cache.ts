import type { PartSize } from '../../../engine/store/sizes.ts';
import type { RowsVerdict } from '../../../hosting/readings/verify-readings.ts';
import type { Colors } from '../../terminal/terminal.ts';
import { alignColumns } from '../parts/columns.ts';
import { count, wordBytes } from '../parts/quantities.ts';

export interface CacheContents {
  readonly store: string;
  readonly objects: PartSize;
  readonly actions: PartSize;
  readonly quarantine: PartSize;
  readonly rows: readonly { name: string; model: string | undefined; rows: number; bytes: number }[];
}

export function wordCache(found: CacheContents, colors: Colors): string {
  const { store, objects, actions, quarantine, rows } = found;
  const all = [objects, actions, quarantine, ...rows].reduce((sum, { bytes }) => sum + bytes, 0);
  const lines = [
    ['results of stages', String(actions.files), wordBytes(actions.bytes), ''],
    ['their files', String(objects.files), wordBytes(objects.bytes), ''],
    ...rows.map(({ name, model, rows: number, bytes }) => [
      `rows of ${model ?? 'an unknown model'}`,
      String(number),
      wordBytes(bytes),
      colors.dim(name.slice(0, 12)),
    ]),
    ...(quarantine.files > 0
      ? [[colors.yellow('damaged, set aside'), String(quarantine.files), wordBytes(quarantine.bytes), '']]
      : []),
  ];
  return [...alignColumns(lines, ['left', 'right', 'right']), '', `${wordBytes(all)} in ${store}`, ''].join(
    '\n',
  );
}

/** While it goes on. */
export function wordChecking(space: string): string {
  return `checking ${space.slice(0, 12)} ...`;
}

export function wordVerdicts(
  {
    store,
    damaged,
    verdicts,
  }: { store: string; damaged: readonly string[]; verdicts: readonly RowsVerdict[] },
  colors: Colors,
): string {
  if (verdicts.length === 0) return `no rows in ${store}\n`;
  const lines = verdicts.map(({ space, model, rows, checked, mismatches, largestDifference, skipped }) => {
    const name = `${model ?? 'unknown model'} ${colors.dim(space.slice(0, 12))}`;
    if (skipped !== undefined) return `${name}: ${colors.yellow('not checked')}: ${skipped}`;
    const what = `${checked} of ${count(rows, 'row')} computed again`;
    if (mismatches.length === 0) {
      return `${name}: ${what}, all as they were (largest difference ${largestDifference.toExponential(1)} nats)`;
    }
    const differ = `${mismatches.length} differ, by up to ${largestDifference.toExponential(1)} nats`;
    return `${name}: ${what}, ${colors.red(differ)}: remove ${store}/rows/${space} to compute them anew`;
  });
  const bad = damaged.map((file) =>
    colors.red(`${file} is damaged; what was lost is computed anew when needed`),
  );
  return [...lines, ...bad, ''].join('\n');
}
