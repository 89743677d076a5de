import { isDeepStrictEqual } from 'node:util';
import type {
  ExternalDiff,
  RunDiff,
  RunSide,
  StageDiff,
  StageSide,
  ValueChange,
} from '../../../engine/diff/run-diff.ts';
import type { Colors } from '../../terminal/terminal.ts';
import { count } from '../parts/quantities.ts';
import { renamesAmong, wordPath } from '../parts/values.ts';
import { list, unexpected } from '../parts/words.ts';
import { wordReasons } from '../reasons.ts';
import { bySize, capped, type DiffStyle, wordChanges, wordResultChange, wordValueChange } from './changes.ts';
import { wordCode, wordPairing, wordRest } from './rest.ts';
import { wordRowCounts, wordTableDiff } from './table-diff.ts';

/**
 * What was edited, what it touched, what moved:
 *
 * ```
 * 2026-11-24T01-37-05.120Z-fruit-bcdeef -> 2026-11-24T01-39-12.004Z-fruit-51e92e
 *
 * pipeline
 *   fruit: option items[5].price: 0.25 -> 9 (+8.7500)
 *
 * fruit: 1 of 6 rows changed (ran: option items[5].price: 0.25 -> 9)
 *   fruit=plum, day=tue  price  0.2500 -> 9.0000  +8.7500
 *
 * prices: 3 of 3 rows changed (ran: input rows changed)
 *   plum  mean  0.3750 -> 4.7500  +4.3750  also stdev
 *   ranking
 *     plum   3 -> 1  up 2
 *     pear   1 -> 2  down 1
 *     apple  2 -> 3  down 1
 *
 * The same in both runs: 1 stage
 * ```
 *
 * Numbers that differ as readings of the same do are no change:
 *
 * ```
 * Equal within noise: scores (7 of 9 rows, by at most 7.153e-7 nats) and ranking (3 of 3 rows, by at most 2.384e-7 nats)
 * ```
 *
 * Two identical runs take one line:
 *
 * ```
 * a and b are identical: the same pipeline, models, versions and results (3 stages).
 * ```
 */
