import type { Explanation, KeyComponent } from '../pipeline/explain-stage.ts';
import type { Colors } from '../terminal/terminal.ts';
import { alignColumns } from './parts/columns.ts';
import { wordReasons } from './reasons.ts';
import { wordChange, wordPath, wordValue } from './parts/values.ts';

/**
 * Every component of a stage's key beside that of a recorded run: `=` the same, `~` changed, `+` new, `-` gone:
 *
 * ```
 * prices (aggregate) run: option order: "-mean" -> "mean"
 * Compared with 2026-11-24T01-37-05.120Z-fruit-51e92e:
 *
 * =  format                              1
 * =  kind                                "aggregate"
 * =  source["dist/stages/claims/aggregate.js"]  abc5ac7d
 * =  packages                            {}
 * ~  options.order                       "-mean" -> "mean"
 * =  inputs.input                        0beec7b5
 * =  externals                           {}
 * ```
 */
export function wordExplanation({ stage, run, of, components }: Explanation, colors: Colors): string {
  const why = stage.reasons.length > 0 ? `: ${wordReasons(stage.reasons, 10)}` : '';
  const lines = [
    `${colors.bold(stage.name)} (${stage.uses}) ${stage.state}${why}`,
    run === undefined
      ? 'No run has recorded this stage.'
      : of === undefined
        ? `Compared with ${run}:`
        : `${run} -> ${of}:`,
  ];
  if (of !== undefined && run !== undefined && stage.reasons.length === 0) {
    lines.push('Nothing differs: the result of one is that of the other.');
  }
  if (!stage.key) lines.push('Its key is not known yet: it depends on what runs before it.');
  const rows = components.map((component) =>
    wordComponent(component, stage.key !== undefined, run !== undefined, colors),
  );
  return `${[...lines, '', ...alignColumns(rows)].join('\n')}\n`;
}

function wordComponent(
  { path, before, after }: KeyComponent,
  hasKey: boolean,
  hasRun: boolean,
  colors: Colors,
): string[] {
  const name = wordPath(path);
  if (!hasKey) return [' ', name, wordValue(before)];
  if (!hasRun) return [' ', name, wordValue(after)];
  if (before === undefined) return [colors.green('+'), name, wordValue(after)];
  if (after === undefined) return [colors.red('-'), name, wordValue(before)];
  if (JSON.stringify(before) === JSON.stringify(after)) return ['=', name, colors.dim(wordValue(after))];
  return [colors.yellow('~'), name, wordChange(before, after)];
}
