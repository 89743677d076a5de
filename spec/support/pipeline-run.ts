import { join } from 'node:path';
import { expect } from 'chai';
import type { Artifact } from '../../src/engine/artifact.ts';
import {
  loadPipeline,
  openStore,
  packageRoot,
  planPipeline,
  readArtifact,
  runPipeline,
} from '../../src/engine/index.ts';
import type { RunRecord } from '../../src/engine/record.ts';
import { services } from '../../src/engine/stage-kind.ts';
import { stageKinds } from '../../stages/index.ts';
import { modelHost, type ModelHost } from '../../src/hosting/model-host.ts';

export interface PipelineRun {
  readonly record: RunRecord;
  readonly folder: string;
  /** States of the stages by name. */
  readonly states: Readonly<Record<string, string>>;
  artifact(stage: string): Promise<Artifact>;
}

/** Runs a pipeline file with a model host of the spec's; store and runs go into `folder`. Fails where a stage fails. */
export async function runPipelineFile(file: string, folder: string, host: ModelHost): Promise<PipelineRun> {
  const loaded = await loadPipeline(file, { kinds: stageKinds });
  if (!loaded.ok)
    throw new Error(loaded.problems.map(({ message, place }) => `${place?.line}: ${message}`).join('\n'));
  const place = {
    store: openStore(join(folder, 'store')),
    runsDir: join(folder, 'runs'),
    services: services([modelHost, host]),
  };
  const planned = await planPipeline(loaded.value, place);
  if (!planned.ok) throw new Error(planned.problems.map(({ message }) => message).join('\n'));
  const run = await runPipeline(planned.value, { ...place, versions: {}, onEvent: () => undefined });
  const { stages } = run.record;
  expect(
    stages.filter(({ failure }) => failure !== undefined).map(({ name, failure }) => [name, failure]),
  ).to.deep.equal([]);
  return {
    ...run,
    states: Object.fromEntries(stages.map(({ name, state }) => [name, state])),
    async artifact(name) {
      const stage = stages.find((each) => each.name === name);
      if (stage === undefined) throw new Error(`no stage ${name}`);
      return readArtifact(run.folder, stage);
    },
  };
}

export function pipelineFile(name: string): string {
  return join(packageRoot, 'pipelines', name);
}
