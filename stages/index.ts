import type { StageKind } from '../src/engine/stage-kind.ts';
import { ablate } from './ablate.ts';
import { aggregate } from './aggregate.ts';
import { choose } from './choose.ts';
import { compare } from './compare.ts';
import { correlate } from './correlate.ts';
import { dataset } from './dataset.ts';
import { findings } from './findings.ts';
import { perplexity } from './perplexity.ts';
import { plot } from './plot.ts';
import { results } from './results.ts';
import { score } from './score.ts';
import { spread } from './spread.ts';
import { table } from './table.ts';
import { variants } from './variants.ts';

/** Every stage kind by the name that `uses` gives it. */
export const stageKinds: ReadonlyMap<string, StageKind<unknown>> = new Map(
  [
    dataset,
    variants,
    score,
    perplexity,
    choose,
    ablate,
    aggregate,
    compare,
    spread,
    table,
    correlate,
    plot,
    findings,
    results,
  ].map((kind) => [kind.name, kind as StageKind<unknown>]),
);
