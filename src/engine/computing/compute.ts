import type { Artifact } from '../artifact.ts';
import { describeArtifact, encodeArtifact } from '../artifact-io.ts';
import { checkInputs } from './check-inputs.ts';
import type { StageToRun } from '../pipeline/pipeline.ts';
import type { Gate } from '../record.ts';
import type { Services } from '../stage-kind.ts';
import { rowCount } from '../../table/storage/table-of-columns.ts';
import { InternalError } from '../../system/internal-error.ts';
import type { Computed, Heard } from './computing.ts';

/** What is needed of a stage to compute it. */
export type ComputedStage = Pick<StageToRun, 'name' | 'kind' | 'options' | 'externals' | 'shape'>;

export interface ComputeContext {
  readonly inputs: Readonly<Record<string, Artifact>>;
  readonly baseDir: string;
  readonly services: Services;
  readonly signal: AbortSignal;
  readonly heard: Pick<Heard, 'warning' | 'progress'>;
}

/** Warnings that a record keeps of one stage: a stage that warns in a loop would fill the disk. */
const MOST_WARNINGS = 1000;

/** Runs a stage and encodes what it gives. What it says after it ended is not heard. */
export async function compute(stage: ComputedStage, context: ComputeContext): Promise<Computed> {
  const { inputs, baseDir, services, signal, heard } = context;
  const figures: Record<string, number> = {};
  const warnings: string[] = [];
  const gates: Gate[] = [];
  let ended = false;
  const warn = (message: string): void => {
    if (ended || warnings.length > MOST_WARNINGS) return;
    const told = warnings.length < MOST_WARNINGS ? message : 'it warns of more, which is not kept';
    warnings.push(told);
    heard.warning(told);
  };
  try {
    checkInputs(stage, inputs, baseDir);
    const artifact = await stage.kind.run({
      stage: stage.name,
      options: stage.options,
      inputs,
      externals: stage.externals,
      baseDir,
      services,
      signal,
      progress(done, total, unit) {
        if (!ended) heard.progress(done, total, unit);
      },
      warn,
      measure(measured) {
        if (!ended) Object.assign(figures, measured);
      },
      judge(judged) {
        if (!ended) gates.push(...judged);
      },
    });
    checkPromise(stage, artifact);
    const nothing = emptyResult(stage, inputs, artifact);
    if (nothing !== undefined) warn(nothing);
    const files = encodeArtifact(artifact);
    return { files, descriptor: describeArtifact(artifact, files), figures, warnings, gates };
  } finally {
    ended = true;
  }
}

/**
 * A table without rows is an event: what follows from it is drawn, ranked and averaged over nothing. What reads a table
 * without rows is not told again.
 */
function emptyResult(
  { kind }: ComputedStage,
  inputs: Readonly<Record<string, Artifact>>,
  artifact: Artifact,
): string | undefined {
  if (artifact.type !== 'table' || rowCount(artifact.table) > 0 || kind.tellsEmpty === true) return undefined;
  const tables = Object.entries(inputs).flatMap(([name, input]) =>
    input.type === 'table' ? [{ name, rows: rowCount(input.table) }] : [],
  );
  if (tables.length > 0 && tables.every(({ rows }) => rows === 0)) return undefined;
  const given = tables.map(({ name, rows }) => `${rows} in \`${name}\``).join(', ');
  return `no rows are left: \`${kind.name}\` gave none${given === '' ? '' : ` of ${given}`}`;
}

/** What was checked before the run was checked against the promised shape: the result must be of that shape. */
function checkPromise({ kind, shape }: ComputedStage, artifact: Artifact): void {
  if (artifact.type !== shape.type) {
    throw new InternalError(`expected a ${shape.type} from \`${kind.name}\`, was a ${artifact.type}`);
  }
  if (artifact.type !== 'table' || shape.type !== 'table') return;
  const given = new Set(artifact.table.columns.map(({ name }) => name));
  const promised = new Set(shape.columns.map(({ name }) => name));
  const missing = [...promised].filter((name) => !given.has(name));
  const extra = shape.open === true ? [] : [...given].filter((name) => !promised.has(name));
  if (missing.length + extra.length > 0) {
    const list = (names: Iterable<string>) => [...names].join(', ') || 'none';
    throw new InternalError(
      `expected the columns ${list(promised)} from \`${kind.name}\`, was ${list(given)}`,
    );
  }
}
