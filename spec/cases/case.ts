import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Artifact } from '../../src/engine/artifact.ts';
import type { Diagnostic } from '../../src/engine/diagnostic.ts';
import { packageRoot } from '../../src/system/package-root.ts';
import type { Cell, Row } from '../../src/table/table.ts';
import { ToldRuns, type Told } from '../support/told-run.ts';

/** One input of somebody's, and what must come out: never another result without a word. */
export interface Case {
  readonly name: string;
  readonly pipeline: string;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly set?: Readonly<Record<string, string>>;
  /** By stage: of a table the rows, each with these cells at least; of a value or a text all of it. */
  readonly gives?: Readonly<Record<string, Cell>>;
  /** The one error: where it points to, as `line:text`, and what it says somewhere. */
  readonly fails?: { readonly at?: string; readonly says: readonly string[] };
  /** Parts of the warnings, one of each. Without it there must be none, unless the case fails. */
  readonly warns?: readonly string[];
}

/** Stages of a pipeline from lines `name: { ... }`. */
export function stages(...lines: readonly string[]): string {
  return `stages:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

/** A dataset `rows` of such items, in YAML, and a stage `t` that reads it with these verbs. */
export function verbs(items: string, ...steps: readonly string[]): string {
  return stages(
    `rows: { uses: dataset, with: { items: ${items} } }`,
    `t: { uses: table, from: rows, with: { verbs: [${steps.join(', ')}] } }`,
  );
}

/** A case that lies in spec/fixtures/cases/FOLDER. */
export function kept(
  folder: string,
  expected: Omit<Case, 'name' | 'pipeline' | 'files'> & { readonly file?: string },
): Case {
  const { file = 'pipeline.yaml', ...others } = expected;
  const root = join(packageRoot, 'spec/fixtures/cases', folder);
  const data = readdirSync(root).filter((name) => !name.endsWith('.yaml'));
  return {
    name: file === 'pipeline.yaml' ? folder : `${folder}, ${file}`,
    pipeline: readFileSync(join(root, file), 'utf8'),
    files: Object.fromEntries(data.map((name) => [name, readFileSync(join(root, name))])),
    ...others,
  };
}

/** A spec for each case. */
export function holdCases(title: string, cases: readonly Case[]): void {
  describe(title, () => {
    for (const each of cases) {
      it(each.name, async () => {
        const runs = await ToldRuns.open();
        try {
          expectTold(await runs.run(each), each);
        } finally {
          await runs.close();
        }
      });
    }
  });
}

export function expectTold(told: Told, { gives, fails, warns }: Case): void {
  if (fails === undefined) expect(told.errors, 'errors').to.deep.equal([]);
  else expectError(told.errors, fails);
  if (fails === undefined || warns !== undefined) expectWarnings(told.warnings, warns ?? []);
  for (const [stage, wanted] of Object.entries(gives ?? {}))
    expectGiven(told.artifacts[stage], wanted, stage);
}

function expectError(errors: readonly Diagnostic[], { at, says }: NonNullable<Case['fails']>): void {
  const [first, ...others] = errors;
  expect(first, 'an error').to.not.equal(undefined);
  const all = wordsOf(first!);
  for (const words of says) expect(all).to.contain(words);
  expect(all).to.not.match(/Internal error|undefined|\[object/);
  if (at !== undefined) expect(pointedAt(first!)).to.equal(at);
  // Of the same place nothing is told twice.
  for (const other of others) expect(wordsOf(other)).to.not.equal(all);
}

function wordsOf({ message, where, expected, found, next }: Diagnostic): string {
  return [message, where, expected, found, next].filter((text) => text !== undefined).join('\n');
}

/** `3:fromat`: the line, and what the caret stands under. */
function pointedAt({ place }: Diagnostic): string {
  if (place === undefined) return 'nowhere';
  return `${place.line}:${place.text.slice(place.column - 1, place.column - 1 + place.length)}`;
}

function expectWarnings(warnings: readonly string[], wanted: readonly string[]): void {
  const left = [...warnings];
  for (const words of wanted) {
    const at = left.findIndex((warning) => warning.includes(words));
    expect(at, `a warning of "${words}" in ${JSON.stringify(warnings)}`).to.be.at.least(0);
    left.splice(at, 1);
  }
  expect(left, 'further warnings').to.deep.equal([]);
}

function expectGiven(artifact: Artifact | undefined, wanted: Cell, stage: string): void {
  if (artifact?.type !== 'table') {
    const found =
      artifact?.type === 'value' ? artifact.value : artifact?.type === 'text' ? artifact.text : undefined;
    expect(found, stage).to.deep.equal(wanted);
    return;
  }
  const rows = wanted as readonly Row[];
  const { rows: found } = artifact.table;
  expect(found.length, `rows of ${stage}`).to.equal(rows.length);
  rows.forEach((row, index) => {
    const own = Object.keys(row).map((name) => [name, found[index]?.[name]] as const);
    expect(Object.fromEntries(own), `row ${index + 1} of ${stage}`).to.deep.equal(row);
  });
}
