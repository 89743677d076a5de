import type { RunDiff } from '../../../engine/diff/run-diff.ts';
import { alignColumns } from '../parts/columns.ts';
import { count } from '../parts/quantities.ts';
import { wordDelta } from '../parts/table.ts';
import type { DiffStyle } from './changes.ts';
import { toldStages, wordDiff, wordSide } from './run-diff.ts';

/**
 * Several runs against one, first how far each measure moved in each of them, then each run by itself:
 *
 * ```
 * against 2026-11-24T01-37-05.120Z-fruit-bcdeef
 *   B  2026-11-24T01-39-12.004Z-fruit-51e92e
 *   C  2026-11-24T01-41-02.113Z-fruit-0a0b0c
 *
 * mean change, 95 % interval       B                          C
 * scores  target_log_prob (nats)   -0.31 [-0.52, -0.10]       =
 * ```
 */
export function wordDiffs(diffs: readonly RunDiff[], style: DiffStyle): string {
  const [first] = diffs;
  if (first === undefined || diffs.length === 1) return first === undefined ? '' : wordDiff(first, style);
  const letters = diffs.map((_, i) => letter(i + 1));
  const head = [
    `against ${style.colors.bold(wordSide(first.a))}`,
    ...diffs.map(({ b }, i) => `  ${letters[i] ?? ''}  ${wordSide(b)}`),
  ];
  const each = diffs.map((diff, i) => `${letters[i] ?? ''}: ${wordDiff(diff, style)}`);
  return [`${head.join('\n')}\n`, ...overview(diffs, letters, style), ...each].join('\n');
}

/** A, B, ... Z, AA: the baseline is A. */
function letter(place: number): string {
  const rest = Math.floor(place / 26);
  return (rest > 0 ? letter(rest - 1) : '') + String.fromCharCode(65 + (place % 26));
}

function overview(diffs: readonly RunDiff[], letters: readonly string[], { colors }: DiffStyle): string[] {
  const moved = new Map<string, string>();
  for (const diff of diffs) {
    for (const { name, table } of toldStages(diff.stages)) {
      if (table?.change === undefined) continue;
      const { column, unit } = table.change;
      moved.set(name, unit === undefined ? column : `${column} (${unit})`);
    }
  }
  if (moved.size === 0) return [];
  const rows = [...moved].map(([name, measure]) => [
    name,
    measure,
    ...diffs.map((diff) => moveOf(diff, name)),
  ]);
  const heading = ['mean change, 95 % interval', '', ...letters].map((text) => colors.dim(text));
  return [`${alignColumns([heading, ...rows]).join('\n')}\n`];
}

function moveOf({ stages }: RunDiff, name: string): string {
  const stage = stages.find((each) => each.name === name);
  if (stage === undefined) return '';
  const { result, table } = stage;
  if (result === 'same' || result === 'within-noise' || result === 'within-tolerance') return '=';
  if (table === undefined) return result;
  const rows = [
    table.added.length > 0 ? `, ${count(table.added.length, 'row')} more` : '',
    table.removed.length > 0 ? `, ${count(table.removed.length, 'row')} gone` : '',
  ].join('');
  if (table.change === undefined) return `=${rows}`;
  const { mean, interval } = table.change;
  const sure = interval === undefined ? '' : ` [${wordDelta(interval.low)}, ${wordDelta(interval.high)}]`;
  return `${wordDelta(mean)}${sure}${rows}`;
}
