import type { CodeDiff, RunDiff, StageDiff } from '../../../engine/diff/run-diff.ts';
import { count } from '../parts/quantities.ts';
import { wordNumber } from '../parts/table.ts';
import { list } from '../parts/words.ts';
import { capped, type DiffStyle } from './changes.ts';

/**
 * ```
 *   lib/mark.ts changed (loud)
 *   package marks 1.0.0 -> 1.1.0 (loud)
 *   Assay's own code: 3 files (scores and ranking)
 * ```
 */
export function wordCode(code: readonly CodeDiff[], style: DiffStyle): string[] {
  const own = code.filter(({ what }) => what === 'assay');
  const lines = code
    .filter(({ what }) => what !== 'assay')
    .map((each) => `  ${wordChangedCode(each)} (${list(each.stages)})`);
  const stages = [...new Set(own.flatMap((each) => each.stages))];
  const files = new Set(own.map(({ name }) => name)).size;
  return capped(
    [...lines, ...(files > 0 ? [`  Assay's own code: ${count(files, 'file')} (${list(stages)})`] : [])],
    style,
  );
}

function wordChangedCode({ what, name, before, after }: CodeDiff): string {
  if (what !== 'package') {
    return `${name} ${before === undefined ? 'is new' : after === undefined ? 'is gone' : 'changed'}`;
  }
  const [was, is] = [version(before), version(after)];
  if (was === undefined) return `package ${name} is new: ${is ?? ''}`;
  if (is === undefined) return `package ${name} is gone, was ${was}`;
  return was === is ? `the files of package ${name} ${is} changed` : `package ${name} ${was} -> ${is}`;
}

/** Without the digest that follows it where packages are told apart by their files too. */
function version(text: string | undefined): string | undefined {
  return text?.replaceAll(/ [0-9a-f]{64}(?=,|$)/g, '');
}

/** The stages that are equal: `The same in both runs: 3 stages`. */
export function wordRest({ a, b }: RunDiff, stages: readonly StageDiff[]): string[] {
  const same = stages.filter(({ result }) => result === 'same').length;
  const close = stages.filter(({ result }) => result === 'within-tolerance').map(({ name }) => name);
  const noisy = stages.filter(({ result }) => result === 'within-noise');
  const none = stages.filter(({ result }) => result === 'none').map(({ name }) => name);
  const lines: string[] = [];
  if (noisy.length > 0) lines.push(`Equal within noise: ${list(noisy.map(wordNoisy))}`);
  if (close.length > 0) lines.push(`Equal within the tolerance: ${list(close)}`);
  if (same > 0) lines.push(`The same in both runs: ${count(same, 'stage')}`);
  if (none.length > 0 && (a.state !== 'succeeded' || b.state !== 'succeeded')) {
    lines.push(`Without a result in either run: ${list(none)}`);
  }
  return lines;
}

function wordNoisy({ name, table }: StageDiff): string {
  if (table === undefined) return name;
  const { rows, largestNoise } = table;
  const most = largestNoise === undefined ? '' : `, by at most ${wordNumber(largestNoise)} nats`;
  return `${name} (${rows.withinNoise ?? 0} of ${count(rows.after, 'row')}${most})`;
}

/** How rows were told apart where no key that the data declare did. */
export function wordPairing(stages: readonly StageDiff[]): string[] {
  const tables = stages.flatMap(({ name, result, table }) =>
    table !== undefined && result === 'changed' ? [{ name, table }] : [],
  );
  const by = (how: 'content' | 'place') => tables.filter(({ table }) => table.pairedBy === how);
  const lines = by('content').map(({ name, table }) => `${name} by ${list(table.key)}`);
  const places = by('place').map(({ name }) => name);
  const repeated = tables.flatMap(({ name, table }) =>
    table.repeated === undefined ? [] : [`${name} (${count(table.repeated, 'row')})`],
  );
  return [
    ...(lines.length > 0 ? [`Rows are paired without a key that the data declare: ${lines.join('; ')}`] : []),
    ...(places.length > 0
      ? [`Rows are paired by their place, since nothing tells them apart: ${list(places)}`]
      : []),
    ...(repeated.length > 0 ? [`Rows that share a key are paired in their order: ${list(repeated)}`] : []),
  ];
}
