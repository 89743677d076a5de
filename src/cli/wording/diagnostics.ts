import { isAbsolute, relative } from 'node:path';
import type { Diagnostic, Place } from '../../engine/diagnostic.ts';
import type { Colors } from '../terminal/terminal.ts';
import { count } from './parts/quantities.ts';

/** Longest part of a source line that is shown around the caret. */
const WIDTH = 100;

export interface DiagnosticStyle {
  readonly colors: Colors;
  /** Files are named relative to it. */
  readonly cwd: string;
}

/**
 * ```
 * pipeline.yaml:12:5: error: unknown key `wiht`
 *    12 |     wiht: { by: [format] }
 *       |     ^^^^
 *   expected: uses, from, with, matrix
 *   next: did you mean `with`?
 * ```
 */
export function wordDiagnostic(diagnostic: Diagnostic, style: DiagnosticStyle): string {
  const { colors } = style;
  const label = diagnostic.severity === 'error' ? colors.red('error') : colors.yellow('warning');
  const at = diagnostic.place ? `${colors.bold(wordPlace(diagnostic.place, style.cwd))}: ` : '';
  const lines = [`${at}${label}: ${diagnostic.message}`];
  if (diagnostic.place) lines.push(...excerpt(diagnostic.place, colors));
  if (diagnostic.where !== undefined) lines.push(field('where', diagnostic.where, colors));
  if (diagnostic.expected !== undefined) lines.push(field('expected', diagnostic.expected, colors));
  if (diagnostic.found !== undefined) lines.push(field('found', diagnostic.found, colors));
  for (const { message, place } of diagnostic.related ?? []) {
    lines.push(`  ${wordPlace(place, style.cwd)}: ${message}`, ...excerpt(place, colors));
  }
  if (diagnostic.next !== undefined) lines.push(field('next', diagnostic.next, colors));
  return lines.join('\n');
}

/** All of them, errors last so that they stay on the screen, and how many there are. */
export function wordDiagnostics(diagnostics: readonly Diagnostic[], style: DiagnosticStyle): string {
  const warnings = diagnostics.filter(({ severity }) => severity === 'warning');
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const blocks = [...warnings, ...errors].map((diagnostic) => wordDiagnostic(diagnostic, style));
  if (errors.length > 1) blocks.push(count(errors.length, 'error'));
  return blocks.map((block) => `${block}\n`).join('\n');
}

/** `pipeline.yaml: valid` */
export function wordValid(file: string, colors: Colors): string {
  return `${file}: ${colors.green('valid')}\n`;
}

export function wordPlace(place: Place, cwd: string): string {
  return `${wordFile(place.file, cwd)}:${place.line}:${place.column}`;
}

/** Relative to `cwd` where that is shorter to read, absolute where it would climb out of it. */
export function wordFile(file: string, cwd: string): string {
  if (!isAbsolute(file)) return file;
  const near = relative(cwd, file);
  return near === '' || near.startsWith('..') ? file : near;
}

function field(name: string, text: string, colors: Colors): string {
  const [first = '', ...rest] = text.split('\n');
  const indent = ' '.repeat(name.length + 4);
  return [`  ${colors.dim(`${name}:`)} ${first}`, ...rest.map((line) => indent + line)].join('\n');
}

function excerpt(place: Place, colors: Colors): string[] {
  const gutter = String(place.line).padStart(5);
  const column = place.column - 1;
  // A line may be a whole JSON document: only what surrounds the caret is shown.
  const from = place.text.length > WIDTH && column > WIDTH / 2 ? column - Math.floor(WIDTH / 3) : 0;
  const cutLeft = from > 0 ? '...' : '';
  const cutRight = place.text.length > from + WIDTH ? '...' : '';
  const shown = cutLeft + place.text.slice(from, from + WIDTH) + cutRight;
  const caretAt = column - from + cutLeft.length;
  // Tabs are kept in the padding, so that the caret stands under its column however wide a tab is.
  const padding = shown.slice(0, caretAt).replaceAll(/[^\t]/g, ' ').padEnd(caretAt);
  const carets = Math.max(1, Math.min(place.length, shown.length - cutRight.length - caretAt));
  return [
    `${colors.dim(`${gutter} |`)} ${shown}`,
    `${colors.dim('      |')} ${padding}${colors.red('^'.repeat(carets))}`,
  ];
}
