import { resolve } from 'node:path';
import { readRun } from '../../../engine/index.ts';
import { EXIT } from '../../exit-codes.ts';
import { reportRun } from '../../pipeline/report.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { valueOf } from '../../usage-failure.ts';
import { wordFile } from '../../wording/diagnostics.ts';
import { jsonText } from '../../wording/forms/json.ts';

/** `assay report [RUN]`: writes the report of a run and prints where it is. */
export async function report(
  { out, err, cwd }: Terminal,
  options: { readonly format: 'text' | 'json'; readonly runs: string; readonly output?: string },
  ref = 'latest',
): Promise<number> {
  const run = valueOf(await readRun(options.runs, ref));
  const path = options.output === undefined ? undefined : resolve(options.output);
  const written = await reportRun(run, path);
  if (options.format === 'json') {
    out.write(jsonText(written));
    return EXIT.ok;
  }
  for (const { stage, columns } of written.leftOut)
    err.write(`left out, or the file would be too large: ${columns.join(', ')} of ${stage}\n`);
  out.write(`${wordFile(written.path, cwd)}\n`);
  return EXIT.ok;
}
