import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadPipeline, packageRoot } from '../../src/engine/index.ts';
import { stageKinds } from '../../stages/index.ts';
import { mutate } from './mutate-pipeline.ts';

/** Files to make mistakes in: those that ship and have no module of their own, which is the loader's matter. */
const ORIGINALS = ['quickstart', 'training-distribution', 'boundaries'].map((name) =>
  readFileSync(join(packageRoot, 'pipelines', `${name}.yaml`), 'utf8'),
);

export interface Fuzzed {
  readonly ms: number;
  readonly valid: boolean;
  /** What must not be: a throw, no problem in a file that is refused, or one that says nowhere where it is. */
  readonly fault?: string;
}

/** Loads one mutated pipeline file, written to `file`. */
export async function fuzz(seed: number, file: string): Promise<Fuzzed> {
  const bytes = mutate(ORIGINALS[seed % ORIGINALS.length] ?? '', seed);
  await writeFile(file, bytes);
  const began = performance.now();
  try {
    const result = await loadPipeline(file, { kinds: stageKinds });
    const ms = performance.now() - began;
    if (result.ok) return { ms, valid: true };
    const { problems } = result;
    if (problems.length === 0) return { ms, valid: false, fault: 'refused without a problem' };
    const lost = problems.find(({ place, where }) => place === undefined && where === undefined);
    if (lost !== undefined) return { ms, valid: false, fault: `no position: ${lost.message}` };
    const wrong = problems.find(
      ({ place }) => place && !(place.line >= 1 && place.column >= 1 && place.length >= 1),
    );
    return { ms, valid: false, ...(wrong && { fault: `bad position: ${wrong.message}` }) };
  } catch (error) {
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { ms: performance.now() - began, valid: false, fault: `threw ${told}` };
  }
}
