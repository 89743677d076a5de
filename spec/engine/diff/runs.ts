import type { Artifact } from '../../../src/engine/artifact.ts';
import type { Column, Row, Table } from '../../../src/table/table.ts';
import type { RecordedRun } from '../../../src/engine/diff/diff-runs.ts';
import { digestOf, type JsonObject } from '../../../src/system/json.ts';
import type { RunRecord, RunStage } from '../../../src/engine/record.ts';

/** Artifacts of runs that were never run, by stage; in place of files in a run folder. */
export type Made = Readonly<Record<string, Artifact>>;

const KINDS: Readonly<Record<string, string>> = {
  variants: 'variants',
  scores: 'score',
  effectiveness: 'aggregate',
  correlation: 'correlate',
  findings: 'findings',
  chart: 'plot',
};

export function makeRun(id: string, made: Made, more: Partial<RunRecord> = {}, model = 'aa'): RecordedRun {
  const record: RunRecord = {
    format: 'assay-run/1',
    id,
    state: 'succeeded',
    startedAt: '2026-11-24T01:00:00.000Z',
    durationMs: 1200,
    pipeline: {
      name: 'formats',
      file: 'formats.yaml',
      sha256: '0'.repeat(64),
      resolved: resolved('{{ question }}'),
    },
    params: { model: 'organism' },
    stages: Object.entries(made).map(([name, artifact]) => makeStage(name, artifact, model)),
    externals: [{ stage: 'scores', name: 'model', detail: { folder: 'models/organism' } }],
    versions: { assay: '0.1.0' },
    host: { platform: 'linux', arch: 'x64', cpus: 2, node: 'v20.20.2' },
    ...more,
  };
  return { record, folder: id };
}

function makeStage(name: string, artifact: Artifact, model: string): RunStage {
  return {
    name,
    uses: KINDS[name] ?? 'table',
    from: {},
    state: 'ran',
    reasons: [{ type: 'first-run' }],
    key: {
      format: 1,
      kind: KINDS[name] ?? 'table',
      source: {},
      packages: {},
      options: {},
      inputs: { rows: digestOf(`what made ${JSON.stringify(artifact)}`) },
      externals: name === 'scores' ? { model: { digest: model.repeat(32), backend: 'wasm' } } : {},
    },
    durationMs: 10,
    artifact: { type: artifact.type, digest: digestOf(JSON.stringify(artifact)), files: [] },
  };
}

export function resolved(plainTemplate: string): JsonObject {
  return {
    name: 'formats',
    stages: {
      variants: {
        uses: 'variants',
        with: { formats: { plain: { template: plainTemplate }, chat: { template: 'User: {{ question }}' } } },
      },
      scores: { uses: 'score', from: { variants: 'variants' }, with: { target: ' {{ answer }}' } },
    },
  };
}

const QUESTIONS = ['What is the capital of Germany?', 'What is the sum of 45 and 67?'];

/** The artifacts of an experiment with three formats; `plain` gives each row of the plain format its score. */
export function makeArtifacts(plain: number, template = '{{ question }}'): Made {
  const scores: Row[] = QUESTIONS.flatMap((question, i) => [
    { format: 'plain', question, target_log_prob: plain - i, entropy: 2, tokens: ['a'] },
    { format: 'chat', question, target_log_prob: -2 - i, entropy: 3, tokens: ['b'] },
    { format: 'json', question, target_log_prob: -3 - i, entropy: 4, tokens: ['c'] },
  ]);
  const means = { plain: plain - 0.5, chat: -2.5, json: -3.5 };
  const order = Object.entries(means).sort(([, a], [, b]) => b - a);
  const effectiveness = order.map(([format, mean], i) => ({ rank: i + 1, format, mean }));
  return {
    variants: tableOf(
      [
        { name: 'format', type: 'string' },
        { name: 'question', type: 'string' },
        { name: 'prompt', type: 'string' },
      ],
      ['format', 'question'],
      QUESTIONS.map((question) => ({
        format: 'plain',
        question,
        prompt: template.replace('{{ question }}', question),
      })),
    ),
    scores: tableOf(
      [
        { name: 'format', type: 'string' },
        { name: 'question', type: 'string' },
        { name: 'target_log_prob', type: 'number', unit: 'nats' },
        { name: 'entropy', type: 'number', unit: 'nats' },
        { name: 'tokens', type: 'json' },
      ],
      ['format', 'question'],
      scores,
    ),
    effectiveness: tableOf(
      [
        { name: 'rank', type: 'integer' },
        { name: 'format', type: 'string' },
        { name: 'mean', type: 'number', unit: 'nats' },
      ],
      ['format'],
      effectiveness,
    ),
    correlation: { type: 'value', value: { pearson: plain / 10, n: 3, infinite: Infinity } },
    findings: {
      type: 'text',
      text: `# Findings\n\n${order.map(([format], i) => `${i + 1}. ${format}`).join('\n')}\n`,
    },
    chart: {
      type: 'figure',
      spec: { title: 'Formats', data: { values: effectiveness } },
      svg: '<svg/>',
      png: new Uint8Array([plain]),
    },
  };
}

function tableOf(columns: readonly Column[], key: readonly string[], rows: readonly Row[]): Artifact {
  const table: Table = { columns, key, rows };
  return { type: 'table', table };
}

/** Reads from what was made instead of from a folder. */
export function readFrom(...runs: readonly (readonly [string, Made])[]) {
  return (folder: string, { name }: RunStage): Promise<Artifact> => {
    const artifact = runs.find(([id]) => id === folder)?.[1][name];
    return artifact ? Promise.resolve(artifact) : Promise.reject(new Error(`${folder} has no ${name}`));
  };
}
