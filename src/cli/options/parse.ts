import { checkLabel } from '../../engine/recorded/labels.ts';
import type { Tolerance } from '../../engine/diff/run-diff.ts';
import { didYouMean } from '../../system/suggest.ts';
import { type BackendName, backendNames } from '../../hosting/backends.ts';
import { usageFailure } from '../usage-failure.ts';
import { parseSetting, type Setting } from './settings.ts';
import { parseSize } from './size.ts';

/** A size as it was given, and in bytes. */
export interface Size {
  readonly given: string;
  readonly bytes: number;
}

export function collect(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

export function collectSetting(text: string, before: readonly Setting[]): readonly Setting[] {
  return [...before, parseSetting(text)];
}

export function parseName(text: string): string {
  return checkLabel(text, 'name');
}

export function collectTag(text: string, before: readonly string[]): readonly string[] {
  return [...new Set([...before, checkLabel(text, 'tag')])];
}

export function parseBackend(name: string): BackendName {
  const known = backendNames.find((backend) => backend === name);
  if (known !== undefined) return known;
  const next = didYouMean(name, backendNames);
  throw usageFailure('unknown-backend', `unknown backend \`${name}\``, {
    expected: backendNames.join(', '),
    ...(next !== undefined && { next }),
  });
}

export function parseMemory(text: string): Size {
  const bytes = parseSize(text) ?? 0;
  if (bytes > 0) return { given: text, bytes };
  throw usageFailure('bad-memory', `--memory ${text}: expected a size`, {
    expected: 'a number and KB, MB, GB, TB, KiB, MiB, GiB or TiB',
    next: 'for example --memory 4GB',
  });
}

/** In bytes; 0 lets all results go. */
export function parseMaxSize(text: string): number {
  const bytes = parseSize(text);
  if (bytes !== undefined) return bytes;
  throw usageFailure('bad-size', '--max-size: expected a size such as 500MB, 2GB or 1GiB', {
    found: `\`${text}\``,
  });
}

export function parseKeepRuns(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw usageFailure('bad-count', '--keep-runs: expected a whole number of at least 0', {
    found: `\`${text}\``,
  });
}

export function parseRows(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw usageFailure('bad-count', '--rows: expected a whole number of at least 0', { found: `\`${text}\`` });
}

/** Names of columns with commas between them. */
export function parseColumns(text: string): readonly string[] {
  return text.split(',').map((name) => name.trim());
}

/** One number for both: differences are measured absolutely near 0 and relatively elsewhere. */
export function parseTolerance(text: string): Tolerance {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= 0 && value !== Number.POSITIVE_INFINITY) return { absolute: value, relative: value };
  throw usageFailure('bad-tolerance', '--tolerance: expected a number of at least 0', {
    found: `\`${text}\``,
  });
}

/** A percentage as a share: `5%` is 0.05. */
export function parseSample(text: string): number {
  const [, digits] = /^(\d+(?:\.\d+)?) ?%?$/.exec(text) ?? [];
  const percent = Number(digits ?? NaN);
  if (percent > 0 && percent <= 100) return percent / 100;
  throw usageFailure('bad-sample', `--sample ${text} is no share of the rows`, {
    expected: 'a percentage above 0 and up to 100',
    next: 'for example --sample 5%',
  });
}
