import { canonicalJson } from '../../system/json.ts';
import type { StageToRun } from '../pipeline/pipeline.ts';
import { type Services } from '../stage-kind.ts';
import { Failure } from '../../system/failure.ts';

/**
 * Identifies again what a stage reads besides its inputs, after it ran: where that changed since the plan, nobody knows
 * which of the two the stage has read, so its result must not be kept under a key that names the first.
 *
 * @throws Failure `input-changed` at the option of that name
 */
export async function refuseIfChanged(
  { kind, name: stage, options, externals }: StageToRun,
  context: { readonly baseDir: string; readonly services: Services },
): Promise<void> {
  const now = (await kind.externals?.(options, context)) ?? {};
  for (const name of new Set([...Object.keys(externals), ...Object.keys(now)])) {
    const [before, after] = [externals[name]?.identity ?? null, now[name]?.identity ?? null];
    if (canonicalJson(before) === canonicalJson(after)) continue;
    throw new Failure({
      code: 'input-changed',
      blame: 'machine',
      message: `\`${name}\` was changed while \`${stage}\` ran: its result is not kept`,
      path: [name],
      expected: canonicalJson(before),
      found: canonicalJson(after),
      next: 'run again once nothing writes to it',
    });
  }
}
