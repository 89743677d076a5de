import { isAbsolute, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Diagnostic, Place } from '../../../engine/diagnostic.ts';
import type { JsonObject } from '../../../system/json.ts';
import { wordDetails } from '../parts/details.ts';

/** The name that code scanning knows the root of the checkout by. */
const ROOT = '%SRCROOT%';

/**
 * Diagnostics as a log in the Static Analysis Results Interchange Format 2.1.0 (OASIS), for code scanning and editors.
 * The rules are the codes.
 *
 * @param root files in it are named relative to it; others by their whole uri
 */
export function sarifLog(
  diagnostics: readonly Diagnostic[],
  { root, cwd, version }: { readonly root: string; readonly cwd: string; readonly version: string },
): JsonObject {
  const codes = [...new Set(diagnostics.map(({ code }) => code))].sort();
  const locationOf = (place: Place) => ({ physicalLocation: physicalLocation(place, root, cwd) });
  const results = diagnostics.map((diagnostic) => {
    const { code, severity, place, related = [] } = diagnostic;
    return {
      ruleId: code,
      ruleIndex: codes.indexOf(code),
      level: severity,
      message: { text: wordDetails(diagnostic, root, []) },
      ...(place && { locations: [locationOf(place)] }),
      ...(related.length > 0 && {
        relatedLocations: related.map((one, id) => ({
          id,
          ...locationOf(one.place),
          message: { text: one.message },
        })),
      }),
    };
  });
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Assay',
            version,
            rules: codes.map((id) => ({ id, shortDescription: { text: sentence(id) } })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results,
      },
    ],
  };
}

function physicalLocation(
  { file, line, column, length, text }: Place,
  root: string,
  cwd: string,
): JsonObject {
  return {
    artifactLocation: artifactLocation(resolve(cwd, file), root),
    region: {
      startLine: line,
      startColumn: column,
      endLine: line,
      endColumn: column + length,
      snippet: { text: text.slice(column - 1, column - 1 + length) },
    },
  };
}

function artifactLocation(file: string, root: string): JsonObject {
  const near = relative(root, file);
  if (near === '' || near.startsWith('..') || isAbsolute(near)) return { uri: pathToFileURL(file).href };
  return { uri: near.split(sep).map(encodeURIComponent).join('/'), uriBaseId: ROOT };
}

/** `unknown-key` as `Unknown key`. */
function sentence(code: string): string {
  const words = code.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
