import type { StageKind } from '../src/engine/stage-kind.ts';
import { ablate } from './readings/ablate.ts';
import { aggregate } from './claims/aggregate.ts';
import { calibrate } from './readings/calibrate.ts';
import { choose } from './readings/choose.ts';
import { compare } from './claims/compare.ts';
import { controls } from './claims/controls.ts';
import { correlate } from './claims/correlate.ts';
import { dataset } from './data/dataset.ts';
import { effects } from './claims/effects.ts';
import { expect } from './claims/expect.ts';
import { findings } from './showing/findings.ts';
import { perplexity } from './readings/perplexity.ts';
import { plot } from './showing/plot.ts';
import { results } from './showing/results.ts';
import { score } from './readings/score.ts';
import { spread } from './claims/spread.ts';
import { surprisal } from './readings/surprisal.ts';
import { table } from './data/table.ts';
import { tokens } from './readings/tokens.ts';
import { variants } from './data/variants.ts';

/** Every stage kind by the name that `uses` gives it. */
export const stageKinds: ReadonlyMap<string, StageKind<unknown>> = new Map(
  [
    dataset,
    variants,
    score,
    perplexity,
    surprisal,
    tokens,
    choose,
    calibrate,
    ablate,
    aggregate,
    compare,
    spread,
    controls,
    effects,
    table,
    correlate,
    expect,
    plot,
    findings,
    results,
  ].map((kind) => [kind.name, kind as StageKind<unknown>]),
);
