import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { packageRoot } from '../../../src/engine/index.ts';
import { Failure } from '../../../src/system/failure.ts';
import { Rig } from '../../support/rig.ts';

const PIPELINE = `name: shaky
stages:
  rows: { uses: rows, with: { rows: [{ word: a, n: 1 }] } }
  scaled: { uses: scale, from: rows, with: { column: n, by: 2 } }
  names: { uses: collect, from: { it: scaled } }
`;

const DIED = { code: 'worker-died', blame: 'machine', message: 'a worker has died' } as const;

describe('retries', () => {
  let rig: Rig;
  let waits: number[];
  beforeEach(async () => {
    rig = await Rig.open();
    waits = [];
  });
  afterEach(() => rig.close());

  const wait = (ms: number) => {
    waits.push(ms);
    return Promise.resolve();
  };

  /** The stage `scaled` fails that many times, and then runs. */
  function failing(times: number, error: () => Error): void {
    rig.handles.hook = ({ stage }) => {
      if (stage === 'scaled' && times-- > 0) throw error();
    };
  }

  function systemError(code: string): Error {
    return Object.assign(new Error(`${code}: no`), { code });
  }

  it('a stage that failed by something that passes runs again, with backoff, and its record says how often', async () => {
    failing(2, () => new Failure({ ...DIED, transient: true }));
    const { record, runs, stage, events } = await rig.run(PIPELINE, { wait });
    expect(record.state).to.equal('succeeded');
    expect(runs).to.deep.equal(['rows', 'scaled', 'scaled', 'scaled', 'names']);
    expect(stage('scaled')).to.include({ state: 'ran', attempts: 3 });
    expect(stage('rows')).not.to.have.property('attempts');
    expect(waits).to.deep.equal([500, 2000]);
    const warnings = events.flatMap((event) =>
      event.type === 'stage-warning' && event.stage === 'scaled' ? [event.message] : [],
    );
    expect(warnings).to.deep.equal([
      'attempt 1 of 3 failed: a worker has died; the next is in 0.5 s',
      'attempt 2 of 3 failed: a worker has died; the next is in 2 s',
    ]);
    const schema = await readFile(join(packageRoot, 'schemas/run.schema.json'), 'utf8');
    const fits = new Ajv2020({ allErrors: true, strict: false, validateFormats: false }).compile(
      JSON.parse(schema) as object,
    );
    fits(JSON.parse(JSON.stringify(record)));
    expect(fits.errors ?? []).to.deep.equal([]);
    // What comes from cache says nothing of how it was made.
    expect((await rig.run()).stage('scaled'))
      .to.include({ state: 'cached' })
      .and.not.have.property('attempts');
  });

  it('a stage fails for good with its third attempt', async () => {
    failing(Infinity, () => new Failure({ ...DIED, transient: true }));
    const { runs, stage } = await rig.run(PIPELINE, { wait });
    expect(runs).to.deep.equal(['rows', 'scaled', 'scaled', 'scaled']);
    expect(stage('scaled')).to.include({ state: 'failed', attempts: 3 });
    expect(stage('scaled').failure?.code).to.equal('worker-died');
    expect(stage('names').state).to.equal('skipped');
  });

  const transient: [string, Error][] = [
    ['a file that is held', systemError('EBUSY')],
    ['a broken connection under fetch', new TypeError('fetch failed', { cause: systemError('ECONNRESET') })],
  ];
  for (const [what, error] of transient) {
    it(`${what} is something that passes`, async () => {
      failing(1, () => error);
      const { stage } = await rig.run(PIPELINE, { wait });
      expect(stage('scaled')).to.include({ state: 'ran', attempts: 2 });
    });
  }

  const lasting: [string, Error][] = [
    ['a bug', new Error('oh')],
    ['a mistake of the user', new Failure({ ...DIED, blame: 'user', transient: true })],
    ['a failure of the machine that does not say that it passes', new Failure(DIED)],
    ['a missing file', systemError('ENOENT')],
    ['a full disk', systemError('ENOSPC')],
  ];
  for (const [what, error] of lasting) {
    it(`${what} is never tried again`, async () => {
      failing(Infinity, () => error);
      const { runs, stage } = await rig.run(PIPELINE, { wait });
      expect(runs).to.deep.equal(['rows', 'scaled']);
      expect(waits).to.deep.equal([]);
      expect(stage('scaled').state).to.equal('failed');
      expect(stage('scaled')).not.to.have.property('attempts');
    });
  }

  it('a stage that waits for its next attempt ends with the run, and has been tried once', async () => {
    const stop = new AbortController();
    failing(Infinity, () => new Failure({ ...DIED, transient: true }));
    const { stage, runs } = await rig.run(PIPELINE, {
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === 'stage-warning') stop.abort();
      },
    });
    expect(runs).to.deep.equal(['rows', 'scaled']);
    expect(stage('scaled').state).to.equal('cancelled');
    expect(stage('scaled')).not.to.have.property('attempts');
  });
});
