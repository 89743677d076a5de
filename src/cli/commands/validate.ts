import { EXIT } from '../exit-codes.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { reportProblems } from '../report-failure.ts';
import { openPipeline, type PipelineOptions } from '../pipeline/prepare-run.ts';

/** `assay validate`: everything that can be known of a pipeline from its file alone. */
export async function validate(
  terminal: Terminal,
  options: PipelineOptions,
  given?: string,
): Promise<number> {
  const { file, warnings } = await openPipeline(terminal, options, given);
  const { out } = terminal;
  if (options.format !== 'text' || warnings.length > 0) reportProblems(warnings, terminal, options.format);
  if (options.format === 'text') out.write(`${file}: ${out.colors.green('valid')}\n`);
  return EXIT.ok;
}
