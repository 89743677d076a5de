import { NOT_IN_STORE } from '../../engine/plan/reasons.ts';
import type { InputRows, Reason } from '../../engine/record.ts';
import { count, wordCount } from './parts/quantities.ts';
import { list, unexpected } from './parts/words.ts';
import { renamesAmong, shorten, wordChange, wordPath, wordValue } from './parts/values.ts';

/**
 * Why a stage runs, in a line. One for each type of reason, and some for what may change in a key:
 *
 * ```
 * never ran before
 * forced
 * its result is lost: table.jsonl is missing from the store
 * its result is not in this store
 * depends on what prompts and scores give
 * option formats.plain.template: "{{ question }}" -> "Q: {{ question }}"
 * input variants: 3 rows added, 1 changed: format=leetspeak, item=2
 * the stage's code changed: stages/readings/score.ts
 * package arquero 8.0.1 -> 8.0.2
 * the files of package arquero 8.0.2 changed
 * model.digest: 01234567 -> fedcba98
 * the data file changed: 01234567 -> fedcba98
 * ```
 */
export function wordReason(reason: Reason): string {
  switch (reason.type) {
    case 'first-run':
      return 'never ran before';
    case 'forced':
      return 'forced';
    case 'changed':
      return wordChangedComponent(reason);
    case 'result-lost':
      return reason.detail === NOT_IN_STORE
        ? 'its result is not in this store'
        : `its result is lost: ${reason.detail}`;
    case 'upstream':
      return `depends on what ${list(firstOf(reason.stages))} ${reason.stages.length === 1 ? 'gives' : 'give'}`;
    default:
      return unexpected(reason);
  }
}

/** Stages that a line bears: the rest of hundreds of instances is a number. */
const MOST_NAMES = 4;

function firstOf(names: readonly string[]): readonly string[] {
  if (names.length <= MOST_NAMES) return names;
  return [...names.slice(0, MOST_NAMES - 1), `${names.length - MOST_NAMES + 1} more`];
}

/** As many reasons as a line bears. */
export function wordReasons(reasons: readonly Reason[], most = 3): string {
  const told = withRenames(reasons);
  const shown = told.slice(0, most);
  const hidden = told.length - shown.length;
  return shown.join('; ') + (hidden > 0 ? `; and ${hidden} more` : '');
}

/** In words; what is gone and new under another name with the same value was renamed. */
function withRenames(reasons: readonly Reason[]): string[] {
  const renamed = renamesAmong(reasons.filter((reason) => reason.type === 'changed'));
  const old = new Set<Reason>([...renamed.values()]);
  return reasons
    .filter((reason) => !old.has(reason))
    .map((reason) => {
      const was = reason.type === 'changed' ? renamed.get(reason) : undefined;
      if (was === undefined || reason.type !== 'changed') return wordReason(reason);
      return `option ${wordPath(was.path.slice(1))} is now called ${wordPath(reason.path.slice(-1))}`;
    });
}

type Changed = Extract<Reason, { type: 'changed' }>;

function wordChangedComponent({ path, before, after, rows }: Changed): string {
  const [component, ...rest] = path;
  const name = wordPath(rest);
  switch (component) {
    case 'options':
      if (before === undefined) return `option ${name} is new: ${wordValue(after)}`;
      if (after === undefined) return `option ${name} is gone, was ${wordValue(before)}`;
      return `option ${name}: ${wordChange(before, after)}`;
    case 'order':
      return `the order of ${rest.join('.')}: ${namesOf(before)} -> ${namesOf(after)}`;
    case 'inputs':
      if (before === undefined) return `input ${name} is new`;
      if (after === undefined) return `input ${name} is gone`;
      return rows === undefined ? `input ${name} changed` : `input ${name}: ${wordRows(rows)}`;
    case 'source': {
      // A source file's name has dots: it is one step of the path, quoted by wordPath.
      const file = rest.join('/');
      if (before === undefined) return `the stage's code now includes ${file}`;
      if (after === undefined) return `the stage's code no longer includes ${file}`;
      return `the stage's code changed: ${file}`;
    }
    case 'packages': {
      const packageName = rest.join('/');
      const [was, is] = [versions(before), versions(after)];
      if (before === undefined) return `now uses package ${packageName} ${is}`;
      if (after === undefined) return `no longer uses package ${packageName}`;
      if (was === is) return `the files of package ${packageName} ${is} changed`;
      return `package ${packageName} ${was} -> ${is}`;
    }
    case 'externals':
      if (before === undefined) return `${name} is new`;
      if (after === undefined) return `${name} is gone`;
      if (name === 'file.sha256') return `the data file changed: ${wordChange(before, after)}`;
      return typeof before === 'object' ? `${name} changed` : `${name}: ${wordChange(before, after)}`;
    case 'kind':
      return `stage kind ${bare(before)} -> ${bare(after)}`;
    case 'format':
      return `the form of stored results changed: ${wordChange(before, after)}`;
    default:
      return `${wordPath(path)}: ${wordChange(before, after)}`;
  }
}

/** `3 rows added, 1 changed: format=leetspeak, item=2`: the rows that are named are those that were said last. */
function wordRows({ added, removed, changed, columns, examples }: InputRows): string {
  const counts = (['added', 'removed', 'changed'] as const).flatMap((change) => {
    const n = { added, removed, changed }[change];
    return n > 0 ? [{ change, n }] : [];
  });
  const parts = counts.map(({ change, n }, i) => `${i === 0 ? count(n, 'row') : wordCount(n)} ${change}`);
  for (const change of ['added', 'removed'] as const) {
    const names = columns[change];
    if (names.length > 0 && counts.length === 0)
      parts.push(`${names.length === 1 ? 'column' : 'columns'} ${list(firstOf(names))} ${change}`);
  }
  const last = counts.at(-1);
  const named = examples.filter(({ change }) => change === last?.change).slice(0, MOST_ROWS);
  if (parts.length === 0) return 'no row differs';
  if (last === undefined || named.length === 0) return parts.join(', ');
  const more = last.n > named.length ? `; and ${wordCount(last.n - named.length)} more` : '';
  return `${parts.join(', ')}: ${named.map(({ key }) => wordRowKey(key)).join('; ')}${more}`;
}

const MOST_ROWS = 2;

function wordRowKey(key: InputRows['examples'][number]['key']): string {
  const cells = Object.entries(key).map(([name, value]) =>
    name === '#' ? `row ${wordValue(value)}` : `${name}=${bare(value)}`,
  );
  return shorten(cells.join(', '), 60);
}

/** `a, b, c`, as far as a line bears. */
function namesOf(names: Changed['before']): string {
  return shorten(Array.isArray(names) ? names.join(', ') : bare(names), 60);
}

/** Without the digests that follow them where packages are told apart by their files too. */
function versions(value: Changed['before']): string {
  return bare(value).replaceAll(/ [0-9a-f]{64}(?=,|$)/g, '');
}

function bare(value: Changed['before']): string {
  return typeof value === 'string' ? value : wordValue(value);
}
