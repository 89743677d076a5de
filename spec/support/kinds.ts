import type { Row, Table } from '../../src/table/table.ts';
import type { Json } from '../../src/system/json.ts';
import { defineStage, type StageContext, type StageKind } from '../../src/engine/stage-kind.ts';
import { Failure } from '../../src/system/failure.ts';

/** What specs can do to the stages of a rig: hold, count and fail them by stage name. */
export interface Handles {
  /** Stage names in the order in which their runs began. */
  readonly runs: string[];
  /** Called when a stage runs, before its work; may wait or throw. */
  hook: (context: StageContext<unknown>) => Promise<void> | void;
  /** Identity of the external that `tagged` stages read, by its name. */
  readonly externals: Record<string, Json>;
}

/** Stage kinds that do small, visible things, so that specs of the engine need no real ones. */
export function fakeKinds(handles: Handles): ReadonlyMap<string, StageKind<unknown>> {
  const began = async (context: StageContext<never>) => {
    handles.runs.push(context.stage);
    await handles.hook(context);
  };

  const rows = defineStage<{ rows: Row[]; columns?: Record<string, string> }>({
    name: 'rows',
    module: import.meta.url,
    summary: 'Gives the rows that it is given',
    description: 'A table of text and numbers.',
    example: 'with: { rows: [{ word: a }] }',
    options: {
      type: 'object',
      additionalProperties: false,
      required: ['rows'],
      properties: {
        rows: { type: 'array', items: { type: 'object' }, minItems: 1, description: 'The rows.' },
        note: { type: 'string' },
      },
    },
    inputs: { ports: [] },
    output: ({ rows: given }) => ({ type: 'table', columns: columnsOf(given), key: [] }),
    async run(context) {
      await began(context as StageContext<never>);
      const { rows: given } = context.options;
      return { type: 'table', table: { columns: columnsOf(given), key: [], rows: given } };
    },
  });

  const scale = defineStage<{ column: string; by: number; round: boolean; tag?: string; slow?: boolean }>({
    name: 'scale',
    module: import.meta.url,
    summary: 'Multiplies a column',
    description: 'Multiplies a column of numbers.',
    example: 'with: { column: n, by: 2 }',
    options: {
      type: 'object',
      additionalProperties: false,
      required: ['column'],
      properties: {
        column: { type: 'string', description: 'The column to multiply.' },
        by: { type: 'number', default: 2 },
        round: { type: 'boolean', default: false },
        tag: { type: 'string' },
        mode: { enum: ['fast', 'slow'] },
      },
    },
    inputs: { ports: [{ name: 'input', type: 'table', description: 'the rows' }] },
    output: (_options, { input }) => input ?? { type: 'table', columns: [], key: [], open: true },
    check({ column }, { input }) {
      if (input?.type !== 'table' || input.open === true) return [];
      const candidates = input.columns.map(({ name }) => name);
      return candidates.includes(column)
        ? []
        : [{ path: ['column'], message: `no column \`${column}\` in the input`, found: column, candidates }];
    },
    resources: ({ tag }) => (tag === undefined ? {} : { model: { share: tag } }),
    externals({ tag }) {
      if (tag === undefined) return Promise.resolve({});
      const identity = handles.externals[tag];
      if (identity === undefined) {
        return Promise.reject(
          new Failure({
            code: 'model-not-found',
            blame: 'user',
            message: `no model folder ${tag}`,
            path: ['tag'],
            expected: 'a folder',
            next: 'download it',
          }),
        );
      }
      return Promise.resolve({ model: { identity, detail: { name: tag } } });
    },
    async run(context) {
      await began(context as StageContext<never>);
      const { column, by, round } = context.options;
      const input = tableOf(context.inputs.input);
      const scaled = input.rows.map((row) => {
        const value = Number(row[column]) * by;
        return { ...row, [column]: round ? Math.round(value) : value };
      });
      context.progress(scaled.length, scaled.length, 'rows');
      context.measure({ rows: scaled.length });
      return { type: 'table', table: { ...input, rows: scaled } };
    },
  });

  const join = defineStage({
    name: 'join',
    module: import.meta.url,
    summary: 'Counts the rows of two tables',
    description: 'A value.',
    example: 'from: { left: a, right: b }',
    options: { type: 'object', additionalProperties: false, properties: {} },
    inputs: {
      ports: [
        { name: 'left', type: 'table', description: 'one table' },
        { name: 'right', type: 'table', description: 'the other' },
        { name: 'extra', type: 'value', optional: true, description: 'a value' },
      ],
    },
    output: () => ({ type: 'value' }),
    async run(context) {
      await began(context as StageContext<never>);
      const left = tableOf(context.inputs.left).rows.length;
      const right = tableOf(context.inputs.right).rows.length;
      return { type: 'value', value: { left, right, ratio: left / (right - right) } };
    },
  });

  const collect = defineStage({
    name: 'collect',
    module: import.meta.url,
    summary: 'Names what it reads',
    description: 'Text.',
    example: 'from: { a: stage }',
    options: { type: 'object', additionalProperties: false, properties: { title: { type: 'string' } } },
    inputs: { ports: [], open: true },
    output: () => ({ type: 'text' }),
    async run(context) {
      await began(context as StageContext<never>);
      context.warn('collected');
      return { type: 'text', text: `${Object.keys(context.inputs).sort().join('\n')}\n` };
    },
  });

  return new Map([rows, scale, join, collect].map((kind) => [kind.name, kind]));
}

export function tableOf(artifact: unknown): Table {
  return (artifact as { table: Table }).table;
}

function columnsOf(rows: readonly Row[]): Table['columns'] {
  return Object.entries(rows[0] ?? {}).map(([name, value]) => ({
    name,
    type: typeof value === 'number' ? 'number' : 'string',
  }));
}
