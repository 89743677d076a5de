import type { CheckContext } from '../../stage-kind.ts';
import type { BoundInstance, BoundStage } from '../bind.ts';
import type { CheckedStage } from '../pipeline.ts';
import type { Problems } from '../problems.ts';
import { shapeOf, type CheckedEntry, type Given } from '../shapes.ts';
import { wordArtifact } from '../words.ts';
import { gatherKind, gatherOptions, gatherTables } from './gather.ts';

/** Checks each instance of a matrix stage, and whether there is a stage that gathers them. */
export async function checkInstances(
  stage: BoundStage,
  instances: readonly BoundInstance[],
  givens: ReadonlyMap<string, Given>,
  problems: Problems,
  context: CheckContext,
): Promise<CheckedEntry> {
  const { name: entry, uses } = stage;
  const checked: CheckedInstance[] = [];
  for (const instance of instances) {
    const one = await checkInstance(stage, instance, givens, problems, context);
    if (one !== undefined) checked.push({ instance, stage: one });
  }
  const stages = checked.map((one) => one.stage);
  if (checked.length < instances.length) return { stages, given: { shape: undefined } };
  const given = gatherShapes(entry, checked, problems);
  if (given.shape === undefined || given.instancesOnly === true) return { stages, given };
  const gathered: CheckedStage = {
    name: entry,
    entry,
    uses,
    folder: entry,
    gathered: true,
    kind: gatherKind,
    options: gatherOptions(instances),
    from: Object.fromEntries(checked.map((one) => [one.instance.label, one.stage.name])),
    shape: given.shape,
  };
  return { stages: [...stages, gathered], given };
}

interface CheckedInstance {
  readonly instance: BoundInstance;
  readonly stage: CheckedStage;
}

async function checkInstance(
  stage: BoundStage,
  { label, folder, values, options }: BoundInstance,
  givens: ReadonlyMap<string, Given>,
  problems: Problems,
  context: CheckContext,
): Promise<CheckedStage | undefined> {
  const { name: entry, uses, loaded, from } = stage;
  const shape = await shapeOf({ ...stage, options }, givens, problems, context);
  if (!loaded || !options || !shape) return undefined;
  return {
    name: `${entry}[${label}]`,
    entry,
    uses,
    folder: `${entry}/${folder}`,
    matrix: values,
    ...loaded,
    options: options.value,
    from,
    shape,
  };
}

/** What the gathered stage gives, if all instances give what can be gathered. */
function gatherShapes(entry: string, checked: readonly CheckedInstance[], problems: Problems): Given {
  const path = ['stages', entry, 'matrix'];
  const types = new Set(checked.map(({ stage }) => stage.shape.type));
  const [type] = types;
  if (type === undefined) return { shape: undefined };
  if (types.size > 1) {
    problems.error(
      'matrix-mixed',
      `the instances of \`${entry}\` give different things`,
      { key: path },
      {
        expected: 'the same from all',
        found: [...types].map(wordArtifact).join(', '),
      },
    );
    return { shape: undefined };
  }
  if (type === 'value') return { shape: { type } };
  if (type !== 'table') return { shape: { type }, instancesOnly: true };
  const parts = checked.flatMap(({ instance: { label }, stage: { shape } }) =>
    shape.type === 'table' ? [{ label, shape }] : [],
  );
  const { shape, clashes } = gatherTables(
    checked.map(({ instance }) => instance.values),
    parts,
  );
  for (const { code, axis, message, next } of clashes) {
    const at = axis === undefined || !problems.locator.has([...path, axis]) ? path : [...path, axis];
    problems.error(code, message, { key: at }, { next });
  }
  return { shape: clashes.length > 0 ? undefined : shape };
}
