import { resolve } from 'node:path';
import { writeWhole } from '../../../system/whole-file.ts';
import { readArtifact, readRun } from '../../../engine/index.ts';
import { csvText } from '../../wording/forms/csv.ts';
import { jsonText } from '../../wording/forms/json.ts';
import { EXIT } from '../../exit-codes.ts';
import { noStage } from '../../pipeline/no-stage.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { usageFailure, valueOf } from '../../usage-failure.ts';

/**
 * `assay export RUN STAGE`: the whole table of a stage, as CSV or as JSON, on stdout or into a file. On stdout control characters
 * in cells of a CSV show as their pictures, as in all that is printed; a file has them as they are.
 * @throws UsageFailure `unknown-stage`, `no-rows`
 */
export async function exportTable(
  { out, cwd }: Terminal,
  options: { readonly format: 'csv' | 'json'; readonly runs: string; readonly output?: string },
  ref: string,
  name: string,
): Promise<number> {
  const { record, folder } = valueOf(await readRun(options.runs, ref));
  const stage = record.stages.find((each) => each.name === name);
  if (stage === undefined) throw noStage(name, record.stages, record.id);
  const artifact = await readArtifact(folder, stage);
  if (artifact.type !== 'table') {
    throw usageFailure('no-rows', `\`${name}\` gave a ${artifact.type}, which has no rows`, {
      expected: 'a stage that gave a table',
    });
  }
  const { table } = artifact;
  const text = options.format === 'csv' ? csvText(table) : jsonText(table.rows, finite);
  if (options.output === undefined) out.write(text);
  else await writeWhole(resolve(cwd, options.output), text);
  return EXIT.ok;
}

function finite(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
