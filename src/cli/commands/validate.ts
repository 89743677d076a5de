import { EXIT } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { openPipeline, type PipelineOptions } from '../workshop.ts';

/** `assay validate`: everything that can be known of a pipeline from its file alone. */
export async function validate(
  terminal: Terminal,
  options: PipelineOptions,
  given?: string,
): Promise<number> {
  const { file } = await openPipeline(terminal, options, given);
  const { out } = terminal;
  if (options.format === 'json')
    out.write(`${JSON.stringify({ format: 'assay-diagnostics/1', problems: [] }, null, 2)}\n`);
  else out.write(`${file}: ${out.colors.green('valid')}\n`);
  return EXIT.ok;
}
