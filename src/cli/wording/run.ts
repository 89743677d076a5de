import type { RunRecord } from '../../engine/record.ts';
import { DEFAULT_RUNS, DEFAULT_STORE } from '../options/defaults.ts';
import type { ExecutionOptions } from '../pipeline/prepare-run.ts';
import { collapseRun } from '../terminal/collapse.ts';
import { wordFile } from './diagnostics.ts';
import { count } from './parts/quantities.ts';
import { list, shellWord } from './parts/words.ts';

/** Said at the first Ctrl-C during a run. */
export const STOPPING = 'Stopping: what is done is kept. Ctrl-C again stops at once.';

/**
 * What a run that did not succeed has left undone, and what to type to run the same again:
 *
 * ```
 *
 * Skipped, because they need what failed: prices and findings.
 *
 * Failed: 1 of 4 stages done and kept. To go on from there: assay run fruit.yaml --set order=mean
 * ```
 *
 * @param expand whether people see every instance of a matrix, or each matrix as one stage
 */
export function wordUnfinished(
  { stages: all, state }: RunRecord,
  file: string,
  { expand = false, ...options }: ExecutionOptions & { readonly expand?: boolean },
): string {
  const stages = expand ? all : collapseRun(all);
  const done = stages.filter((stage) => stage.state === 'cached' || stage.state === 'ran');
  const skipped = stages.filter((stage) => stage.state === 'skipped').map(({ name }) => name);
  const why = skipped.length > 0 ? `\nSkipped, because they need what failed: ${list(skipped)}.\n` : '';
  const what = state === 'cancelled' ? 'Stopped' : 'Failed';
  const kept = `${done.length} of ${count(stages.length, 'stage')} done and kept`;
  return `${why}\n${what}: ${kept}. To go on from there: ${wordCommand(file, options)}\n`;
}

/** `assay run fruit.yaml --memory 4GB`. What was forced is done by then, or is run anyway. */
function wordCommand(
  file: string,
  { set, model, backend, memory, store, runs }: Omit<ExecutionOptions, 'force'>,
): string {
  const settings = set.flatMap(({ name, value }) => ['--set', `${name}=${value}`]);
  const words = ['assay', 'run', file, ...settings];
  if (model !== undefined) words.push('--model', model);
  if (backend !== undefined) words.push('--backend', backend);
  if (memory !== undefined) words.push('--memory', memory.given);
  if (store !== DEFAULT_STORE) words.push('--store', store);
  if (runs !== DEFAULT_RUNS) words.push('--runs', runs);
  return words.map(shellWord).join(' ');
}

/** Said between two runs of a watched pipeline. */
export function wordWatching(file: string, cwd: string): string {
  return `\nWatching ${wordFile(file, cwd)} and what it reads. Ctrl-C ends.\n`;
}

/** `items.jsonl and fruit.yaml changed.` */
export function wordEdits(files: readonly string[], cwd: string): string {
  return `\n${list(files.map((path) => wordFile(path, cwd)))} changed.\n`;
}
