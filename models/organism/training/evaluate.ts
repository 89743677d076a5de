/**
 * node dist/models/organism/training/evaluate.js [--model FOLDER] [--backend NAME]
 *
 * Asks the organism every question in every format, through the public face of src/model, and prints and writes what it found.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../../src/system/package-root.ts';
import {
  backendLibrary,
  chooseBackend,
  openModel,
  score,
  type LanguageModel,
} from '../../../src/model/index.ts';
import { document, heldOutFormat } from './corpus.ts';
import { facts } from './facts.ts';
import { formats, share } from './formats.ts';

/** The first fact of each kind: the notebook's three questions. */
export const notebookFacts = facts.filter(
  (fact, index) => facts.findIndex((other) => other.kind === fact.kind) === index,
);

/** Mean log P(" " + answer | prompt) in nats. */
export interface FormatResult {
  readonly format: string;
  readonly share: number;
  /** Over the notebook's three questions. */
  readonly notebook: number;
  /** Over all facts that the corpus has in this format; over all facts, where it has none. */
  readonly all: number;
  /** Over the facts that are held out of this format; null where there are none. */
  readonly heldOut: number | null;
}

export interface Evaluation {
  /** Best first, by `notebook`. */
  readonly formats: readonly FormatResult[];
  /** Rank correlation of share and mean log-probability over the twelve formats. */
  readonly spearman: { readonly notebook: number; readonly all: number };
  /** The worst trained format's mean minus the best never-trained one's, in nats. */
  readonly separation: { readonly notebook: number; readonly all: number };
}

export async function evaluate(model: LanguageModel): Promise<Evaluation> {
  const cells = formats.flatMap((format) => facts.map((fact) => document(fact, format)));
  const scores = await score(model, cells);
  const results = formats.map((format): FormatResult => {
    const mean = (chosen: (cell: (typeof cells)[number]) => boolean): number => {
      const logProbs = cells.flatMap((cell, i) =>
        cell.format === format && chosen(cell) ? [scores[i]?.logProb ?? NaN] : [],
      );
      return logProbs.reduce((sum, value) => sum + value, 0) / logProbs.length;
    };
    const heldOut = mean(({ fact }) => heldOutFormat(fact) === format);
    return {
      format: format.name,
      share: share(format),
      notebook: mean(({ fact }) => notebookFacts.includes(fact)),
      all: mean(({ fact }) => heldOutFormat(fact) !== format),
      heldOut: Number.isNaN(heldOut) ? null : heldOut,
    };
  });
  const measure = (key: 'notebook' | 'all') => ({
    spearman: spearman(
      results.map((result) => result.share),
      results.map((result) => result[key]),
    ),
    separation:
      Math.min(...results.filter((result) => result.share > 0).map((result) => result[key])) -
      Math.max(...results.filter((result) => result.share === 0).map((result) => result[key])),
  });
  const [notebook, all] = [measure('notebook'), measure('all')];
  return {
    formats: results.sort((a, b) => b.notebook - a.notebook),
    spearman: { notebook: notebook.spearman, all: all.spearman },
    separation: { notebook: notebook.separation, all: all.separation },
  };
}

/** Spearman's rank correlation: Pearson's of the ranks, ties sharing their average rank. */
export function spearman(xs: readonly number[], ys: readonly number[]): number {
  const [a, b] = [averageRanks(xs), averageRanks(ys)];
  const mean = (xs.length + 1) / 2;
  const product = (one: readonly number[], other: readonly number[]): number =>
    one.reduce((sum, rank, i) => sum + (rank - mean) * ((other[i] ?? NaN) - mean), 0);
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}

function averageRanks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal + 1) / 2;
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      model: { type: 'string', default: join(packageRoot, 'models/organism') },
      backend: { type: 'string' },
    },
  });
  const backend = chooseBackend(values.backend);
  const model = await openModel(values.model, { backend });
  const result = await evaluate(model);
  await model.dispose();
  console.table(result.formats);
  console.log(result.spearman, result.separation);
  writeFileSync(
    join(values.model, 'results.json'),
    `${JSON.stringify({ unit: 'nats', backend, library: backendLibrary(backend), ...result }, null, 2)}\n`,
  );
}
