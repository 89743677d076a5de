import { Failure } from '../../system/failure.ts';
import type { Artifact } from '../artifact.ts';
import { optionProblems } from '../column-options.ts';
import type { StageToRun } from '../pipeline/pipeline.ts';
import type { Shape } from '../stage-kind.ts';

/**
 * Checks options once more, against the inputs that are there. What came from a file or from a module of the user's
 * own may not have been known when the pipeline was checked: then its names and types were taken on trust.
 *
 * @throws Failure with the place of the first option that does not fit
 */
export function checkInputs(
  { kind, options }: Pick<StageToRun, 'kind' | 'options'>,
  inputs: Readonly<Record<string, Artifact>>,
  baseDir: string,
): void {
  const shapes = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, shapeOf(input)]));
  const [problem, ...others] = optionProblems(kind, options, shapes, { baseDir });
  if (problem === undefined) return;
  const more =
    others.length === 0
      ? ''
      : `; ${others.length === 1 ? 'one more option does' : `${others.length} more options do`} not fit either`;
  throw new Failure({ code: 'bad-option', blame: 'user', ...problem, message: problem.message + more });
}

function shapeOf(artifact: Artifact): Shape {
  if (artifact.type !== 'table') return { type: artifact.type };
  const { columns, key } = artifact.table;
  return { type: 'table', columns, key };
}
