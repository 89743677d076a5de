import { checkLabel, readRun, writeLabels } from '../../../engine/index.ts';
import type { RunLabels } from '../../../engine/record.ts';
import { EXIT } from '../../exit-codes.ts';
import { refuseTaken } from '../../pipeline/run-names.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { usageFailure, valueOf } from '../../usage-failure.ts';
import { jsonText } from '../../wording/forms/json.ts';
import { wordLabels } from '../../wording/runs.ts';

/**
 * `assay tag RUN [TAG...]`: gives tags to a run, takes those of `--remove` away, or calls it something else; says what it has
 * then. The record stays as it is.
 * @throws UsageFailure `no-such-tag`, `name-taken`; Failure for a name or a tag that can be none
 */
export async function tag(
  { out }: Terminal,
  options: {
    readonly format: 'text' | 'json';
    readonly runs: string;
    readonly name?: string;
    readonly remove: readonly string[];
  },
  ref: string,
  added: readonly string[] = [],
): Promise<number> {
  for (const each of added) checkLabel(each, 'tag');
  const { folder, record, labels } = valueOf(await readRun(options.runs, ref));
  const { name, remove } = options;
  const before = labels.tags ?? [];
  const absent = remove.find((each) => !before.includes(each));
  if (absent !== undefined) {
    throw usageFailure('no-such-tag', `${record.id} has no tag \`${absent}\``, {
      expected: before.length === 0 ? 'none: it has no tags' : before.join(', '),
      found: `\`${absent}\``,
    });
  }
  if (name !== undefined) await refuseTaken(name, options.runs, folder);
  const kept = before.filter((each) => !remove.includes(each));
  const now: RunLabels = {
    ...labels,
    ...(name !== undefined && { name }),
    tags: [...new Set([...kept, ...added])],
  };
  if (name !== undefined || remove.length > 0 || added.length > 0) await writeLabels(folder, now);
  const { id } = record;
  out.write(options.format === 'json' ? jsonText({ id, folder, tags: [], ...now }) : wordLabels(id, now));
  return EXIT.ok;
}
