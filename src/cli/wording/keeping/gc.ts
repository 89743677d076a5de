import type { Garbage, GcReport } from '../../../engine/gc/gc.ts';
import type { Colors } from '../../terminal/terminal.ts';
import { alignColumns } from '../parts/columns.ts';
import { wordFile } from '../diagnostics.ts';
import { count, wordBytes, wordCount } from '../parts/quantities.ts';
import { shellWord, unexpected } from '../parts/words.ts';

export interface GcStyle {
  readonly colors: Colors;
  readonly cwd: string;
  /** Name everything that goes. */
  readonly list: boolean;
}

/**
 * What went or would go, and what stays:
 *
 * ```
 * .assay: would free 11.8 kB
 *   1  run folder        10.4 kB  older than those to keep
 *   1  result             1.4 kB  no kept run has it
 *   1  file of results  69 bytes  no kept run has it
 * 2 results kept, 3.4 kB, for 1 run
 * ```
 *
 * With `list` each has a line of its own, with its name:
 *
 * ```
 *   result  3169618296c85308cf701d423b908da64c9884d689330a3568cb275f0ec104dd  1.4 kB  no kept run has it
 * ```
 */
export function wordGarbage(report: GcReport, { colors, cwd, list }: GcStyle): string {
  const { garbage, dryRun, keptResults, keptBytes, overBytes, unseen } = report;
  const where = colors.bold(wordFile(report.store, cwd));
  const lines: string[] = [];
  if (garbage.length === 0) lines.push(`${where}: nothing to remove`);
  else lines.push(`${where}: ${dryRun ? 'would free' : 'freed'} ${wordBytes(report.freedBytes)}`);
  const rows = list
    ? garbage.map((one) => [`  ${wordKind(one.kind, 1)}`, one.name, wordBytes(one.bytes), wordBecause(one)])
    : groups(garbage).map((group) => [
        `  ${wordCount(group.length)}`,
        wordKind(group[0].kind, group.length),
        wordBytes(group.reduce((sum, { bytes }) => sum + bytes, 0)),
        wordBecause(group[0]),
      ]);
  lines.push(...alignColumns(rows, list ? ['left', 'left', 'right'] : ['right', 'left', 'right']));
  const runs = report.runs.reduce((sum, folder) => sum + folder.runs - folder.old, 0);
  lines.push(`${count(keptResults, 'result')} kept, ${wordBytes(keptBytes)}, for ${count(runs, 'run')}`);
  if (overBytes > 0) {
    lines.push(`That is ${wordBytes(overBytes)} too many: what was used within ten minutes, or has a run that goes on, stays.`); // prettier-ignore
  }
  if (unseen.length > 0) {
    lines.push('Results that no run here has are kept, for runs that cannot be seen now may have them:');
    lines.push(...unseen.map(wordUnseen));
  }
  const [absent] = unseen.filter(({ because }) => because === 'absent');
  if (absent) lines.push(`For a folder that is gone for good: assay gc --forget ${shellWord(absent.folder)}`);
  return `${lines.join('\n')}\n`;
}

function wordUnseen({ folder, host, because }: GcReport['unseen'][number]): string {
  return `  ${folder}, ${because === 'absent' ? 'which is not there now' : `on ${host}`}`;
}

type Group = [Garbage, ...Garbage[]];

function groups(garbage: readonly Garbage[]): Group[] {
  const found = new Map<string, Group>();
  for (const one of garbage) {
    const name = `${one.kind} ${one.because}`;
    const group = found.get(name);
    if (group === undefined) found.set(name, [one]);
    else group.push(one);
  }
  return [...found.values()];
}

function wordKind(kind: Garbage['kind'], n: number): string {
  const s = n === 1 ? '' : 's';
  switch (kind) {
    case 'result':
      return `result${s}`;
    case 'object':
      return `file${s} of results`;
    case 'rows':
      return 'rows of readings';
    case 'quarantine':
      return `quarantined file${s}`;
    case 'temporary':
      return `half-written file${s}`;
    case 'lock':
      return `lock${s}`;
    case 'run':
      return `run folder${s}`;
    case 'user':
      return `folder${s} of runs`;
    default:
      return unexpected(kind);
  }
}

function wordBecause({ kind, because }: Garbage): string {
  switch (because) {
    case 'unreferenced':
      return 'no kept run has it';
    case 'size':
      return 'used longest ago';
    case 'damaged':
      return 'damaged';
    case 'left-behind':
      return kind === 'lock' ? 'its holder is gone' : 'left behind';
    case 'old':
      return 'older than those to keep';
    case 'forgotten':
      return 'forgotten';
    default:
      return unexpected(because);
  }
}
