import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../system/failure.ts';
import { writeWhole } from '../../system/whole-file.ts';
import type { RunLabels, RunRecord } from '../record.ts';
import { seal, unseal } from '../store/sealed.ts';
import { runsFailure } from './runs-failure.ts';

/** Beside the record: what a run is called, where that was said after it had begun. */
export const LABELS = 'labels.json';

const FORMAT = 'assay-labels/1';

const LONGEST = 64;

/** Letters and digits of any script first; then also marks, `.`, `_`, `+` and `-`. */
const LABEL = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._+-]*$/u;

/**
 * A name or a tag that cannot be taken for anything else that a run is called by.
 * @param what `name` or `tag`, for the message
 * @throws Failure for one that can
 */
export function checkLabel(text: string, what: 'name' | 'tag'): string {
  const reason = reasonAgainst(text);
  if (reason === undefined) return text;
  throw new Failure({
    code: 'bad-label',
    blame: 'user',
    message: `\`${text}\` can be no ${what} of a run: ${reason}`,
    expected: `at most ${LONGEST} letters, digits, \`.\`, \`_\`, \`+\` and \`-\`, the first a letter or a digit`,
    found: `\`${text}\``,
    next: 'for example `baseline` or `shots-4`',
  });
}

function reasonAgainst(text: string): string | undefined {
  if (text === '') return 'it is empty';
  if (/[\\/]/.test(text)) return 'it is written like a path';
  if (text.startsWith('-')) return 'it is written like an option';
  if (/^latest(~|$)/i.test(text)) return 'that is the newest run';
  if (/^\d{4}-\d{2}/.test(text) || /^[0-9a-f]{6}$/.test(text)) return 'it looks like the id of a run';
  if (text.includes('..')) return '`..` stands between two runs';
  if (/\.ya?ml$/i.test(text)) return 'it is written like a pipeline file';
  if (text.length > LONGEST) return `it has ${text.length} characters`;
  return LABEL.test(text) ? undefined : 'it has characters that names do not have';
}

/** What a run is called now: what was said last counts. */
export function labelsOf(folder: string, record: RunRecord): RunLabels {
  return readLabels(folder) ?? labelsIn(record);
}

/** Those that a run was given when it began. */
export function labelsIn({ name, tags }: RunLabels): RunLabels {
  return { ...(name !== undefined && { name }), ...(tags !== undefined && tags.length > 0 && { tags }) };
}

/** Undefined where none were given later, or where the file is damaged: the record still has the first ones. */
export function readLabels(folder: string): RunLabels | undefined {
  try {
    const read = unseal(readFileSync(join(folder, LABELS), 'utf8')) as
      (RunLabels & { readonly format?: unknown }) | undefined;
    return read?.format === FORMAT ? labelsIn(read) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Calls a run something else from now on. Its record stays as it is.
 * @throws Failure where the file cannot be written
 */
export async function writeLabels(folder: string, labels: RunLabels): Promise<void> {
  try {
    await writeWhole(join(folder, LABELS), `${seal({ format: FORMAT, ...labelsIn(labels) }, 2).text}\n`);
  } catch (error) {
    throw runsFailure(error, folder);
  }
}
