import type { Reason } from '../../engine/record.ts';
import { wordChange, wordPath, wordValue } from './values.ts';

/** Why a stage runs, in a line. */
export function wordReason(reason: Reason): string {
  switch (reason.type) {
    case 'first-run':
      return 'never ran before';
    case 'forced':
      return 'forced';
    case 'changed':
      return wordChangedComponent(reason);
    case 'result-lost':
      return `its result is lost: ${reason.detail}`;
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
  const shown = reasons.slice(0, most).map(wordReason);
  const hidden = reasons.length - shown.length;
  return shown.join('; ') + (hidden > 0 ? `; and ${hidden} more` : '');
}

type Changed = Extract<Reason, { type: 'changed' }>;

function wordChangedComponent({ path, before, after }: Changed): string {
  const [component, ...rest] = path;
  const name = wordPath(rest);
  switch (component) {
    case 'options':
      if (before === undefined) return `option ${name} is new: ${wordValue(after)}`;
      if (after === undefined) return `option ${name} is gone, was ${wordValue(before)}`;
      return `option ${name}: ${wordChange(before, after)}`;
    case 'inputs':
      if (before === undefined) return `input ${name} is new`;
      if (after === undefined) return `input ${name} is gone`;
      return `input ${name} changed`;
    case 'source': {
      // A source file's name has dots: it is one step of the path, quoted by wordPath.
      const file = rest.join('/');
      if (before === undefined) return `the stage's code now includes ${file}`;
      if (after === undefined) return `the stage's code no longer includes ${file}`;
      return `the stage's code changed: ${file}`;
    }
    case 'packages': {
      const packageName = rest.join('/');
      if (before === undefined) return `now uses package ${packageName} ${bare(after)}`;
      if (after === undefined) return `no longer uses package ${packageName}`;
      return `package ${packageName} ${bare(before)} -> ${bare(after)}`;
    }
    case 'externals':
      if (before === undefined) return `${name} is new`;
      if (after === undefined) return `${name} is gone`;
      return typeof before === 'object' ? `${name} changed` : `${name}: ${wordChange(before, after)}`;
    case 'kind':
      return `stage kind ${bare(before)} -> ${bare(after)}`;
    case 'format':
      return `the form of stored results changed: ${wordChange(before, after)}`;
    default:
      return `${wordPath(path)}: ${wordChange(before, after)}`;
  }
}

function bare(value: Changed['before']): string {
  return typeof value === 'string' ? value : wordValue(value);
}

/** `a`, `a and b`, `a, b and c`. */
export function list(names: readonly string[]): string {
  if (names.length < 2) return names[0] ?? '';
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

export function unexpected(value: never): never {
  throw new Error(`Internal error: expected a known case, was ${JSON.stringify(value)}`);
}
