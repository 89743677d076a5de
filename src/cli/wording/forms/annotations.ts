import { resolve } from 'node:path';
import type { Diagnostic, Place } from '../../../engine/diagnostic.ts';
import { wordDetails } from '../parts/details.ts';
import { wordFile } from '../diagnostics.ts';

/**
 * Diagnostics as workflow commands of GitHub Actions, one line each, which it shows at their places in the files:
 *
 * ```
 * ::error title=unknown-key,file=pipeline.yaml,line=12,endLine=12,col=5,endColumn=9::unknown key `wiht`%0Aexpected: ...
 * ```
 *
 * Source: docs.github.com, "Workflow commands for GitHub Actions"; the escapes are those of actions/toolkit,
 * packages/core/src/command.ts.
 *
 * @param at `cwd` is what the places are relative to; `root`, that of the checkout, is what files are named relative to
 */
export function wordAnnotations(
  diagnostics: readonly Diagnostic[],
  { root, cwd }: { readonly root: string; readonly cwd: string },
): string {
  const absolute = (place: Place) => ({ ...place, file: resolve(cwd, place.file) });
  return diagnostics
    .map(({ place, related, ...others }) => ({
      ...others,
      ...(place && { place: absolute(place) }),
      ...(related && { related: related.map((one) => ({ ...one, place: absolute(one.place) })) }),
    }))
    .map((diagnostic) => `${annotation(diagnostic, root)}\n`)
    .join('');
}

function annotation(diagnostic: Diagnostic, root: string): string {
  const { severity, code, place } = diagnostic;
  const properties: [string, string | number][] = [['title', code]];
  if (place !== undefined) {
    properties.push(
      ['file', wordFile(place.file, root)],
      ['line', place.line],
      ['endLine', place.line],
      ['col', place.column],
      ['endColumn', place.column + place.length],
    );
  }
  const words = properties.map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  return `::${severity} ${words.join(',')}::${escapeData(wordDetails(diagnostic, root))}`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
