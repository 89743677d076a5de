import { readRun } from '../../engine/index.ts';
import { EXIT } from '../exit-codes.ts';
import { readResults } from '../pipeline/results.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { valueOf } from '../usage-failure.ts';
import { wordRecord } from '../wording/record.ts';
import { wordResults } from '../wording/results.ts';

/** `assay show [RUN]`: what was run, with what, and what came out. */
export async function show(
  terminal: Terminal,
  options: { readonly format: 'text' | 'json'; readonly runs: string; readonly expand?: boolean },
  ref = 'latest',
): Promise<number> {
  const { record, folder } = valueOf(await readRun(options.runs, ref));
  const { out, cwd } = terminal;
  if (options.format === 'json') {
    out.write(`${JSON.stringify({ folder, record }, null, 2)}\n`);
    return EXIT.ok;
  }
  const results = await readResults(record, folder);
  out.write(
    `${wordRecord(record, { folder, cwd, colors: out.colors, expand: options.expand === true })}\n${wordResults(results, out, cwd)}`,
  );
  return EXIT.ok;
}
