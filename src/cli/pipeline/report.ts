import { join } from 'node:path';
import picocolors from 'picocolors';
import type { RunRecord } from '../../engine/record.ts';
import { collectRun } from '../../report/collect.ts';
import { type WrittenReport, writeReport } from '../../report/write-report.ts';
import { wordDiagnostic } from '../wording/diagnostics.ts';
import { wordReason } from '../wording/reasons.ts';
import { withRemedyWorded } from '../wording/remedies.ts';

/** The file of a report in the folder of its run. */
export const REPORT = 'report.html';

/** Writes the report of a run into its folder, or to another file. */
export async function reportRun(
  run: { readonly record: RunRecord; readonly folder: string },
  path = join(run.folder, REPORT),
): Promise<WrittenReport & { readonly path: string }> {
  const collected = await collectRun(run);
  const written = writeReport(path, collected, {
    reason: wordReason,
    failure: (failure) =>
      wordDiagnostic(withRemedyWorded(failure), {
        cwd: process.cwd(),
        colors: picocolors.createColors(false),
      }),
    exporting: (id, stage) => `assay export ${id} ${stage} --output ${stage}.csv`,
  });
  return { ...written, path };
}
