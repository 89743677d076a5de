import type { CheckContext } from '../stage-kind.ts';
import { bindStage, type BoundStage } from './bind.ts';
import type { DraftStage } from './drafts.ts';
import { sortGraph } from './graph.ts';
import type { Kinds } from './kinds.ts';
import { checkInstances } from './matrix/check-instances.ts';
import type { CheckedStage } from './pipeline.ts';
import type { Problems } from './problems.ts';
import { shapeOf, type CheckedEntry, type Given } from './shapes.ts';

/**
 * Checks each stage, sorts them, and lets the shapes of tables flow along the edges, so that unknown columns and
 * template variables are found before anything runs. A stage with problems counts as giving a table of any columns:
 * its readers are not blamed for it. A matrix stage becomes its instances, and one stage that gathers them.
 */
export async function checkStages(
  drafts: readonly DraftStage[],
  kinds: Kinds,
  problems: Problems,
  context: CheckContext,
): Promise<CheckedStage[]> {
  const names = new Set(drafts.map(({ name }) => name));
  const bound = new Map(drafts.map((draft) => [draft.name, bindStage(draft, names, kinds, problems)]));
  const { order, cycles } = sortGraph(new Map([...bound].map(([name, { from }]) => [name, from])));
  for (const cycle of cycles) reportCycle(cycle, bound, problems);
  reportSeconds([...bound.values()], problems);

  const givens = new Map<string, Given>();
  const checked: CheckedStage[] = [];
  for (const name of order) {
    const stage = bound.get(name);
    if (stage === undefined) continue;
    const { stages, given } = await (stage.instances
      ? checkInstances(stage, stage.instances, givens, problems, context)
      : checkStage(stage, givens, problems, context));
    givens.set(name, given);
    checked.push(...stages);
  }
  return checked;
}

async function checkStage(
  stage: BoundStage,
  givens: ReadonlyMap<string, Given>,
  problems: Problems,
  context: CheckContext,
): Promise<CheckedEntry> {
  const { name, uses, loaded, from, options } = stage;
  const shape = await shapeOf(stage, givens, problems, context);
  if (!loaded || !options || !shape) return { stages: [], given: { shape } };
  return {
    stages: [{ name, entry: name, uses, folder: name, ...loaded, options: options.value, from, shape }],
    given: { shape },
  };
}

/** Several stages of a kind of which a pipeline has at most one. Instances of a matrix are several. */
function reportSeconds(stages: readonly BoundStage[], problems: Problems): void {
  const first = new Map<string, BoundStage>();
  for (const stage of stages) {
    const { name, uses, loaded, instances = [] } = stage;
    const why = loaded?.kind.onlyOne;
    if (why === undefined) continue;
    const earlier = first.get(uses);
    const isSecond = earlier !== undefined || instances.length > 1;
    first.set(uses, earlier ?? stage);
    if (!isSecond) continue;
    const found =
      earlier === undefined
        ? `a matrix of ${instances.length} instances`
        : `\`${earlier.name}\` and \`${name}\``;
    problems.error(
      'second-of-kind',
      `a pipeline has one stage \`${uses}\`: ${why}`,
      { value: ['stages', name, 'uses'] },
      { found },
    );
  }
}

function reportCycle(
  cycle: readonly string[],
  stages: ReadonlyMap<string, BoundStage>,
  problems: Problems,
): void {
  const edges = cycle.flatMap((name, index) => {
    const stage = stages.get(name);
    const source = cycle[(index + 1) % cycle.length];
    const [input] = Object.entries(stage?.from ?? {}).find(([, from]) => from === source) ?? [];
    if (stage === undefined || source === undefined || input === undefined) return [];
    return [{ name, source, place: problems.locator.value(stage.fromPath(input)).place }];
  });
  const [first, ...others] = edges;
  if (first === undefined) return;
  problems.error(
    'cycle',
    others.length === 0
      ? `the stage \`${first.name}\` reads itself`
      : `stages read each other in a circle: ${[...cycle, first.name].join(' -> ')}`,
    { place: first.place },
    {
      related: others.map(({ name, source, place }) => ({
        message: `\`${name}\` reads \`${source}\``,
        place,
      })),
      next: 'let one of them read another stage',
    },
  );
}
