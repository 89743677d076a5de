import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { Artifact } from '../../src/engine/artifact.ts';
import type { Gate } from '../../src/engine/record.ts';
import type { Cell, Column, Row, Table } from '../../src/table/table.ts';
import type { Json, JsonObject } from '../../src/system/json.ts';
import { columnKeywords } from '../../src/engine/column-options.ts';
import { services, type Services, type Shape, type StageKind } from '../../src/engine/stage-kind.ts';
import { Failure, type FailureDetails, type OptionProblem } from '../../src/system/failure.ts';
import { stageKinds } from '../../stages/index.ts';
import { modelHost } from '../../src/hosting/model-host.ts';
import { inferColumns } from '../../src/table/columns.ts';
import { bigramHost } from './models/bigram-model.ts';

export interface StageRun {
  readonly artifact: Artifact;
  readonly warnings: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
  readonly gates: readonly Gate[];
}

export interface StageSetting {
  readonly inputs?: Readonly<Record<string, Artifact>>;
  readonly baseDir?: string;
  readonly services?: Services;
}

/** As the engine has it; it keeps compiled schemas by themselves. */
const ajv = new Ajv2020({
  strict: true,
  strictRequired: false,
  strictTypes: false,
  allowUnionTypes: true,
  useDefaults: true,
});

for (const keyword of columnKeywords) ajv.addKeyword(keyword);

/** A kind by name, as the engine knows it. */
export function kindNamed(name: string): StageKind<unknown> {
  const kind = stageKinds.get(name);
  if (kind === undefined) throw new Error(`no kind ${name}`);
  return kind;
}

/** Options written as in a pipeline file, defaults filled in by the kind's schema. Fails where they do not fit. */
export function optionsOf(kind: StageKind<unknown>, written: Json | string): unknown {
  const options = structuredClone(typeof written === 'string' ? (parse(written) as Json) : written);
  const validate = ajv.compile(kind.options);
  expect(validate(options), ajv.errorsText(validate.errors)).to.equal(true);
  return options;
}

export function shapeOf(artifact: Artifact): Shape {
  return artifact.type === 'table'
    ? { type: 'table', columns: artifact.table.columns, key: artifact.table.key }
    : { type: artifact.type };
}

/** What `check` says about options, given the inputs' shapes. */
export function problemsOf(
  name: string,
  written: Json | string,
  inputs: Readonly<Record<string, Shape>> = {},
  baseDir = '/nowhere',
): readonly OptionProblem[] {
  const kind = kindNamed(name);
  return kind.check?.(optionsOf(kind, written), inputs, { baseDir }) ?? [];
}

/**
 * Runs one stage as the engine does: schema, check, externals, run. A table must have the columns and the key that the
 * kind announced; only columns announced as `json` may turn out narrower.
 */
export async function runStage(
  name: string,
  written: Json | string,
  {
    inputs = {},
    baseDir = '/nowhere',
    services: lent = services([modelHost, bigramHost().host]),
  }: StageSetting = {},
): Promise<StageRun> {
  const kind = kindNamed(name);
  const options = optionsOf(kind, written);
  const shapes = Object.fromEntries(
    Object.entries(inputs).map(([input, artifact]) => [input, shapeOf(artifact)]),
  );
  await kind.prepare?.(options);
  const problems = kind.check?.(options, shapes, { baseDir }) ?? [];
  expect(problems, 'problems of the options').to.deep.equal([]);
  const announced = kind.output(options, shapes, { baseDir });
  const warnings: string[] = [];
  const figures: Record<string, number> = {};
  const gates: Gate[] = [];
  const externals = (await kind.externals?.(options, { baseDir, services: lent })) ?? {};
  const artifact = await kind.run({
    stage: name,
    options,
    inputs,
    externals,
    baseDir,
    services: lent,
    signal: new AbortController().signal,
    progress: () => undefined,
    warn: (message) => warnings.push(message),
    measure: (more) => Object.assign(figures, more),
    judge: (judged) => gates.push(...judged),
  });
  expect(artifact.type).to.equal(announced.type);
  if (artifact.type === 'table' && announced.type === 'table') expectAnnounced(artifact.table, announced);
  return { artifact, warnings, figures, gates };
}

function expectAnnounced(table: Table, announced: Extract<Shape, { type: 'table' }>): void {
  const names = (columns: readonly Column[]): readonly string[] => columns.map(({ name }) => name);
  if (announced.open !== true) expect(names(table.columns)).to.deep.equal(names(announced.columns));
  for (const column of announced.columns) {
    const actual = table.columns.find(({ name }) => name === column.name);
    if (column.type !== 'json') expect(actual?.type, column.name).to.equal(column.type);
  }
  if (table.key.length > 0) expect(table.key).to.deep.equal(announced.key);
  for (const row of table.rows) expect(Object.keys(row)).to.have.members([...names(table.columns)]);
  const keys = table.rows.map((row) => JSON.stringify(table.key.map((name) => row[name])));
  if (table.key.length > 0) expect(new Set(keys).size, 'different keys').to.equal(table.rows.length);
}

/** A table artifact from rows. */
export function tableFrom(rows: readonly Row[], key: readonly string[] = []): Artifact {
  return { type: 'table', table: { columns: inferColumns(rows), key, rows } };
}

export function rowsOf({ artifact }: StageRun): readonly Row[] {
  if (artifact.type !== 'table') throw new Error(`expected a table, was a ${artifact.type}`);
  return artifact.table.rows;
}

export function columnOf(run: StageRun, name: string): readonly Cell[] {
  return rowsOf(run).map((row) => row[name] ?? null);
}

export function valueOf({ artifact }: StageRun): Cell {
  if (artifact.type !== 'value') throw new Error(`expected a value, was a ${artifact.type}`);
  return artifact.value;
}

/** The details of the failure that a stage ends with. */
export async function failureOf(run: Promise<unknown>): Promise<FailureDetails> {
  try {
    await run;
  } catch (error) {
    if (error instanceof Failure) return error.details;
    throw error;
  }
  throw new Error('expected a Failure, but the stage succeeded');
}

export type { JsonObject };
