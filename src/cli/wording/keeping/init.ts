/**
 * ```
 * my-experiment: pipeline.yaml, questions.csv, .gitignore, README.md
 * next: cd my-experiment && assay run
 * ```
 */
export function wordStarted(folder: string, names: readonly string[]): string {
  const enter = folder === '.' ? '' : `cd ${/^[\w./-]+$/.test(folder) ? folder : JSON.stringify(folder)} && `;
  return `${folder}: ${names.join(', ')}\nnext: ${enter}assay run\n`;
}
