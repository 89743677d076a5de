import { readArtifact } from '../../../src/engine/index.ts';
import type { RunRecord } from '../../../src/engine/record.ts';
import type { Cell } from '../../../src/table/table.ts';
import { seeded } from '../store-check.ts';
import { EDIT_KINDS, type EditKind, KILLED, type Random } from './kinds.ts';
import { type Models, Project } from './project.ts';
import { planAndRun, stateOf, type Outcome, type Running } from './runner.ts';
import { isMeasured } from './state.ts';

export interface EditOptions {
  readonly edits: number;
  readonly seed: number;
  /** Ends it after the edit that it is at. */
  readonly signal?: AbortSignal;
  readonly models: Models;
  /** Begins to run the project in another process, and kills it at some moment. */
  readonly kill?: (project: Project, random: Random) => Promise<void>;
  readonly onEdit?: (number: number, name: string, outcome: string) => void;
  /** Computes everything anew in another way than this process does, every so often; gives the record and its folder. */
  readonly independent?: {
    readonly every: number;
    readonly run: (project: Project) => Promise<{ readonly record: RunRecord; readonly folder: string }>;
  };
}

export interface EditFigures {
  readonly edits: number;
  readonly kinds: number;
  readonly stagesCached: number;
  readonly stagesRan: number;
  /** Results that were compared with those of a fresh run, and how many of them differed in last digits. */
  readonly compared: number;
  readonly noisy: number;
  readonly largestNoise: number;
  /** Edits after which a stage ran whose reason named the edit. */
  readonly named: number;
  readonly problems: readonly string[];
}

/**
 * Edits a project at random, each kind of edit once before any comes again. After each: what ran is what the plan said, what
 * stands there is what a run on an empty store gives, and the reason names the edit.
 */
