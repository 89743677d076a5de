import { readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { listRuns, readArtifact, readRun } from '../../../src/engine/index.ts';
import type { TimedEvent } from '../../../src/engine/record.ts';
import { Failure } from '../../../src/system/failure.ts';
import { seal } from '../../../src/engine/store/sealed.ts';
import { gate, must, Rig } from '../../support/rig.ts';

const CHAIN = `name: chain
params: { by: 3 }
stages:
  total: { uses: join, from: { left: rows, right: scaled } }
  scaled: { uses: scale, from: rows, with: { column: n, by: "\${params.by}" } }
  rows: { uses: rows, with: { rows: [{ word: a, n: 1 }, { word: b, n: 2 }] } }
  names: { uses: collect, from: { one: rows, two: scaled } }
`;

describe('running a pipeline', () => {
  let rig: Rig;
  beforeEach(async () => (rig = await Rig.open()));
  afterEach(() => rig.close());

  it('runs each stage after those it reads, and records what came of it', async () => {
    const { record, runs, folder, artifact, stage } = await rig.run(CHAIN);
    expect(runs.slice(0, 2)).to.deep.equal(['rows', 'scaled']);
    expect([...runs].sort()).to.deep.equal(['names', 'rows', 'scaled', 'total']);
    expect(record.state).to.equal('succeeded');
    expect(record.stages.map(({ name, state }) => [name, state])).to.deep.equal([
      ['rows', 'ran'],
      ['scaled', 'ran'],
      ['total', 'ran'],
      ['names', 'ran'],
    ]);
    expect(record.params).to.deep.equal({ by: 3 });
    expect(record.pipeline.resolved).to.deep.equal({
      name: 'chain',
      params: { by: 3 },
      stages: {
        rows: { uses: 'rows', with: { rows: [{ word: 'a', n: 1 }, { word: 'b', n: 2 }] } }, // prettier-ignore
        scaled: { uses: 'scale', from: { input: 'rows' }, with: { column: 'n', by: 3, round: false } },
        total: { uses: 'join', from: { left: 'rows', right: 'scaled' }, with: {} },
        names: { uses: 'collect', from: { one: 'rows', two: 'scaled' }, with: {} },
      },
    });
    const scaled = await artifact('scaled');
    expect(scaled.type === 'table' && scaled.table.rows).to.deep.equal([
      { word: 'a', n: 3 },
      { word: 'b', n: 6 },
    ]);
    expect(await artifact('total')).to.deep.equal({
      type: 'value',
      value: { left: 2, right: 2, ratio: Infinity },
    });
    expect(stage('names').warnings).to.deep.equal(['collected']);
    expect(stage('scaled').figures).to.deep.equal({ rows: 2 });
    expect(await readFile(join(folder, 'pipeline.yaml'), 'utf8')).to.equal(CHAIN);
    expect(await readFile(join(folder, 'scaled/table.jsonl'), 'utf8')).to.equal(
      '{"word":"a","n":3}\n{"word":"b","n":6}\n',
    );
    expect(await readlink(join(rig.runsDir, 'latest'))).to.equal(record.id);
  });

  it('tells what happens, and appends it to events.jsonl', async () => {
    let now = Date.UTC(2030, 0, 2, 3, 4, 5, 6);
    const { events, folder, record } = await rig.run(CHAIN, { clock: () => now++, randomId: () => 'abcdef' });
    expect(record.id).to.equal('2030-01-02T03-04-05.006Z-chain-abcdef');
    const rows = events.filter((event) => 'stage' in event && event.stage === 'scaled');
    expect(rows.map(({ type }) => type)).to.deep.equal(['stage-started', 'stage-progress', 'stage-finished']);
    expect(events[0]).to.include({ type: 'run-started', runId: record.id, stages: 4 });
    expect(events.at(-1)).to.include({ type: 'run-finished', state: 'succeeded' });
    const written = (await readFile(join(folder, 'events.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => {
        const { sha256, ...event } = JSON.parse(line) as TimedEvent & { sha256: string };
        expect(sha256).to.match(/^[0-9a-f]{64}$/);
        return event;
      });
    expect(written).to.deep.equal(JSON.parse(JSON.stringify(events)));
  });

  it('serves everything from cache the second time', async () => {
    const first = await rig.run(CHAIN);
    const second = await rig.run();
    expect(second.runs).to.deep.equal([]);
    expect(second.record.stages.map(({ state }) => state)).to.deep.equal(Array(4).fill('cached'));
    const contents = ({ record }: typeof first) =>
      record.stages.map(({ name, key, artifact }) => [name, key, artifact]);
    expect(contents(second)).to.deep.equal(contents(first));
    expect(second.stage('names').warnings).to.deep.equal(['collected']);
    expect(await rig.tree(join(second.folder, 'scaled'))).to.deep.equal(
      await rig.tree(join(first.folder, 'scaled')),
    );
  });

  it('keeps the store when a file of a run folder is edited', async () => {
    const { folder, stage } = await rig.run(CHAIN);
    await writeFile(join(folder, 'rows/table.jsonl'), 'edited');
    const again = await rig.run();
    expect(again.runs).to.deep.equal([]);
    expect(again.stage('rows').artifact?.digest).to.equal(stage('rows').artifact?.digest);
    let thrown: unknown;
    await readArtifact(folder, stage('rows')).catch((error: unknown) => (thrown = error));
    expect(thrown).to.be.instanceOf(Failure);
    expect((thrown as Failure).details.code).to.equal('artifact-damaged');
  });

  describe('failures', () => {
    const TWO = `${CHAIN}  other: { uses: scale, from: rows, with: { column: n, by: 7 } }\n  last: { uses: collect, from: { o: other } }\n`;
    const failScaled = () => {
      rig.handles.hook = ({ stage }) => {
        if (stage !== 'scaled') return;
        throw new Failure({
          code: 'too-big',
          blame: 'user',
          message: 'the factor is too big',
          path: ['by'],
          expected: 'at most 2',
          found: '3',
          next: 'use less',
        });
      };
    };

    it('a failure is recorded with its place, and nothing begins after it', async () => {
      failScaled();
      const scaledEnded = gate();
      const fail = rig.handles.hook;
      rig.handles.hook = (context) => (context.stage === 'other' ? scaledEnded.opened : fail(context));
      const { record, stage, runs } = await rig.run(TWO, {
        onEvent: (event) => {
          if (event.type === 'stage-finished' && event.stage === 'scaled') scaledEnded.open();
        },
      });
      expect(record.state).to.equal('failed');
      expect(runs).to.deep.equal(['rows', 'scaled', 'other']);
      expect(stage('scaled').failure).to.deep.equal({
        code: 'too-big',
        severity: 'error',
        message: 'the factor is too big',
        blame: 'user',
        place: {
          file: rig.file,
          line: 5,
          column: 61,
          length: 14,
          text: '  scaled: { uses: scale, from: rows, with: { column: n, by: "${params.by}" } }',
        },
        related: [
          {
            message: '`params.by` is defined here',
            place: { file: rig.file, line: 2, column: 15, length: 1, text: 'params: { by: 3 }' },
          },
        ],
        expected: 'at most 2',
        found: '3',
        next: 'use less',
      });
      expect(record.stages.map(({ name, state, because }) => [name, state, because])).to.deep.equal([
        ['rows', 'ran', undefined],
        ['scaled', 'failed', undefined],
        ['total', 'skipped', 'scaled'],
        ['names', 'skipped', 'scaled'],
        ['other', 'ran', undefined],
        ['last', 'skipped', 'scaled'],
      ]);
    });

    it('a stage that waits for what a failing one holds does not begin', async () => {
      rig.handles.externals.a = 'digest a';
      rig.handles.externals.b = 'digest b';
      failScaled();
      const { runs, stage } = await rig.run(
        TWO.replace('column: n, by: "${params.by}"', 'column: n, by: 3, tag: a').replace(
          'by: 7',
          'by: 7, tag: b',
        ),
      );
      expect(runs).to.deep.equal(['rows', 'scaled']);
      expect(stage('other')).to.deep.include({ state: 'skipped', because: 'scaled', reasons: [] });
      expect(stage('other')).not.to.have.property('key');
    });

    it('a stage that waits for the lock of its key does not begin when another one fails meanwhile', async () => {
      await rig.run(CHAIN);
      await rig.write(TWO.replace('by: 3', 'by: 4'));
      const waiting = (await rig.plan()).stages.find(({ name }) => name === 'other');
      const scaledEnded = gate();
      failScaled();
      const otherRun = rig.store.exclusively(waiting!.keyDigest!, {}, () => scaledEnded.opened);
      const { runs, stage } = await rig.run(undefined, {
        onEvent: (event) => {
          if (event.type === 'stage-finished' && event.stage === 'scaled') scaledEnded.open();
        },
      });
      await otherRun;
      expect(runs).to.deep.equal(['scaled']);
      expect(stage('other')).to.include({ state: 'skipped', because: 'scaled' });
    });

    it('what does not depend on a failure goes on, when asked to', async () => {
      failScaled();
      const { record } = await rig.run(TWO, { keepGoing: true });
      expect(record.state).to.equal('failed');
      expect(record.stages.map(({ name, state }) => [name, state])).to.deep.equal([
        ['rows', 'ran'],
        ['scaled', 'failed'],
        ['total', 'skipped'],
        ['names', 'skipped'],
        ['other', 'ran'],
        ['last', 'ran'],
      ]);
    });

    it('a failure leaves the store as it was, and the next run tries again', async () => {
      await rig.write(TWO);
      rig.handles.hook = () => {
        throw new Error('a bug');
      };
      await rig.run();
      // Nothing but who uses it.
      const tree = await rig.tree(rig.store.dir);
      expect(Object.keys(tree).filter((file) => !file.startsWith('users/'))).to.deep.equal([]);
      rig.handles.hook = () => undefined;
      const { record } = await rig.run();
      expect(record.state).to.equal('succeeded');
      expect(record.stages[0]?.reasons).to.deep.equal([{ type: 'first-run' }]);
    });

    it('an error that nobody foresaw is an internal error, whose stack is in events.jsonl alone', async () => {
      rig.handles.hook = () => {
        throw new TypeError('x is not a function');
      };
      const { stage, folder, events } = await rig.run(CHAIN);
      expect(stage('rows').failure).to.include({
        code: 'internal-error',
        blame: 'machine',
        message: 'Internal error: x is not a function',
      });
      expect(JSON.stringify(events)).not.to.match(/at .*kinds\.ts:\d/);
      expect(await readFile(join(folder, 'run.json'), 'utf8')).not.to.match(/at .*kinds\.ts:\d/);
      expect(await readFile(join(folder, 'events.jsonl'), 'utf8')).to.match(/"stack":"TypeError: x is not/);
    });

    it('a result that its kind did not promise is an internal error that names column and row', async () => {
      await rig.write('stages: { r: { uses: rows, with: { rows: [{ n: 1 }, { n: two }] } } }');
      const { stage } = await rig.run();
      expect(stage('r').failure?.message).to.equal(
        'Internal error: expected number in column `n`, row 1, was string "two"',
      );
    });
  });

  it('a cancelled run ends cleanly, and what was done is kept', async () => {
    const stop = new AbortController();
    const started = gate();
    rig.handles.hook = async ({ stage, signal }) => {
      if (stage !== 'scaled') return;
      started.open();
      await new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new Error('told to stop'))),
      );
    };
    const running = rig.run(CHAIN, { signal: stop.signal });
    await started.opened;
    stop.abort();
    const { record } = await running;
    expect(record.state).to.equal('cancelled');
    expect(record.stages.map(({ name, state }) => [name, state])).to.deep.equal([
      ['rows', 'ran'],
      ['scaled', 'cancelled'],
      ['total', 'cancelled'],
      ['names', 'cancelled'],
    ]);
    rig.handles.hook = () => undefined;
    const again = await rig.run();
    expect(again.record.stages.map(({ state }) => state)).to.deep.equal(['cached', 'ran', 'ran', 'ran']);
  });

  describe('resources', () => {
    const models = (tags: readonly string[]) =>
      `stages:\n  rows: { uses: rows, with: { rows: [{ n: 1 }] } }\n${tags
        .map((tag, i) => `  s${i}: { uses: scale, from: rows, with: { column: n, by: ${i}, tag: ${tag} } }\n`)
        .join('')}`;

    it('stages that share a resource hold it together, and others wait until all of these are done', async () => {
      rig.handles.externals.a = 'digest a';
      rig.handles.externals.b = 'digest b';
      const bothBegan = { a: gate(), b: gate() };
      const running = new Set<string>();
      const together: string[] = [];
      rig.handles.hook = async ({ stage, options }) => {
        const { tag } = options as { tag?: 'a' | 'b' };
        if (tag === undefined) return;
        running.add(tag + stage);
        together.push([...running].sort().join('+'));
        if (running.size === 2) bothBegan[tag].open();
        await bothBegan[tag].opened;
        running.delete(tag + stage);
      };
      await rig.run(models(['a', 'b', 'a', 'b']));
      expect(together).to.deep.equal(['as0', 'as0+as2', 'bs1', 'bs1+bs3']);
    });
  });

  describe('reading runs', () => {
    it('a run is found by latest, by how many ago, by its id and the ends of it, and by its folder', async () => {
      const first = await rig.run(CHAIN, { clock: () => 1e12, randomId: () => 'aaaaaa' });
      const second = await rig.run(CHAIN, { clock: () => 1e12 + 1, randomId: () => 'bbbbbb' });
      const find = async (ref: string) => must(await readRun(rig.runsDir, ref)).folder;
      expect(await find('latest')).to.equal(second.folder);
      expect(await find('latest~1')).to.equal(first.folder);
      expect(await find(first.record.id)).to.equal(first.folder);
      expect(await find('aaaaaa')).to.equal(first.folder);
      expect(await find('2001-09-09T01-46-40.001')).to.equal(second.folder);
      expect(await find(first.folder)).to.equal(first.folder);
      const problem = async (ref: string) => {
        const result = await readRun(rig.runsDir, ref);
        return result.ok ? undefined : result.problems[0];
      };
      expect(await problem('2001')).to.include({ code: 'run-ambiguous' });
      expect(await problem('aaaaab')).to.include({ code: 'run-not-found', next: 'did you mean `aaaaaa`?' });
      expect(await problem('latest~2')).to.include({
        code: 'run-not-found',
        message: 'there is no run `latest~2`',
        found: '2 runs that came to an end',
      });
    });

    it('a damaged run is listed as such', async () => {
      const { folder, record } = await rig.run(CHAIN);
      await writeFile(join(folder, 'run.json'), '{"format":');
      expect(await listRuns(rig.runsDir)).to.deep.equal([{ id: record.id, folder, state: 'damaged' }]);
      const result = await readRun(rig.runsDir, record.id);
      expect(!result.ok && result.problems[0]?.code).to.equal('run-damaged');
    });

    it('a run that goes on is told from one that was killed', async () => {
      const started = gate();
      const go = gate();
      rig.handles.hook = async ({ stage }) => {
        if (stage !== 'scaled') return;
        started.open();
        await go.opened;
      };
      const running = rig.run(CHAIN);
      await started.opened;
      const [now] = await listRuns(rig.runsDir);
      expect(now).to.deep.include({ state: 'running', stages: { ran: 1 } });
      const file = join(now!.folder, 'run.json');
      const record = JSON.parse(await readFile(file, 'utf8')) as { process: { started: string } };
      record.process.started = '1';
      await writeFile(file, seal({ ...record, sha256: undefined }).text);
      expect((await listRuns(rig.runsDir))[0]).to.deep.include({ state: 'interrupted', stages: { ran: 1 } });
      go.open();
      await running;
    });
  });
});
