import { EXIT } from '../exit-codes.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { reportProblems } from '../report-failure.ts';
import { wordValid } from '../wording/diagnostics.ts';
import { openPipeline, type PipelineOptions } from '../pipeline/open-pipeline.ts';

/** `assay validate`: everything that can be known of a pipeline from its file alone. */
export async function validate(
  terminal: Terminal,
  options: PipelineOptions,
  given?: string,
): Promise<number> {
  const { file, warnings } = await openPipeline(terminal, options, given);
  const { out } = terminal;
  if (options.format !== 'text' || warnings.length > 0) reportProblems(warnings, terminal, options.format);
  if (options.format === 'text') out.write(wordValid(file, out.colors));
  return EXIT.ok;
}
