import type { Artifact, RowPrompt } from '../../artifact.ts';
import type { Cell, Column, ColumnType, Row, TableShape } from '../../../table/table.ts';
import type { Json, JsonObject } from '../../../system/json.ts';
import { defineStage, type StageKind } from '../../stage-kind.ts';
import { Failure } from '../../../system/failure.ts';
import type { MatrixInstance } from './matrix.ts';
import { InternalError } from '../../../system/internal-error.ts';

interface GatherOptions {
  /** In the order of the rows. `input` is the name of the input and the instance's label. */
  readonly instances: readonly { readonly input: string; readonly values: JsonObject }[];
}

/**
 * Made by the engine for every matrix stage: all instances as one. Of tables, the rows of each after those of the one
 * before, with a column for each axis in front, which the key begins with; of values, a map by the instances' labels.
 */
export const gatherKind = defineStage<GatherOptions>({
  name: 'matrix',
  module: import.meta.url,
  summary: 'All instances of a matrix stage as one',
  description: 'Made by the engine; not for use in a pipeline.',
  example: '',
  options: { type: 'object' },
  inputs: { ports: [], open: true },
  output: () => ({ type: 'table', columns: [], key: [], open: true }),
  run({ options: { instances }, inputs }) {
    const parts = instances.map(({ input, values }) => ({ label: input, values, artifact: inputs[input] }));
    return Promise.resolve(gatherArtifacts(parts));
  },
}) as unknown as StageKind<unknown>;

export function gatherOptions(instances: readonly MatrixInstance[]): JsonObject {
  return { instances: instances.map(({ label, values }) => ({ input: label, values })) };
}

interface Part {
  readonly label: string;
  readonly values: JsonObject;
  readonly artifact: Artifact | undefined;
}

function gatherArtifacts(parts: readonly Part[]): Artifact {
  if (parts.every(({ artifact }) => artifact?.type === 'value')) {
    const values = parts.map(({ label, artifact }): [string, Cell] => [
      label,
      artifact?.type === 'value' ? artifact.value : null,
    ]);
    return { type: 'value', value: Object.fromEntries(values) };
  }
  const tables = parts.flatMap(({ label, values, artifact }) =>
    artifact?.type === 'table' ? [{ label, values, table: artifact.table }] : [],
  );
  if (tables.length < parts.length) {
    throw new InternalError('expected only tables or only values from the instances of a matrix');
  }
  const shapes = tables.map(({ label, table }) => ({
    label,
    shape: { ...table, type: 'table', open: true } as const,
  }));
  const { shape, clashes } = gatherTables(
    tables.map(({ values }) => values),
    shapes,
  );
  const [clash] = clashes;
  if (clash !== undefined) {
    throw new Failure({ code: clash.code, blame: 'user', message: clash.message, next: clash.next });
  }
  const rows = tables.flatMap(({ values, table }) =>
    table.rows.map((row): Row => {
      const cells: Record<string, Cell> = {};
      for (const { name } of shape.columns) {
        cells[name] = (Object.hasOwn(values, name) ? values[name] : row[name]) ?? null;
      }
      return cells;
    }),
  );
  return { type: 'table', table: { columns: shape.columns, key: shape.key, rows }, ...promptsOf(parts) };
}

/** What models were given, where every instance has it. */
function promptsOf(parts: readonly Part[]): { readonly prompts?: readonly RowPrompt[] } {
  const prompts = parts.map(({ artifact }) => (artifact?.type === 'table' ? artifact.prompts : undefined));
  const given = prompts.filter((each) => each !== undefined);
  return given.length < parts.length ? {} : { prompts: given.flat() };
}

export interface Clash {
  readonly code: 'axis-taken' | 'column-clash';
  /** The axis that is at fault, if one is. */
  readonly axis?: string;
  readonly message: string;
  readonly next: string;
}

/** The shape of all instances as one table, and what does not go together. */
export function gatherTables(
  values: readonly JsonObject[],
  parts: readonly { readonly label: string; readonly shape: TableShape }[],
): { readonly shape: TableShape; readonly clashes: readonly Clash[] } {
  const axes = Object.keys(values[0] ?? {});
  const clashes: Clash[] = [];
  const columns = new Map<string, { column: Column; label: string }>();
  for (const { label, shape } of parts) {
    for (const column of shape.columns) {
      const known = columns.get(column.name);
      if (known === undefined) columns.set(column.name, { column, label });
      else if (known.column !== column)
        known.column = merge(known, column, label, shape.open === true, clashes);
    }
  }
  for (const axis of axes) {
    if (!columns.delete(axis)) continue;
    clashes.push({
      code: 'axis-taken',
      axis,
      message: `what the instances give has a column \`${axis}\` already`,
      next: 'give the axis another name',
    });
  }
  const added = axes.map((axis): Column => ({
    name: axis,
    type: typeOf(values.map((each) => each[axis] ?? null)),
  }));
  // Where rows are not told apart within an instance, an axis more does not tell them apart either.
  const keyed = parts.every(({ shape }) => shape.key.length > 0);
  const key = new Set(keyed ? [...axes, ...parts.flatMap(({ shape }) => shape.key)] : []);
  return {
    shape: {
      type: 'table',
      columns: [...added, ...[...columns.values()].map(({ column }) => column)],
      key: [...key],
      ...(parts.some(({ shape }) => shape.open === true) && { open: true }),
    },
    clashes,
  };
}

/** Numbers hold integers. Where types were inferred from cells, a column of both is one of JSON. */
function merge(
  known: { readonly column: Column; readonly label: string },
  column: Column,
  label: string,
  inferred: boolean,
  clashes: Clash[],
): Column {
  const { name, type, unit } = known.column;
  const types = new Set([type, column.type]);
  const sameUnit = unit === column.unit;
  const merged = (to: ColumnType): Column => {
    const { description } = known.column;
    if (sameUnit) return { ...known.column, type: to };
    return { name, type: to, ...(description !== undefined && { description }) };
  };
  if (types.size === 1) return sameUnit ? known.column : merged(type);
  if (types.has('integer') && types.has('number')) return merged('number');
  if (inferred || types.has('json')) return merged('json');
  clashes.push({
    code: 'column-clash',
    message: `the column \`${name}\` is of type ${type} in \`${known.label}\`, and of type ${column.type} in \`${label}\``,
    next: 'let every instance give it the same type, or another name',
  });
  return known.column;
}

function typeOf(values: readonly Json[]): ColumnType {
  const present = values.filter((value) => value !== null);
  if (present.length === 0) return 'json';
  if (present.every((value) => typeof value === 'string')) return 'string';
  if (present.every((value) => typeof value === 'boolean')) return 'boolean';
  if (present.every((value) => Number.isSafeInteger(value))) return 'integer';
  return present.every((value) => typeof value === 'number') ? 'number' : 'json';
}
