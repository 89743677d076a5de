import type { ChoiceItem, ChoiceScore } from '../../model/text/choices.ts';
import { must } from '../../system/internal-error.ts';
import type { Column, Row } from '../../table/table.ts';
import type { MeasuredRow } from './measure-rows.ts';

export type { ChoiceItem, ChoiceScore } from '../../model/text/choices.ts';

/** Scores by which a candidate is picked: the ending of `pick` and `acc`, and what is compared. */
export const choiceRules = {
  '': { of: 'by log P', score: (choice: ChoiceScore) => choice.logProb },
  _norm: { of: 'by log P per character', score: (choice: ChoiceScore) => choice.logProbPerCharacter },
  _bytes: { of: 'by log P per byte', score: (choice: ChoiceScore) => choice.logProbPerByte },
  _tokens: { of: 'by log P per token', score: (choice: ChoiceScore) => choice.logProbPerToken },
  _mutual_info: { of: 'by mutual information', score: mutualInformation },
} as const;

export interface ChoiceColumns {
  /** Whether the right candidates are known. */
  readonly isJudged: boolean;
  readonly hasNeutral: boolean;
}

/** The rules that apply: mutual information needs a neutral prompt. */
export function rulesFor({ hasNeutral }: Pick<ChoiceColumns, 'hasNeutral'>) {
  return Object.entries(choiceRules).filter(([ending]) => hasNeutral || ending !== '_mutual_info');
}

/** The columns that a choice adds to its row. */
export function choiceColumns({ isJudged, hasNeutral }: ChoiceColumns): readonly Column[] {
  const rules = rulesFor({ hasNeutral });
  return [
    { name: 'candidate_count', type: 'integer', unit: 'candidates' },
    ...rules.map(([ending, { of }]): Column => ({
      name: `pick${ending}`,
      type: 'integer',
      description: `number of the candidate picked ${of}, from 0`,
    })),
    { name: 'picked', type: 'string', description: 'text of `pick`' },
    {
      name: 'pick_probability',
      type: 'number',
      description: 'of `pick` among the candidates: exp(log P) over the sum of all',
    },
    ...(isJudged ? judgedColumns(rules) : []),
    {
      name: 'prompt_truncated',
      type: 'integer',
      unit: 'tokens',
      description: 'most that a candidate dropped',
    },
    { name: 'boundary', type: 'string', description: 'merged: a token spans the prompt and a candidate' },
    ...listColumns(hasNeutral),
  ];
}

function judgedColumns(rules: ReturnType<typeof rulesFor>): readonly Column[] {
  return [
    ...rules.map(([ending, { of }]): Column => ({
      name: `acc${ending}`,
      type: 'boolean',
      description: `whether the candidate picked ${of} is right`,
    })),
    {
      name: 'exact_match',
      type: 'boolean',
      description: 'whether a right candidate is the greedy continuation',
    },
    { name: 'mc2', type: 'number', description: "share of the candidates' probability on right ones" },
    { name: 'margin', type: 'number', unit: 'nats', description: 'best right candidate less best wrong one' },
    { name: 'brier', type: 'number', description: 'squared error of the probabilities, 0 (best) to 2' },
    { name: 'candidate_right', type: 'json', description: 'true or false for each candidate' },
  ];
}

function listColumns(hasNeutral: boolean): readonly Column[] {
  const list = (name: string, description: string, unit?: string): Column => ({
    name: `candidate_${name}`,
    type: 'json',
    ...(unit !== undefined && { unit }),
    description,
  });
  return [
    list('texts', 'without delimiter'),
    list('log_probs', 'log P(delimiter and candidate | prompt)', 'nats'),
    list('log_probs_per_character', 'per code point of the candidate without its delimiter', 'nats'),
    list('log_probs_per_byte', 'per byte in UTF-8 of the candidate without its delimiter', 'nats'),
    list('log_probs_per_token', 'per token of delimiter and candidate', 'nats'),
    list('probabilities', 'among the candidates'),
    list('greedy', 'whether each token is the most probable in its position'),
    list('tokens', 'a list of tokens for each'),
    list('token_log_probs', 'a list for each', 'nats'),
    list('token_ranks', 'a list for each; 1 is most probable'),
    ...(hasNeutral
      ? [
          list('neutral_log_probs', 'log P of the same tokens after the neutral prompt', 'nats'),
          list('mutual_info', 'log P after the prompt less that after the neutral prompt', 'nats'),
        ]
      : []),
  ];
}

/** The lists of candidates as cells, and what the join did to any. */
export function candidateCells(
  { candidates, neutral }: ChoiceItem,
  choices: readonly ChoiceScore[],
  probabilities: readonly number[],
): Row {
  return {
    candidate_count: candidates.length,
    prompt_truncated: Math.max(...choices.map(({ truncated }) => truncated)),
    boundary: choices.some(({ join }) => join === 'merged') ? 'merged' : 'clean',
    candidate_texts: candidates,
    candidate_log_probs: choices.map(({ logProb }) => logProb),
    candidate_log_probs_per_character: choices.map(({ logProbPerCharacter }) => logProbPerCharacter),
    candidate_log_probs_per_byte: choices.map(({ logProbPerByte }) => logProbPerByte),
    candidate_log_probs_per_token: choices.map(({ logProbPerToken }) => logProbPerToken),
    candidate_probabilities: probabilities,
    candidate_greedy: choices.map(({ greedy }) => greedy),
    candidate_tokens: choices.map(({ tokens }) => tokens.map(({ text }) => text)),
    candidate_token_log_probs: choices.map(({ tokens }) => tokens.map(({ logProb }) => logProb)),
    candidate_token_ranks: choices.map(({ tokens }) => tokens.map(({ rank }) => rank)),
    ...(neutral !== undefined && {
      candidate_neutral_log_probs: choices.map(({ neutralLogProb }) =>
        must(neutralLogProb, 'a neutral log-probability'),
      ),
      candidate_mutual_info: choices.map(mutualInformation),
    }),
  };
}

function mutualInformation({ logProb, neutralLogProb }: ChoiceScore): number {
  return logProb - must(neutralLogProb, 'a neutral log-probability');
}

/** What a user should know of choices that are not as usual, each with its count. */
export function choiceWarnings(
  rows: readonly MeasuredRow<ChoiceItem, readonly ChoiceScore[]>[],
): readonly string[] {
  const count = (is: (row: (typeof rows)[number]) => boolean): number => rows.filter(is).length;
  const of = `of ${rows.length} rows`;
  const dropped = rows.flatMap(({ result }) => result.map(({ truncated }) => truncated));
  const told: readonly (readonly [number, string])[] = [
    [
      count(({ texts }) => texts.candidates.includes('')),
      `${of} have an empty candidate: its delimiter is scored alone, and by length it is never picked`,
    ],
    [
      count(({ texts: { candidates } }) => new Set(candidates).size < candidates.length),
      `${of} have equal candidates: the first of them is picked`,
    ],
    [
      count(({ result }) => result.some(({ join }) => join === 'merged')),
      `${of} have a token that spans the prompt and a candidate: its score carries the prompt's end too`,
    ],
    [
      count(({ result }) => result.some(({ truncated }) => truncated > 0)),
      `${of} were cut for at least one candidate: up to ${Math.max(0, ...dropped)} tokens dropped, each candidate by itself`,
    ],
  ];
  return told.filter(([rows]) => rows > 0).map(([rows, text]) => `${rows} ${text}`);
}
