import { batchCalibrated, contextual, logSumExp, normalised } from '../statistics/calibration.ts';
import { argmax } from '../statistics/choice.ts';
import { cellsKey } from '../table/columns.ts';
import type { Cell, Column, Row } from '../table/table.ts';
import { rankingTau } from './ranking.ts';

/** Log-probabilities of one row, in nats. */
export interface RowScores {
  readonly target: number;
  readonly forms: readonly number[];
  /** Empty where the set of answers is open. */
  readonly choices: readonly number[];
  /** Which of the choices is the target; -1 where there are none. */
  readonly right: number;
  readonly targetAfterPremise?: number;
  readonly choicesAfterPremise?: readonly number[];
  /** For each prompt without content: of the target, or of each choice where there are any. */
  readonly contentFree: readonly (readonly number[])[];
  /** Under each policy of the boundary; undefined under one that leaves the target no tokens. */
  readonly policies?: Readonly<Record<string, number | undefined>>;
}

/** Which corrections are made. */
export interface Corrections {
  readonly forms: boolean;
  readonly pmi: boolean;
  readonly contextual: boolean;
  readonly batch: boolean;
  readonly choices: boolean;
  readonly policies: readonly string[];
}

/** Corrections of which each has a score for every choice, by the ending of its columns. */
const scored = ['pmi', 'contextual', 'batch'] as const;

type Scored = Readonly<Partial<Record<'raw' | (typeof scored)[number], readonly number[]>>>;

export function calibrationColumns(made: Corrections): readonly Column[] {
  const nats = (name: string, description: string): Column => ({
    name,
    type: 'number',
    unit: 'nats',
    description,
  });
  const right = (name: string, of: string): Column => ({
    name,
    type: 'boolean',
    description: `whether the target is the best choice by ${of}`,
  });
  return [
    { name: 'target', type: 'string' },
    { name: 'target_token_count', type: 'integer', unit: 'tokens' },
    nats('target_log_prob', 'log P(target | prompt), the sum over its tokens'),
    ...(made.forms ? [nats('forms_log_prob', 'of the target or any of its forms')] : []),
    ...(made.pmi ? [nats('pmi', 'target_log_prob less that after the premise')] : []),
    ...(made.contextual
      ? [nats('contextual', 'less the log of the mean after prompts without content')]
      : []),
    ...(made.batch ? [nats('batch', 'among the choices, less the mean over the batch')] : []),
    ...(made.choices
      ? [
          right('acc', 'log P'),
          ...scored.filter((name) => made[name]).map((name) => right(`acc_${name}`, name)),
          { name: 'choice_log_probs', type: 'json', unit: 'nats' } as const,
        ]
      : []),
    ...made.policies.map((policy) =>
      nats(`log_prob_${policy}`, `log P(target | prompt) under \`boundary: ${policy}\``),
    ),
    ...(made.policies.length > 0 ? [nats('boundary_gap', 'largest less smallest of these')] : []),
    { name: 'boundary', type: 'string', description: 'clean, or merged: a token spans prompt and target' },
  ];
}

/**
 * The scores of every row by every correction, as cells.
 *
 * @param labels of the rows: those with the same one, and the same choices, are a batch
 */
export function calibratedCells(
  rows: readonly (RowScores & { readonly label: Cell; readonly texts: readonly string[] })[],
  made: Corrections,
): readonly Row[] {
  const corrected = rows.map((row) => correctedBy(row, made));
  const batches = made.batch ? batchesOf(rows, corrected) : [];
  return rows.map((row, index): Row => {
    const all: Scored = { ...corrected[index], ...(made.batch && { batch: batches[index] ?? [] }) };
    const own = made.choices ? row.right : 0;
    const known = Object.values(row.policies ?? {}).flatMap((each) => each ?? []);
    return {
      target_log_prob: row.target,
      ...(made.forms && { forms_log_prob: logSumExp([row.target, ...row.forms]) }),
      ...Object.fromEntries(scored.flatMap((name) => (made[name] ? [[name, all[name]?.[own] ?? null]] : []))),
      ...(made.choices && {
        acc: isBest(all.raw, own),
        ...Object.fromEntries(
          scored.flatMap((name) => (made[name] ? [[`acc_${name}`, isBest(all[name], own)]] : [])),
        ),
        choice_log_probs: row.choices,
      }),
      ...Object.fromEntries(
        made.policies.map((policy) => [`log_prob_${policy}`, row.policies?.[policy] ?? null]),
      ),
      ...(made.policies.length > 0 && {
        boundary_gap: known.length < made.policies.length ? null : Math.max(...known) - Math.min(...known),
      }),
    };
  });
}

/** Null where there are no scores. */
function isBest(scores: readonly number[] | undefined, own: number): boolean | null {
  return scores === undefined ? null : argmax(scores) === own;
}

function correctedBy(row: RowScores, made: Corrections): Scored {
  const raw = made.choices ? normalised(row.choices) : [row.target];
  const free = row.contentFree.map((each) => (made.choices ? normalised(each) : each));
  const { choicesAfterPremise = [], targetAfterPremise } = row;
  return {
    raw,
    ...(targetAfterPremise !== undefined && {
      pmi: made.choices
        ? row.choices.map((each, index) => each - (choicesAfterPremise[index] ?? NaN))
        : [row.target - targetAfterPremise],
    }),
    ...(free.length > 0 && { contextual: contextual(raw, free) }),
  };
}

function batchesOf(
  rows: readonly { readonly label: Cell; readonly texts: readonly string[] }[],
  corrected: readonly Scored[],
): readonly (readonly number[])[] {
  const batches = new Map<string, number[]>();
  rows.forEach(({ label, texts }, index) => {
    const name = cellsKey([label, texts]);
    const own = batches.get(name);
    if (own === undefined) batches.set(name, [index]);
    else own.push(index);
  });
  const result: (readonly number[])[] = rows.map(() => []);
  for (const places of batches.values()) {
    const calibrated = batchCalibrated(places.map((place) => corrected[place]?.raw ?? []));
    places.forEach((place, index) => (result[place] = calibrated[index] ?? []));
  }
  return result;
}

/** Rankings that agree with less than this depend on the correction. */
const LEAST_TAU = 0.8;

/** How far rankings by two scores agree: figures for the record, and a warning of each that does not. */
export function rankingsOf(
  rows: readonly Row[],
  by: string,
  made: Corrections,
): { readonly figures: Readonly<Record<string, number>>; readonly warnings: readonly string[] } {
  const corrections = [...(made.forms ? ['forms_log_prob'] : []), ...scored.filter((name) => made[name])];
  const policies = made.policies.map((policy) => `log_prob_${policy}`);
  const pairs = [
    ...corrections.map((name) => ['target_log_prob', name] as const),
    ...policies.flatMap((one, index) => policies.slice(index + 1).map((other) => [one, other] as const)),
  ];
  const figures: Record<string, number> = {};
  const warnings: string[] = [];
  for (const [one, other] of pairs) {
    const { value: tau } = rankingTau(rows, by, [one, other]);
    if (tau === undefined) continue;
    figures[one === 'target_log_prob' ? `tau_${other}` : `tau_${one}_${other}`] = tau;
    if (tau >= LEAST_TAU) continue;
    warnings.push(
      `the ranking of ${by} depends on the score: by ${one} and by ${other} it agrees with tau = ${tau.toFixed(2)} only`,
    );
  }
  return { figures, warnings };
}
