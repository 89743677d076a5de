import type { PlannedStage, Reason, RunEvent, RunStage, StageOutline } from '../../engine/record.ts';

/** A stage, or a matrix stage as one with all its instances. */
export type Collapsed<S> = S & {
  /** How many instances there are, and how many of them ran, or would run. */
  readonly instances?: { readonly total: number; readonly active: number };
};

/** The stages of a plan with each matrix as one stage, at the place of its first instance. */
export function collapsePlan(stages: readonly PlannedStage[]): Collapsed<PlannedStage>[] {
  return collapse(stages, (outline, instances, gathered) => {
    const all = gathered ? [...instances, gathered] : instances;
    const active = instances.filter(({ state }) => state !== 'cached');
    const last = instances.flatMap(({ lastDurationMs }) => lastDurationMs ?? []);
    return {
      ...outline,
      state: all.some(({ state }) => state === 'run')
        ? 'run'
        : all.some(({ state }) => state === 'waiting')
          ? 'waiting'
          : 'cached',
      reasons: distinct((active.length > 0 ? active : all).flatMap(({ reasons }) => reasons)),
      ...(last.length === instances.length && { lastDurationMs: last.reduce((sum, ms) => sum + ms, 0) }),
      instances: { total: instances.length, active: active.length },
    };
  });
}

/** What became of each stage, each matrix as one: it failed if one instance did, and ran if one ran. */
export function collapseRun(stages: readonly RunStage[]): Collapsed<RunStage>[] {
  return collapse(stages, (outline, instances, gathered) => {
    const all = gathered ? [...instances, gathered] : instances;
    const worst =
      (['failed', 'cancelled', 'skipped', 'ran'] as const).find((state) =>
        all.some((stage) => stage.state === state),
      ) ?? 'cached';
    const because = all.find(({ state }) => state === worst);
    const ran = instances.filter(({ state }) => state === 'ran');
    const lasted = all.flatMap(({ state, durationMs }) => (state === 'ran' ? (durationMs ?? []) : []));
    return {
      ...outline,
      state: worst,
      reasons: distinct((ran.length > 0 ? ran : all).flatMap(({ reasons }) => reasons)),
      ...(lasted.length > 0 && { durationMs: lasted.reduce((sum, ms) => sum + ms, 0) }),
      ...(gathered?.artifact && { artifact: gathered.artifact }),
      ...(because?.failure && { failure: because.failure }),
      ...(because?.because !== undefined && { because: because.because }),
      instances: { total: instances.length, active: ran.length },
    };
  });
}

function collapse<S extends StageOutline>(
  stages: readonly S[],
  one: (outline: StageOutline, instances: readonly S[], gathered: S | undefined) => Collapsed<S>,
): Collapsed<S>[] {
  const instances = new Map<string, S[]>();
  const gathered = new Map<string, S>();
  for (const stage of stages) {
    if (stage.gathers === true) gathered.set(stage.name, stage);
    if (stage.instance === undefined) continue;
    add(instances, stage.instance.of, stage);
  }
  const told = new Set<string>();
  return stages.flatMap((stage): Collapsed<S>[] => {
    const name = stage.instance?.of ?? stage.name;
    const own = instances.get(name);
    if (own === undefined) return [stage];
    if (told.has(name)) return [];
    told.add(name);
    const { uses, from } = own[0] ?? stage;
    return [one({ name, uses, from }, own, gathered.get(name))];
  });
}

function add<T>(lists: Map<string, T[]>, name: string, item: T): void {
  const list = lists.get(name);
  if (list === undefined) lists.set(name, [item]);
  else list.push(item);
}

function distinct(reasons: readonly Reason[]): Reason[] {
  const seen = new Set<string>();
  return reasons.filter((reason) => {
    const text = JSON.stringify(reason);
    return !seen.has(text) && seen.add(text);
  });
}

interface Matrix {
  readonly members: readonly string[];
  readonly results: RunStage[];
  readonly progress: Map<string, Extract<RunEvent, { type: 'stage-progress' }>>;
  started: boolean;
}

/** Lets a listener see each matrix as one stage: it starts with the first instance and ends with the last. */
export function collapseEvents(
  stages: readonly StageOutline[],
  listener: (event: RunEvent) => void,
): (event: RunEvent) => void {
  const nodeOf = (stage: StageOutline) =>
    stage.instance?.of ?? (stage.gathers === true ? stage.name : undefined);
  const members = new Map<string, string[]>();
  const nodes = new Map<string, string>();
  for (const stage of stages) {
    const node = nodeOf(stage);
    if (node === undefined) continue;
    nodes.set(stage.name, node);
    add(members, node, stage.name);
  }
  if (nodes.size === 0) return listener;
  const matrices = new Map(
    [...members].map(([node, names]): [string, Matrix] => [
      node,
      { members: names, results: [], progress: new Map(), started: false },
    ]),
  );
  return (event) => {
    if (event.type === 'run-started') {
      listener({ ...event, stages: event.stages - nodes.size + matrices.size });
      return;
    }
    const node = 'stage' in event ? nodes.get(event.stage) : undefined;
    const matrix = node === undefined ? undefined : matrices.get(node);
    if (node === undefined || matrix === undefined || event.type === 'stage-warning') {
      listener(event);
    } else if (event.type === 'stage-started') {
      if (!matrix.started) listener({ ...event, stage: node });
      matrix.started = true;
    } else if (event.type === 'stage-progress') {
      matrix.progress.set(event.stage, event);
      const same = [...matrix.progress.values()].filter(({ unit }) => unit === event.unit);
      const [done, total] = [
        same.reduce((sum, at) => sum + at.done, 0),
        same.reduce((sum, at) => sum + at.total, 0),
      ];
      listener({ ...event, stage: node, done, total });
    } else if (event.type === 'stage-finished') {
      matrix.results.push(event.result);
      if (matrix.results.length < matrix.members.length) return;
      const [result = event.result] = collapseRun(matrix.results);
      listener({ ...event, stage: node, result });
    }
  };
}
