import { expect } from 'chai';
import { failureOf, problemsOf, rowsOf, runStage, shapeOf, tableFrom } from '../../support/stage-rig.ts';

export type Rows = Parameters<typeof tableFrom>[0];

/** Verbs on what people have, and what comes of it. */
export interface Case {
  readonly it: string;
  readonly rows: Rows;
  readonly other?: Rows;
  readonly verbs: readonly unknown[];
  /** More options of the stage. */
  readonly more?: Readonly<Record<string, unknown>>;
  readonly gives?: readonly unknown[];
  readonly warns?: RegExp;
  /** The message of a problem, or of the failure where it is known only then. */
  readonly refused?: RegExp;
}

/** What people's own tables and habits made wrong, and neighbours of it: a spec of each. */
export function holdTables(title: string, cases: readonly Case[]): void {
  describe(title, () => {
    for (const { it: title, rows, other, verbs, more = {}, gives, warns, refused } of cases) {
      it(title, async () => {
        const inputs = { rows: tableFrom(rows), ...(other !== undefined && { other: tableFrom(other) }) };
        const options = { verbs, ...more } as never;
        const shapes = Object.fromEntries(
          Object.entries(inputs).map(([name, input]) => [name, shapeOf(input)]),
        );
        const problems = problemsOf('table', options, shapes);
        if (refused !== undefined) {
          const { message, path } = problems[0] ?? (await failureOf(runStage('table', options, { inputs })));
          expect(message).to.match(refused);
          expect(path?.slice(0, 1)).to.deep.equal(['verbs']);
          return;
        }
        const run = await runStage('table', options, { inputs });
        if (gives !== undefined) expect(rowsOf(run)).to.deep.equal(gives);
        if (warns === undefined) expect(run.warnings).to.deep.equal([]);
        else expect(run.warnings.join('\n')).to.match(warns);
      });
    }
  });
}