export async function editProject(options: EditOptions): Promise<EditFigures> {
  const { edits, seed, onEdit } = options;
  const uniform = seeded(seed);
  const random = (below: number) => Math.floor(uniform() * below);
  const project = new Project(options.models);
  const tally = new Tally();
  let open: EditKind[] = [];
  try {
    await planAndRun(project);
    for (let number = 1; number <= edits && options.signal?.aborted !== true; number += 1) {
      if (open.length === 0) open = [...EDIT_KINDS, ...(options.kill === undefined ? [] : [KILLED])];
      const [kind] = open.splice(random(open.length), 1);
      if (kind === undefined) break;
      const before = tally.problems.length;
      const label = `edit ${number} (seed ${seed}), ${kind.name}`;
      try {
        await apply(kind, project, random);
        if (kind === KILLED) await options.kill?.(project, random);
        const outcome = await runEdited(kind, project, random, tally, label);
        tally.look(kind, outcome, label);
        if (kind.running === 'set') await planAndRun(project);
        else await compareFresh(project, outcome, options, { number, label, tally });
      } catch (error) {
        tally.problems.push(
          `${label}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
      }
      tally.edits += 1;
      onEdit?.(number, kind.name, tally.problems.slice(before).join('; ') || 'as it should be');
    }
    return { edits: tally.edits, kinds: EDIT_KINDS.length, ...tally.figures(), problems: tally.problems };
  } finally {
    project.remove();
  }
}

async function apply(kind: EditKind, project: Project, random: Random): Promise<void> {
  kind.edit?.(project.state, random);
  project.write();
  await kind.damage?.(project, random);
}

async function runEdited(
  kind: EditKind,
  project: Project,
  random: Random,
  tally: Tally,
  label: string,
): Promise<Outcome> {
  const ways: Readonly<Record<NonNullable<EditKind['running']>, () => Running>> = {
    forced: () => ({ force: true }),
    'forced-one': () => ({ force: [['loud', 'prompts', 'joined', 'scores'][random(4)] ?? 'loud'] }),
    set: () => ({ set: { title: `set ${random(1_000_000)}` } }),
    together: () => ({ together: 2 }),
    stopped: () => ({ isStopped: true }),
  };
  const outcome = await planAndRun(project, kind.running === undefined ? {} : ways[kind.running]());
  if (kind.running !== 'stopped') return outcome;
  const [{ record } = { record: undefined }] = outcome.runs;
  if (record?.state !== 'cancelled')
    tally.problems.push(`${label}: it was not stopped but ${String(record?.state)}`);
  const again = await planAndRun(project);
  // What was done before the stop is not done again.
  for (const stage of record?.stages ?? []) {
    if (stage.state === 'ran' && again.runs.some((run) => stateOf(run.record.stages, stage.name) === 'ran')) {
      tally.problems.push(`${label}: ${stage.name} was computed twice`);
    }
  }
  return { ...again, reasons: [...outcome.reasons, ...again.reasons] };
}

/** What stands in the run folder beside what a run on an empty store gives. */
async function compareFresh(
  project: Project,
  { runs }: Outcome,
  { independent }: EditOptions,
  { number, label, tally }: { readonly number: number; readonly label: string; readonly tally: Tally },
): Promise<void> {
  const isIndependent = independent !== undefined && number % independent.every === 0;
  const place = `fresh-${number}`;
  const fresh = isIndependent
    ? await independent.run(project)
    : (await planAndRun(project, { place })).runs[0];
  if (fresh === undefined) throw new Error('there is no fresh run');
  for (const run of runs) {
    for (const stage of run.record.stages) {
      const other = fresh.record.stages.find(({ name }) => name === stage.name);
      if (stage.artifact === undefined || other?.artifact === undefined) {
        tally.problems.push(`${label}: ${stage.name} is ${stage.state}, fresh ${String(other?.state)}`);
        continue;
      }
      tally.compared += 1;
      if (stage.artifact.digest === other.artifact.digest) continue;
      const [cached, anew] = [await readArtifact(run.folder, stage), await readArtifact(fresh.folder, other)];
      const apart =
        isMeasured(stage.name) && !project.models.areExact
          ? distance(contentsOf(cached), contentsOf(anew))
          : Infinity;
      tally.noisy += 1;
      tally.largestNoise = Math.max(tally.largestNoise, apart);
      if (apart > 1e-4) tally.problems.push(`${label}: ${stage.name} differs from a fresh run by ${apart}`);
    }
  }
}

function contentsOf(artifact: Awaited<ReturnType<typeof readArtifact>>): Cell {
  switch (artifact.type) {
    case 'table':
      return [...artifact.table.rows];
    case 'value':
      return artifact.value;
    case 'text':
      return artifact.text;
    default:
      return artifact.svg;
  }
}

/**
 * The largest difference of two numbers at the same place, of perplexities relative to them: they are exponentials of what is
 * measured. Infinite where anything else differs.
 */
function distance(a: Cell, b: Cell, name = ''): number {
  if (typeof a === 'number' && typeof b === 'number') {
    if (Object.is(a, b)) return 0;
    return Math.abs(a - b) / (/(?:^|_)perplexity$/.test(name) && !/log_/.test(name) ? Math.abs(a) : 1);
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return a === b ? 0 : Infinity;
  const [left, right] = [Object.entries(a), Object.entries(b)] as [string, Cell][][];
  if (left === undefined || right === undefined || left.length !== right.length) return Infinity;
  const apart = left.map(([inside, value], i) => {
    const [there, other] = right[i] ?? [];
    return there !== inside || other === undefined ? Infinity : distance(value, other, inside);
  });
  return Math.max(0, ...apart);
}

class Tally {
  edits = 0;
  readonly problems: string[] = [];
  stagesCached = 0;
  stagesRan = 0;
  compared = 0;
  noisy = 0;
  largestNoise = 0;
  named = 0;

  figures(): Omit<EditFigures, 'edits' | 'kinds' | 'problems'> {
    const { stagesCached, stagesRan, compared, noisy, largestNoise, named } = this;
    return { stagesCached, stagesRan, compared, noisy, largestNoise, named };
  }

  /** What ran is what the plan said, for the reasons that the plan gave; and they name the edit. */
  look(kind: EditKind, { planned, reasons, runs }: Outcome, label: string): void {
    const { stages } = planned.plan;
    for (const { name, state: plan } of stages) {
      const states = runs.map(({ record }) => stateOf(record.stages, name));
      const ran = states.filter((state) => state === 'ran').length;
      this.stagesRan += ran;
      this.stagesCached += states.filter((state) => state === 'cached').length;
      const isRight =
        states.every((state) => state === 'ran' || state === 'cached') &&
        (plan === 'run' ? ran >= 1 : plan === 'cached' ? ran === 0 : ran <= runs.length);
      if (!isRight)
        this.problems.push(`${label}: ${name} was planned as ${plan}, and is ${states.join(' and ')}`);
      if (ran > 1 && kind.running === 'together') this.problems.push(`${label}: ${name} was computed twice`);
    }
    for (const { record, unrecorded } of runs) {
      if (record.state !== 'succeeded') this.problems.push(`${label}: the run ${record.state}`);
      if (unrecorded.length > 0) this.problems.push(`${label}: ${JSON.stringify(unrecorded)}`);
    }
    const ran = runs.some(({ record }) => record.stages.some(({ state }) => state === 'ran'));
    if (kind.names === 'nothing') {
      if (ran) this.problems.push(`${label}: something ran: ${reasons.join('; ')}`);
      return;
    }
    // What was there before, as after an edit that is taken back, is found.
    if (!ran) return;
    if (reasons.some((reason) => (kind.names as RegExp).test(reason))) this.named += 1;
    else this.problems.push(`${label}: no reason names it: ${reasons.join('; ')}`);
  }
}
