import type { Explanation, KeyComponent } from '../pipeline/explain-stage.ts';
import type { Colors } from '../terminal/terminal.ts';
import { alignColumns } from './parts/columns.ts';
import { count } from './parts/quantities.ts';
import { wordReasons } from './reasons.ts';
import { wordChange, wordPath, wordValue } from './parts/values.ts';
import { list } from './parts/words.ts';

export interface ExplanationStyle {
  readonly colors: Colors;
  /** Whether components that are equal are shown, each in a line. */
  readonly all: boolean;
}

/**
 * What differs between a stage's key and that of a recorded run: `~` changed, `+` new, `-` gone; what is equal, `=`, is
 * counted, or shown on demand:
 *
 * ```
 * prices (aggregate) ran: option order: "-mean" -> "mean"
 * In 2026-11-24T01-39-12.004Z-fruit-bcdeef; compared with 2026-11-24T01-37-05.120Z-fruit-51e92e:
 *
 * ~  options.order  "-mean" -> "mean"
 * =  12 components are equal (--all): format, kind, source (7), packages, options (3), inputs and externals
 * ```
 *
 * Instances of a matrix stand below it, those of which the same is to be said in one line.
 */
export function wordExplanation(explanation: Explanation, style: ExplanationStyle): string {
  const { run, of, instances = [] } = explanation;
  const lines = [wordHead(explanation, style.colors), wordCompared(run, of)];
  if (instances.length === 0) lines.push('', ...wordComponents(explanation, style));
  else lines.push('', ...wordInstances(instances, style));
  return `${lines.join('\n')}\n`;
}

function wordHead({ stage, run, of, instances }: Explanation, colors: Colors): string {
  const some = instances === undefined ? '' : `, ${count(instances.length, 'instance')}`;
  const reasons = instances === undefined ? stage.reasons : [];
  const why =
    reasons.length > 0
      ? `: ${wordReasons(reasons, 10)}`
      : stage.key !== undefined && run !== undefined && instances === undefined
        ? `: ${of === undefined ? 'nothing changed' : 'nothing differs, one result is that of the other'}`
        : '';
  const found = stage.state === 'cached' && reasons.length > 0 ? ', its result was there; changed since' : '';
  return `${colors.bold(stage.name)} (${stage.uses}${some}) ${stage.state}${found}${why}`;
}

function wordCompared(run: string | undefined, of: string | undefined): string {
  if (of === undefined)
    return run === undefined ? 'No run has recorded this stage.' : `Compared with ${run}:`;
  return run === undefined
    ? `In ${of}; no run before it has recorded this stage.`
    : `In ${of}; compared with ${run}:`;
}

/** Instances of which the same is to be said are told of together; all have a line of their own on demand. */
function wordInstances(instances: readonly Explanation[], style: ExplanationStyle): string[] {
  const groups = new Map<string, Explanation[]>();
  for (const each of instances) {
    const { stage, components } = each;
    const differing = components.filter((component) => !isEqual(component));
    const isNew = stage.reasons.some(({ type }) => type === 'first-run');
    const same = style.all ? stage.name : JSON.stringify([stage.state, stage.reasons, isNew || differing]);
    groups.set(same, [...(groups.get(same) ?? []), each]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { state, reasons } = first.stage;
    const why = reasons.length > 0 ? wordReasons(reasons, 10) : 'nothing changed';
    const head = `${wordInstanceNames(group, style.colors)} ${state}: ${why}`;
    const isNew = reasons.some(({ type }) => type === 'first-run');
    const isTold = style.all || (reasons.length > 0 && !isNew && first.stage.key !== undefined);
    return [head, ...(isTold ? wordComponents(first, style).map((line) => `  ${line}`) : [])];
  });
}

/** How many names of instances a line bears. */
const MOST_NAMES = 3;

function wordInstanceNames(group: readonly Explanation[], colors: Colors): string {
  const names = group.map(({ stage }) => stage.name);
  if (names.length <= MOST_NAMES) return list(names.map((name) => colors.bold(name)));
  return count(names.length, 'instance');
}

function wordComponents({ stage, run, components }: Explanation, style: ExplanationStyle): string[] {
  const { colors, all } = style;
  const hasRun = run !== undefined && components.some(({ before }) => before !== undefined);
  const hidden = all ? [] : components.filter(isHidden(stage.key !== undefined, hasRun));
  const shown = components.filter((each) => !hidden.includes(each));
  const rows = shown.map((component) => wordComponent(component, stage.key !== undefined, hasRun, colors));
  return [
    ...(stage.key === undefined ? ['Its key is not known yet: it depends on what runs before it.'] : []),
    ...alignColumns(rows),
    ...(hidden.length > 0 ? [colors.dim(wordHidden(hidden, stage.key !== undefined && hasRun))] : []),
  ];
}

function isEqual({ before, after }: KeyComponent): boolean {
  return before !== undefined && JSON.stringify(before) === JSON.stringify(after);
}

/** What is equal; where there is nothing to compare, the digests of code, and all that is of a run alone. */
function isHidden(hasKey: boolean, hasRun: boolean): (component: KeyComponent) => boolean {
  if (!hasKey) return () => true;
  return hasRun ? isEqual : ({ path: [part] }) => part === 'source' || part === 'packages';
}

/** `=  12 components are equal (--all): format, kind and source (10)`. */
function wordHidden(hidden: readonly KeyComponent[], areEqual: boolean): string {
  const parts = new Map<string, number>();
  for (const { path } of hidden) {
    const part = String(path[0]);
    parts.set(part, (parts.get(part) ?? 0) + 1);
  }
  const names = [...parts].map(([part, n]) => (n === 1 ? part : `${part} (${n})`));
  const what = areEqual ? `${hidden.length === 1 ? 'is' : 'are'} equal` : 'more';
  return `${areEqual ? '=  ' : '   '}${count(hidden.length, 'component')} ${what} (--all): ${list(names)}`;
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
