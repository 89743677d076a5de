import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { modelsOf, summarise, writeSummary } from '../../../src/engine/recorded/summary.ts';
import type { RunRecord } from '../../../src/engine/record.ts';
import { seal } from '../../../src/engine/store/sealed.ts';

const RECORD: RunRecord = {
  format: 'assay-run/1',
  id: '2026-11-24T01-37-05.120Z-fruit-51e92e',
  name: 'first',
  state: 'succeeded',
  startedAt: '2026-11-24T01:37:05.120Z',
  durationMs: 5,
  pipeline: { name: 'fruit', file: 'fruit.yaml', sha256: '', resolved: {} },
  params: { shots: 2 },
  stages: [],
  headline: { stage: 'ranking', row: 'chat', column: 'mean', value: -0.5, unit: 'nats' },
  externals: [
    { stage: 'a', name: 'model', detail: { ref: 'organism', numerics: { backend: 'wasm' } } },
    { stage: 'b', name: 'model', detail: { ref: 'organism', numerics: { backend: 'wasm' } } },
    { stage: 'c', name: 'file', detail: 'fruit.csv' },
  ],
  versions: {},
  host: { platform: 'linux', arch: 'x64', cpus: 2, node: '20' },
};

describe('the summary of a run', () => {
  let folder = '';
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'assay-summary-')), RECORD.id);
    mkdirSync(folder);
  });
  afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

  const put = (record: RunRecord): RunRecord => {
    const { text, digest } = seal(record, 2);
    writeFileSync(join(folder, 'run.json'), `${text}\n`);
    return { ...record, sha256: digest };
  };

  const SUMMARY = {
    id: RECORD.id,
    name: 'first',
    state: 'succeeded',
    pipeline: 'fruit',
    startedAt: RECORD.startedAt,
    durationMs: 5,
    stages: {},
    params: { shots: 2 },
    models: ['organism'],
    headline: RECORD.headline,
  };

  it('says the same as the record', async () => {
    const written = put(RECORD);
    expect(summarise(folder)).to.deep.equal({ ...SUMMARY, folder });
    await writeSummary(folder, written);
    expect(summarise(folder)).to.deep.equal({ ...SUMMARY, folder });
  });

  it('spares the record, of which only the digest at its end is read', async () => {
    await writeSummary(folder, put(RECORD));
    const text = readFileSync(join(folder, 'run.json'), 'utf8');
    writeFileSync(join(folder, 'run.json'), text.replace('"fruit"', '"other"'));
    expect(summarise(folder).pipeline).to.equal('fruit');
  });

  it('is not believed once the record is another one, is cut, or the summary itself is damaged', async () => {
    await writeSummary(folder, put(RECORD));
    put({ ...RECORD, state: 'failed' });
    expect(summarise(folder).state).to.equal('failed');
    await writeSummary(folder, put(RECORD));
    const summary = readFileSync(join(folder, 'summary.json'), 'utf8');
    writeFileSync(join(folder, 'summary.json'), summary.replace('"shots":2', '"shots":3'));
    expect(summarise(folder).params).to.deep.equal({ shots: 2 });
    writeFileSync(join(folder, 'run.json'), '{"format":');
    expect(summarise(folder)).to.deep.equal({ id: RECORD.id, folder, state: 'damaged' });
  });

  it('names each model once, with its backend', () => {
    expect(modelsOf(RECORD)).to.deep.equal([{ ref: 'organism', backend: 'wasm' }]);
  });
});
