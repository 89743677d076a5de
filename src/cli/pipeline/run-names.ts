import { listRuns, type RunSummary } from '../../engine/index.ts';
import { usageFailure } from '../usage-failure.ts';

/**
 * A name leads to one run.
 * @param besides the run that may have the name, because it is the one to be called so
 * @throws UsageFailure `name-taken`
 */
export async function refuseTaken(name: string, runsDir: string, besides?: string): Promise<void> {
  const runs: readonly RunSummary[] = await listRuns(runsDir);
  const taken = runs.find((run) => run.name === name && run.folder !== besides);
  if (taken === undefined) return;
  throw usageFailure('name-taken', `another run is called \`${name}\``, {
    where: taken.folder,
    expected: 'a name that no run in this folder has',
    found: taken.id,
    next: `choose another one, give \`${name}\` as a tag, which several runs may have, or rename that run: assay tag ${taken.id} --name NAME`,
  });
}