export function wordDiff(diff: RunDiff, style: DiffStyle): string {
  const { a, b } = diff;
  const stages = toldStages(diff.stages);
  if (a.id === b.id) return `${wordSide(a)} is compared with itself.\n`;
  if (diff.identical) {
    return `${wordSide(a)} and ${wordSide(b)} are identical: the same pipeline, models, versions and results (${count(stages.length, 'stage')}).\n`;
  }
  const sections = [
    [`${style.colors.bold(wordSide(a))} -> ${style.colors.bold(wordSide(b))}`, ...wordRuns(diff)],
    ...wordCauses(diff, style).map(({ title, lines }) => section(title, lines, style)),
    ...stages.map((stage, i) => wordStageDiff(stage, stages.slice(0, i), style)),
    wordRest(diff, stages),
    wordPairing(stages),
    section('environment', wordChanges(diff.environment, style), style),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** What differs in what was asked, and of what it was asked: why results may differ. */
export function wordCauses(
  diff: RunDiff,
  style: DiffStyle,
): readonly { readonly title: string; readonly lines: readonly string[] }[] {
  return [
    { title: 'params', lines: wordChanges(diff.params, style) },
    { title: 'pipeline', lines: wordPipelineChanges(diff.pipeline, style) },
    { title: 'models and files', lines: diff.externals.flatMap((each) => wordExternal(each, style)) },
    { title: 'code', lines: wordCode(diff.code, style) },
    { title: 'versions', lines: wordChanges(diff.versions, style) },
  ];
}

/** The stages that people wrote, with why they differ. */
export function toldStages(all: readonly StageDiff[]): StageDiff[] {
  return withoutGathered(all).map((stage) => gatheredWhy(stage, all));
}

/** What instances of a matrix give is part of the table that gathers them: to show both says it twice. */
function withoutGathered(stages: readonly StageDiff[]): StageDiff[] {
  const gathered = new Set(stages.flatMap(({ name, gathers }) => (gathers === true ? name : [])));
  return stages.filter(({ instance }) => instance === undefined || !gathered.has(instance.of));
}

/** What gathers instances differs because they do: theirs are its causes, each once, and how many are new or gone. */
function gatheredWhy(stage: StageDiff, all: readonly StageDiff[]): StageDiff {
  if (stage.gathers !== true) return stage;
  const instances = all.filter(({ instance }) => instance?.of === stage.name);
  const causes = new Map(
    instances.flatMap((each) => each.causes ?? []).map((cause) => [JSON.stringify(cause), cause]),
  );
  return { ...stage, causes: [...causes.values()] };
}

/** `2026-11-24T01-37-05.120Z-fruit-51e92e (baseline, gpu)`: with what it is called, its name first. */
export function wordSide({ id, name, tags = [] }: RunSide): string {
  const called = [name ?? [], tags].flat();
  return called.length === 0 ? id : `${id} (${called.join(', ')})`;
}

function wordRuns({ a, b }: RunDiff): string[] {
  const lines: string[] = [];
  if (a.pipeline !== b.pipeline) lines.push(`  pipeline ${a.pipeline} -> ${b.pipeline}`);
  if (a.state !== b.state) lines.push(`  run ${a.state} -> ${b.state}`);
  return lines;
}

function section(title: string, lines: readonly string[], { colors }: DiffStyle): string[] {
  return lines.length === 0 ? [] : [colors.bold(title), ...lines];
}

/** Params have a section of their own; what is gone and new under another name with the same value was renamed. */
function wordPipelineChanges(all: readonly ValueChange[], style: DiffStyle): string[] {
  const changes = all.filter(({ path: [top] }) => top !== 'params');
  const renamed = renamesAmong(changes);
  const old = new Set(renamed.values());
  const lines = changes
    .filter((change) => !old.has(change))
    .map((change) => {
      const was = renamed.get(change);
      if (was === undefined) return wordPipelineChange(change);
      const [, stage = '', , ...rest] = was.path;
      return `  ${stage}: option ${wordPath(rest)} is now called ${wordPath(change.path.slice(-1))}`;
    });
  return capped(lines, style);
}

/** `variants: option formats.plain.template: "a" -> "b"` for `stages.variants.with.formats.plain.template`. */
function wordPipelineChange(change: ValueChange): string {
  const [top, stage, part, ...rest] = change.path;
  if (top !== 'stages' || stage === undefined) return `  ${wordValueChange(change)}`;
  if (part === undefined) return `  stage ${stage} is ${change.before === undefined ? 'new' : 'gone'}`;
  if (part === 'instances' && rest.length === 1) {
    const state = change.before === undefined ? 'new' : change.after === undefined ? 'gone' : 'changed';
    return `  ${stage}: instance ${rest.join('')} is ${state}`;
  }
  if (part === 'with' && rest.length > 0)
    return `  ${stage}: option ${wordValueChange({ ...change, path: rest })}`;
  return `  ${stage}: ${wordValueChange({ ...change, path: [part, ...rest] })}`;
}

function wordExternal({ name, stages, changes, before, after }: ExternalDiff, style: DiffStyle): string[] {
  const lines = changes.map((change) => `    ${wordValueChange(change)}`);
  // Of a file its name; what is told of a model is longer.
  const names = [...new Set([before, after])].filter((detail) => typeof detail === 'string');
  return [
    `  ${[name, names.join(' -> ')].join(' ').trimEnd()} (${list(stages)})`,
    ...capped(lines, style, '    '),
  ];
}

/** The earlier stage of which the same rows changed in the same cells: what it gave is passed on. */
function passedOn(
  { table }: StageDiff,
  earlier: readonly StageDiff[],
  { most }: DiffStyle,
): StageDiff | undefined {
  if (table === undefined || table.changed.length === 0 || most === Number.POSITIVE_INFINITY)
    return undefined;
  if (table.added.length + table.removed.length > 0 || table.ranking !== undefined) return undefined;
  return earlier.find(
    ({ result, table: other }) =>
      result === 'changed' && other !== undefined && isDeepStrictEqual(other.changed, table.changed),
  );
}

export function wordStageDiff(stage: StageDiff, earlier: readonly StageDiff[], style: DiffStyle): string[] {
  const { colors } = style;
  const name = colors.bold(stage.name);
  switch (stage.result) {
    case 'none': {
      const quoted = wordFailure(stage.after ?? stage.before);
      return quoted.length === 0 ? [] : [`${name}: failed`, ...quoted];
    }
    case 'same':
    case 'within-tolerance':
    case 'within-noise':
      return [];
    case 'only-after':
      if (stage.renamed !== undefined)
        return [`${name}: the same as ${stage.renamed} in the first run, under another name`];
      return [`${name}: only the second run has a result`, ...wordFailure(stage.before)];
    case 'only-before':
      // It is told where its new name stands.
      if (stage.renamed !== undefined) return [];
      return [
        `${name}: only the first run has a result${stage.after ? ` (${stage.after.state})` : ''}`,
        ...wordFailure(stage.after),
      ];
    case 'unreadable':
      return [`${name}: differs, and cannot be compared: ${stage.problem ?? ''}`];
    case 'changed':
      break;
    default:
      return unexpected(stage.result);
  }
  const why = wordWhy(stage, colors);
  const same = passedOn(stage, earlier, style);
  if (stage.table && same !== undefined)
    return [`${name}: ${wordRowCounts(stage.table)}, as in ${same.name} and in nothing else${why}`];
  if (stage.table)
    return [`${name}: ${wordRowCounts(stage.table)}${why}`, ...wordTableDiff(stage.table, style)];
  if (stage.value) {
    const lines = bySize(stage.value, (change) => change.delta).map(
      (change) => `  ${wordResultChange(change)}`,
    );
    return [`${name}: ${count(stage.value.length, 'value')} changed${why}`, ...capped(lines, style)];
  }
  if (stage.text) {
    const { added, removed } = stage.text;
    const lines = stage.text.lines.map(({ op, text }) => wordTextLine(op, text, colors));
    return [`${name}: ${count(added, 'line')} added, ${removed} removed${why}`, ...capped(lines, style)];
  }
  if (stage.figure) {
    const what = stage.figure.spec.length > 0 ? 'figure changed' : 'figure changed in its data';
    return [`${name}: ${what}${why}`, ...wordChanges(stage.figure.spec, style)];
  }
  return [`${name}: ${stage.problem ?? 'changed'}${why}`];
}

/** What a stage that failed said. */
function wordFailure(side: StageSide | undefined): string[] {
  const { failure } = side ?? {};
  if (failure === undefined) return [];
  const { message, where, expected, found } = failure;
  return [
    `  ${message}`,
    ...(where === undefined ? [] : [`  in ${where}`]),
    ...(expected === undefined ? [] : [`  expected ${expected}`]),
    ...(found === undefined ? [] : [`  found ${found}`]),
  ];
}

/** How the keys differ says it; else what the run said, but for what it says of its store alone. */
function wordWhy({ after, causes, gathers }: StageDiff, colors: Colors): string {
  if (after === undefined) return '';
  if (causes?.length === 0 && gathers !== true)
    return colors.dim(` (${after.state}: computed anew from the same)`);
  const told = causes ?? after.reasons.filter(({ type }) => type === 'changed');
  return told.length > 0 ? colors.dim(` (${after.state}: ${wordReasons(told, 2)})`) : '';
}

function wordTextLine(op: '=' | '+' | '-', text: string, colors: Colors): string {
  if (op === '=') return `    ${text}`.trimEnd();
  return op === '+' ? colors.green(`  + ${text}`) : colors.red(`  - ${text}`);
}
