import type { Estimate } from '../pipeline/estimate.ts';
import type { Plan, PlannedStage } from '../../engine/record.ts';
import { type Collapsed, collapsePlan } from '../terminal/collapse.ts';
import type { Channel } from '../terminal/terminal.ts';
import { alignColumns } from './parts/columns.ts';
import { wordDuration, wordInstances, wordStageCount } from './parts/quantities.ts';
import { wordReasons } from './reasons.ts';
import { list, unexpected } from './parts/words.ts';

/**
 * Every stage with its state and reason, then what a run would do:
 *
 * ```
 * fruit (fruit.yaml)
 *
 * stage     state    last took  why
 * fruit     cached       0.1 s
 * prices    run          4.2 s  option order: "-mean" -> "mean"
 * findings  waiting      0.1 s  depends on what prices gives
 *
 * 3 stages: 1 cached, 1 to run, 1 waiting on what these give; about 4.3 s
 * ```
 *
 * A matrix is one line, unless its instances are asked for.
 */
export function wordPlan(
  plan: Plan,
  { colors }: Channel,
  { expand = false, estimate }: { readonly expand?: boolean; readonly estimate?: Estimate | undefined } = {},
): string {
  const rows = (expand ? plan.stages : collapsePlan(plan.stages)).map((stage) => {
    const last = stage.lastDurationMs === undefined ? '' : wordDuration(stage.lastDurationMs);
    return [stage.name, wordState(stage, colors), last, wordWhy(stage)];
  });
  const table = alignColumns(
    [['stage', 'state', 'last took', 'why'].map((text) => colors.dim(text)), ...rows],
    ['left', 'left', 'right', 'left'],
  );
  const powers = plan.stages.flatMap(wordPower);
  return `${[`${colors.bold(plan.pipeline.name)} (${plan.pipeline.file})`, '', ...table, '', wordPlanCount(plan, estimate), ...powers].join('\n')}\n`;
}

/** `prices: a difference of 0.5 needs 158 of what was sampled, to be found with a chance of 80 %; the last run had 33`. */
function wordPower({ name, lastFigures = {} }: PlannedStage): readonly string[] {
  const { detect, power, clusters, clusters_needed: needed } = lastFigures;
  if (detect === undefined || power === undefined || clusters === undefined || needed === undefined)
    return [];
  const chance = `${Number((100 * power).toPrecision(3))} %`;
  const enough = clusters >= needed ? ', which are enough' : '';
  return [
    `${name}: a difference of ${detect} needs ${needed} of what was sampled, to be found with a chance of ${chance}; the last run had ${clusters}${enough}`,
  ];
}

/** The first line of a run: `fruit (fruit.yaml), 2 stages: 1 cached, 1 to run`. */
export function wordPlanTitle(plan: Plan, colors: Channel['colors'], estimate: Estimate | undefined): string {
  return `${colors.bold(plan.pipeline.name)} (${plan.pipeline.file}), ${wordPlanCount(plan, estimate)}\n`;
}

/** A run that is shorter is over before anybody has read how long it takes. */
const WORTH_SAYING_MS = 1000;

/** `15 stages: 11 cached, 3 to run (about 4.2 s), 1 waiting`. */
export function wordPlanCount(plan: Plan, estimate: Estimate | undefined): string {
  // What gathers the instances of a matrix is no stage that anyone wrote.
  const stages = plan.stages.filter(({ gathers }) => gathers !== true);
  const of = (state: PlannedStage['state']) => stages.filter((stage) => stage.state === state);
  const [cached, run, waiting] = [of('cached'), of('run'), of('waiting')];
  const parts: string[] = [];
  if (cached.length > 0) parts.push(`${cached.length} cached`);
  if (run.length > 0) parts.push(`${run.length} to run`);
  if (waiting.length > 0) parts.push(`${waiting.length} waiting on what these give`);
  return `${wordStageCount(stages)}: ${parts.join(', ')}${wordEstimate(estimate)}`;
}

function wordEstimate(estimate: Estimate | undefined): string {
  if (estimate === undefined || estimate.ms < WORTH_SAYING_MS) return '';
  const duration = wordDuration(estimate.ms);
  return estimate.from === 'work'
    ? `; about ${duration}`
    : `; at most about ${duration}, going by the last time`;
}

function wordState({ state }: PlannedStage, colors: Channel['colors']): string {
  switch (state) {
    case 'cached':
      return colors.green('cached');
    case 'run':
      return colors.yellow('run');
    case 'waiting':
      return colors.cyan('waiting');
    default:
      return unexpected(state);
  }
}

function wordWhy({ reasons, state, from, instances }: Collapsed<PlannedStage>): string {
  const some = instances === undefined ? '' : wordInstances(instances);
  if (reasons.length > 0) return [some, wordReasons(reasons)].filter((text) => text !== '').join(': ');
  return state === 'waiting' ? `reads ${list(Object.values(from))}` : some;
}
