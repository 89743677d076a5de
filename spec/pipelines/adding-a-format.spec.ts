import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import type { JsonObject } from '../../src/system/json.ts';
import {
  loadPipeline,
  openStore,
  packageRoot,
  planPipeline,
  readArtifact,
  runPipeline,
} from '../../src/engine/index.ts';
import type { RunStage } from '../../src/engine/record.ts';
import type { Artifact } from '../../src/engine/artifact.ts';
import type { Row } from '../../src/table/table.ts';
import { services } from '../../src/engine/stage-kind.ts';
import { openReadingLog } from '../../src/engine/store/reading-log.ts';
import { stageKinds } from '../../stages/index.ts';
import { modelHost } from '../../src/hosting/model-host.ts';
import { openModelHost } from '../../src/hosting/open-host.ts';
import { SafetensorsFile } from '../../src/model/checkpoint/safetensors.ts';
import { writeSafetensors } from '../../src/model/checkpoint/safetensors-writer.ts';
import { must } from '../support/rig.ts';

const experiment = join(packageRoot, 'pipelines/training-distribution.yaml');
const organism = join(packageRoot, 'models/organism');

describe('rows of scores', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'assay-rows-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  /** The experiment's questions, formats and scores, run in a new program, as it were. */
  const run = async (
    edit: (formats: Record<string, JsonObject>) => object = (formats) => formats,
    { model = 'organism', store = 'store' } = {},
  ): Promise<{ scores: RunStage; rows: readonly Row[] }> => {
    const { stages } = parse(await readFile(experiment, 'utf8')) as {
      stages: Record<string, { with: { formats: Record<string, JsonObject> } }>;
    };
    const { questions, variants, scores } = stages;
    const edited = { ...variants!, with: { formats: edit(variants!.with.formats) } };
    const text = stringify({
      name: 'formats',
      params: { model },
      stages: { questions, variants: edited, scores },
    });
    await writeFile(join(dir, 'formats.yaml'), text);
    const host = openModelHost({ rows: openReadingLog(join(dir, store, 'rows')) });
    try {
      const options = {
        store: openStore(join(dir, store)),
        runsDir: join(dir, 'runs'),
        services: services([modelHost, host]),
      };
      const checked = must(await loadPipeline(join(dir, 'formats.yaml'), { kinds: stageKinds }));
      const planned = must(await planPipeline(checked, options));
      const { record, folder } = await runPipeline(planned, {
        ...options,
        onEvent: () => undefined,
        versions: {},
      });
      const stage = record.stages.find(({ name }) => name === 'scores')!;
      expect(stage.failure).to.equal(undefined);
      return { scores: stage, rows: tableRows(await readArtifact(folder, stage)) };
    } finally {
      await host.dispose();
    }
  };

  it('adding one format to twelve computes that format alone', async () => {
    const cold = (await run()).scores.figures!;
    expect(cold).to.include({ readings_asked: 36, readings_cached: 0 });
    const more = await run((formats) => ({
      ...formats,
      lowercase: { group: 'unnatural', transform: 'lowercase' },
    }));
    const figures = more.scores.figures!;
    expect(figures).to.include({ readings_asked: 39, readings_cached: 36 });
    expect(figures.prefixes_computed! / cold.prefixes_computed!).to.be.lessThan(0.1);

    // As though it had been computed at once, but for the last bits of float32.
    const atOnce = await run(
      (formats) => ({ ...formats, lowercase: { group: 'unnatural', transform: 'lowercase' } }),
      { store: 'another' },
    );
    for (const [index, row] of more.rows.entries()) {
      const { target_log_prob: expected, ...others } = atOnce.rows[index]!;
      expect(row.target_log_prob).to.be.closeTo(expected as number, 1e-4);
      expect([row.format, row.question, row.target_rank]).to.deep.equal([others.format, others.question, others.target_rank]); // prettier-ignore
    }
  });

  it('taking formats out, these or others, computes nothing', async () => {
    await run();
    const fewer = await run(({ chat: _, ...formats }) => formats);
    expect(fewer.scores.figures).to.include({
      readings_asked: 33,
      readings_cached: 33,
      prefixes_computed: 0,
    });
    const others = await run(({ plain: _, json: __, ...formats }) => formats);
    expect(others.scores.figures).to.include({
      readings_asked: 30,
      readings_cached: 30,
      prefixes_computed: 0,
    });
  });

  it('are shared by the same weights under two names, and never by two models of one name', async () => {
    const model = join(dir, 'model');
    await cp(organism, model, { recursive: true, filter: (file) => !file.endsWith('.ts') });
    const first = await run();
    const copied = await run(undefined, { model: './model' });
    expect(copied.scores.state).to.equal('cached');
    expect(copied.rows).to.deep.equal(first.rows);

    changeOneWeight(join(model, 'model.safetensors'));
    const changed = await run(undefined, { model: './model' });
    expect(changed.scores.state).to.equal('ran');
    expect(changed.scores.figures).to.include({ readings_asked: 36, readings_cached: 0 });
    expect(changed.scores.key!.externals).not.to.deep.equal(first.scores.key!.externals);
    expect(changed.rows[0]!.target_log_prob).not.to.equal(first.rows[0]!.target_log_prob);

    await cp(join(organism, 'model.safetensors'), join(model, 'model.safetensors'), { force: true });
    const back = await run(({ chat: _, plain: __, ...formats }) => formats, { model: './model' });
    expect(back.scores.figures).to.include({ readings_cached: 30, prefixes_computed: 0 });
  });
});

function tableRows(artifact: Artifact): readonly Row[] {
  if (artifact.type !== 'table') throw new Error('expected a table');
  return artifact.table.rows;
}

function changeOneWeight(path: string): void {
  const file = new SafetensorsFile(path);
  const tensors = [...file.tensors.values()].map((tensor) => {
    const values = new Float32Array(tensor.size);
    file.readFloats(tensor, values);
    if (tensor.name === 'model.norm.weight') values[0]! += 0.5;
    return { name: tensor.name, shape: tensor.shape, values, dtype: 'F32' as const };
  });
  file.close();
  writeSafetensors(path, tensors);
}
