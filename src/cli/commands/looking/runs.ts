import { jsonText } from '../../wording/forms/json.ts';
import { listRuns } from '../../../engine/index.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { wordRuns } from '../../wording/runs.ts';

/** `assay runs`: every run in the folder, newest first, damaged ones included. */
export async function runs(
  { out }: Terminal,
  options: { readonly format: 'text' | 'json'; readonly runs: string },
): Promise<number> {
  const found = await listRuns(options.runs);
  out.write(options.format === 'json' ? jsonText(found) : wordRuns(found, options.runs, out.colors));
  return EXIT.ok;
}
