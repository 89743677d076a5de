import type { CollectedRun, StageTable } from '../../src/report/collect.ts';
import type { ReportWords } from '../../src/report/words.ts';
import type { RunRecord, RunStage } from '../../src/engine/record.ts';
import type { Table } from '../../src/table/table.ts';

/** A run that was read, for specs of what becomes of it in a report. */
export function collectedRun(
  stages: readonly (RunStage & {
    readonly table?: Table;
    readonly prompts?: StageTable['prompts'];
    readonly tokens?: StageTable['tokens'];
  })[],
  more: Partial<CollectedRun> = {},
): CollectedRun {
  const plain = stages.map(({ table, prompts: _, tokens: __, ...stage }): RunStage => ({
    ...stage,
    ...(table !== undefined && {
      artifact: { type: 'table', digest: 'd', files: [], rows: table.rows.length },
    }),
  }));
  const record: RunRecord = {
    format: 'assay-run/1',
    id: '2026-11-24T01-37-05.120Z-fruit-51e92e',
    state: 'succeeded',
    startedAt: '2026-11-24T01:37:05.120Z',
    durationMs: 4300,
    pipeline: {
      name: 'fruit',
      description: 'Is an apple a fruit?',
      file: 'fruit.yaml',
      sha256: 'p',
      resolved: {},
    },
    params: { order: 'mean' },
    stages: plain,
    externals: [],
    versions: { assay: '0.1.0' },
    host: { platform: 'linux', arch: 'x64', cpus: 2, node: '20.20.2' },
  };
  const tables = stages.flatMap(({ table, prompts, tokens }, at): StageTable[] =>
    table === undefined
      ? []
      : [
          {
            stage: plain[at]!,
            table,
            ...(prompts !== undefined && { prompts }),
            ...(tokens !== undefined && { tokens }),
          },
        ],
  );
  return {
    record,
    folder: '/runs/fruit',
    tables,
    values: [],
    texts: [],
    figures: [],
    unreadable: [],
    ...more,
  };
}

export function ranStage(name: string, uses: string, from: RunStage['from'] = {}): RunStage {
  return { name, uses, from, state: 'ran', reasons: [{ type: 'first-run' }], durationMs: 12 };
}

export const plainWords: ReportWords = {
  reason: ({ type }) => type,
  failure: ({ message }) => message,
  exporting: (run, stage) => `assay export ${run} ${stage}`,
};
