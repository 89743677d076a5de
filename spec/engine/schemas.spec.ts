import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { packageRoot, pipelineSchema } from '../../src/engine/index.ts';
import { parse } from 'yaml';
import { gate, Rig } from '../support/rig.ts';

const PIPELINE = `name: words
description: All that a record can hold.
params: { by: 3 }
stages:
  rows: { uses: rows, with: { rows: [{ word: a, n: 1 }] } }
  scaled: { uses: scale, from: rows, with: { column: n, by: "\${params.by}", tag: m } }
  names: { uses: collect, from: { it: scaled } }
  failing: { uses: scale, from: rows, with: { column: n, by: 9 } }
  skipped: { uses: join, from: { left: failing, right: rows } }
`;

describe('the published schemas', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.open();
    rig.handles.externals.m = { digest: 'one' };
    rig.handles.hook = ({ stage }) => {
      if (stage === 'failing') throw new Error('no');
    };
  });
  afterEach(() => rig.close());

  const compile = (schema: object): ValidateFunction =>
    new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true, formats: { 'date-time': true } }).compile(schema); // prettier-ignore
  const published = async (name: string) =>
    compile(JSON.parse(await readFile(join(packageRoot, 'schemas', name), 'utf8')) as object);
  const expectFits = (fits: ValidateFunction, value: unknown) => {
    fits(JSON.parse(JSON.stringify(value)));
    expect(fits.errors ?? []).to.deep.equal([]);
  };

  it('fit records of runs that succeeded, failed, were cached, and go on', async () => {
    const fits = await published('run.schema.json');
    const { record, folder } = await rig.run(PIPELINE, { keepGoing: true });
    expect(record.stages.map(({ state }) => state)).to.deep.equal(['ran', 'ran', 'ran', 'failed', 'skipped']);
    expectFits(fits, record);
    expectFits(fits, JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')));
    rig.handles.externals.m = { digest: 'two' };
    expectFits(fits, (await rig.run(undefined, { force: ['names'] })).record);

    const started = gate();
    const go = gate();
    let goingOn = '';
    rig.handles.hook = async () => {
      started.open();
      await go.opened;
    };
    const running = rig.run(undefined, {
      force: true,
      onEvent: (event) => {
        if (event.type === 'run-started') goingOn = event.runFolder;
      },
    });
    await started.opened;
    const now = JSON.parse(await readFile(join(goingOn, 'run.json'), 'utf8')) as { state: string };
    expect(now.state).to.equal('running');
    expectFits(fits, now);
    go.open();
    await running;
  });

  it('fit plans', async () => {
    const fits = await published('plan.schema.json');
    await rig.write(PIPELINE);
    expectFits(fits, await rig.plan());
    await rig.run();
    await rig.write(PIPELINE.replace('by: 3', 'by: 4'));
    expectFits(fits, await rig.plan(['names']));
  });

  it('fit plans and records of matrix stages', async () => {
    const text = `stages:
  start: { uses: rows, with: { rows: [{ n: 1 }] } }
  scaled: { uses: scale, from: start, matrix: { by: [2, 3] }, with: { column: n, by: "\${matrix.by}" } }
`;
    await rig.write(text);
    expectFits(await published('plan.schema.json'), await rig.plan());
    const { record } = await rig.run();
    expect(record.stages.map(({ gathers, instance }) => gathers ?? instance?.matrix ?? null)).to.deep.equal([
      null,
      { by: 2 },
      { by: 3 },
      true,
    ]);
    expectFits(await published('run.schema.json'), record);
  });

  it('refuse what is not a record', async () => {
    const fits = await published('run.schema.json');
    const { record } = await rig.run(PIPELINE);
    expect(fits({ ...record, state: 'interrupted' })).to.equal(false);
    expect(fits({ ...record, extra: 1 })).to.equal(false);
  });

  it('fit the columns of tables', async () => {
    const { folder } = await rig.run(PIPELINE);
    const fits = await published('table.schema.json');
    expectFits(fits, JSON.parse(await readFile(join(folder, 'rows/table.schema.json'), 'utf8')));
  });

  it('of pipelines, made from the kinds, takes right files and refuses wrong ones', () => {
    const fits = compile(pipelineSchema(rig.kinds));
    expectFits(fits, parse(PIPELINE.replace('"${params.by}"', '3')));
    const wrong = [
      'stages: { a: { uses: rosw } }',
      'stages: { a: { uses: rows } }',
      'stages: { a: { uses: rows, with: { rows: [{}], nope: 1 } } }',
      'stages: { a: { uses: rows, from: b, with: { rows: [{}] } } }',
      'stages: { a: { uses: scale, with: { column: n } } }',
      'stages: { a: { uses: join, from: { left: x } } }',
      'stages: { a: { uses: join, from: { left: x, right: y, other: z } } }',
      'stages: { A: { uses: rows, with: { rows: [{}] } } }',
      'stage: {}',
    ];
    for (const text of wrong) expect(fits(parse(text)), text).to.equal(false);
  });
});
