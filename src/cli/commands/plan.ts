import { EXIT } from '../exit-codes.ts';
import { reportProblems } from '../report-failure.ts';
import type { Terminal } from '../terminal.ts';
import { wordPlan } from '../wording/plan.ts';
import { type ExecutionOptions, openWorkshop } from '../workshop.ts';

/** `assay plan`, and `assay run --dry-run`: what would run and why. Runs nothing, writes nothing. */
export async function plan(
  terminal: Terminal,
  options: ExecutionOptions & { readonly expand?: boolean },
  given?: string,
): Promise<number> {
  const workshop = await openWorkshop(terminal, options, given);
  await workshop.close();
  const { out } = terminal;
  const { plan: planned } = workshop.planned;
  if (options.format === 'sarif') {
    reportProblems(workshop.warnings, terminal, options.format);
    return EXIT.ok;
  }
  out.write(
    options.format === 'json'
      ? `${JSON.stringify(planned, null, 2)}\n`
      : wordPlan(planned, out, { expand: options.expand === true }),
  );
  return EXIT.ok;
}
