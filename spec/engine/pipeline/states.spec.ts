/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment -- The compiler is asked here; the rule would answer first. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { CheckedPipeline, PlannedPipeline } from '../../../src/engine/index.ts';
import type { Contents, SourcePipeline } from '../../../src/engine/pipeline/pipeline.ts';
import { packageRoot } from '../../../src/system/package-root.ts';

/** For the compiler: each of the errors that are expected here is one that a value made by hand has to have. */
export function madeByHand(
  source: SourcePipeline,
  checked: CheckedPipeline,
  planned: PlannedPipeline,
  contents: Contents<CheckedPipeline>,
): readonly [SourcePipeline, CheckedPipeline, CheckedPipeline, PlannedPipeline] {
  const copies = {
    source: { ...source, value: {} },
    checked: { ...checked, stages: [] },
    planned: { ...planned, stages: [] },
  };
  return [
    // @ts-expect-error This value was not read from a file.
    copies.source,
    // @ts-expect-error These stages were not checked.
    copies.checked,
    // @ts-expect-error All fields are there, and nobody has checked them.
    contents,
    // @ts-expect-error These stages were not planned.
    copies.planned,
  ];
}

describe('the states of a pipeline', () => {
  it('are each given by one function, which did the work', async () => {
    const assertions: string[] = [];
    for (const room of ['src', 'stages']) {
      for (const path of await readdir(join(packageRoot, room), { recursive: true })) {
        if (!path.endsWith('.ts')) continue;
        const text = await readFile(join(packageRoot, room, path), 'utf8');
        for (const [, state] of text.matchAll(/\bas (?:unknown as )?(\w+Pipeline)\b/g)) {
          assertions.push(`${room}/${path}: ${state}`);
        }
      }
    }
    expect(assertions.sort()).to.deep.equal([
      'src/engine/pipeline/load.ts: CheckedPipeline',
      'src/engine/pipeline/source/source.ts: SourcePipeline',
      'src/engine/plan/plan.ts: PlannedPipeline',
    ]);
  });
});
