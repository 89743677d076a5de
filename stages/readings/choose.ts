import type { Column, Row } from '../../src/table/table.ts';
import { argmax, brier, margin, massOf, shares } from '../../src/statistics/choice.ts';
import { must } from '../../src/system/internal-error.ts';
import { defineStage } from '../../src/engine/stage-kind.ts';
import type { OptionProblem } from '../../src/system/failure.ts';
import { readingModules } from '../../src/hosting/computed-by.ts';
import { modelExternal, modelShare } from '../../src/hosting/model-component.ts';
import { joinOptions, modelOption, type JoinOptions } from '../../src/hosting/model-options.ts';
import {
  candidatesOption,
  candidatesProblems,
  candidatesOf,
  rightOf,
  type CandidatesOption,
} from '../../src/hosting/rows/candidates.ts';
import {
  candidateCells,
  choiceColumns,
  choiceWarnings,
  rulesFor,
  type ChoiceItem,
  type ChoiceScore,
} from '../../src/hosting/rows/choice-columns.ts';
import { measureChoiceRows } from '../../src/hosting/rows/measure-rows.ts';
import { spaceWarnings } from '../../src/hosting/rows/pair-warnings.ts';
import { badRowOptions, promptOption, type BadRowOptions } from '../../src/hosting/rows/row-options.ts';
import { addColumns, columnsTaken } from '../../src/table/add-columns.ts';
import { tableOf, tableShape, unknownColumns } from '../../src/table/columns.ts';
import { templateFunctionsDocumentation } from '../../src/template/functions.ts';
import { namesOfColumns } from '../../src/template/known.ts';
import { promptDoubts } from '../../src/template/doubts.ts';
import { checkTemplate, compileTemplate } from '../../src/template/template.ts';

interface ChooseOptions extends JoinOptions, BadRowOptions {
  readonly model: string;
  readonly prompt: string;
  readonly candidates: CandidatesOption;
  readonly candidate: string;
  readonly delimiter: string;
  readonly answer?: string;
  readonly neutral?: string;
}

const textOptions = {
  'prompt-not-unicode': 'prompt',
  'target-not-unicode': 'candidates',
  'target-empty': 'candidates',
  'no-context': 'prompt',
  'too-long': 'prompt',
  'no-bos': 'bos',
  'neutral-empty': 'neutral',
  'neutral-too-long': 'neutral',
};

export const choose = defineStage<ChooseOptions>({
  name: 'choose',
  module: import.meta.url,
  computedBy: readingModules,
  summary: 'Multiple choice: which of several candidates is most probable after a prompt, and is it right.',
  description: [
    'Each input row is one item. Every candidate, with `delimiter` in front, is scored after the prompt; all candidates of',
    'all rows share one forward pass in which each distinct token prefix is computed once. Logarithms are natural.',
    '',
    'A pick is the candidate of the largest score, the first of equals, counted from 0. Scores and their accuracies, which are',
    'true or false per row (a mean over rows is a share), by their names in lm-evaluation-harness:',
    '',
    '- `pick`, `acc`: log P(candidate | prompt), the sum over its tokens.',
    '- `pick_norm`, `acc_norm`: the same per character; `pick_bytes`, `acc_bytes`: per byte in UTF-8. Characters are code points of',
    '  the candidate **without** its delimiter; an empty candidate has -Infinity and is not picked.',
    '- `pick_tokens`, `acc_tokens`: the same per token, those of the delimiter counted.',
    '- `pick_mutual_info`, `acc_mutual_info`, with `neutral` alone: log P(candidate | prompt) - log P(candidate | neutral prompt), of the',
    '  very same token ids (Holtzman et al. 2021); `neutral: ""` is BOS alone, as in lm-evaluation-harness.',
    '',
    'Where the right candidates are known: `exact_match` (a right one is the greedy continuation), `mc2` (the share of all',
    "candidates' probability that is on right ones; Lin et al. 2022), `margin` (the best right one less the best wrong one, in",
    'nats), `brier` (squared distance of the probabilities among candidates from certainty of the right one, 0 to 2; undefined',
    'unless exactly one is right). `pick_probability` beside `acc` shows calibration.',
    '',
    'Columns that begin with `candidate_` hold lists, one element per candidate; in `candidate_tokens` and what goes with it a list per',
    'token. `boundary: lmeval` splits as lm-evaluation-harness does, which differs where a prompt ends in whitespace or a token spans',
    'the join; `truncate: lmeval` cuts as it does.',
    '',
    'Empty candidates (their delimiter is scored) and equal ones are taken as they are, and told. A candidate that is null, an answer',
    'that names no candidate or a text longer than the context ends the stage, which names the row by its key; `onBad: skip`',
    'leaves the row out. What was scored is kept beside the table, in `prompts.jsonl`.',
    '',
    templateFunctionsDocumentation,
  ].join('\n'),
  example: [
    'from: variants',
    'with:',
    '  candidates: { texts: [Berlin, Paris, "112"] }',
    '  answer: answer',
    '  neutral: "Answer:"',
  ].join('\n'),
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['candidates'],
    properties: {
      model: modelOption,
      ...promptOption,
      candidates: candidatesOption,
      candidate: {
        type: 'string',
        minLength: 1,
        default: '{{ candidate }}',
        description: 'Jinja template of each candidate, over `candidate` and the columns of the row.',
      },
      delimiter: {
        type: 'string',
        default: ' ',
        description:
          'What stands between prompt and candidate: scored with the candidate, and not counted in its length.',
      },
      answer: {
        type: 'string',
        description:
          'Column that says what is right: the number of the candidate, counted from 0; or its text; or a list of true and false (or 1 and 0), one for each candidate.',
      },
      neutral: {
        type: 'string',
        description:
          'Jinja template of a prompt that says nothing of the item, over the columns of the row: adds mutual information. Empty: BOS alone.',
      },
      ...joinOptions,
      ...badRowOptions,
    },
  },
  inputs: { ports: [{ name: 'rows', type: 'table', description: 'the items, row by row' }] },

  output: (options, inputs) => addColumns(tableShape(inputs['rows']), columnsFor(options)),

  check(options, inputs): readonly OptionProblem[] {
    const { prompt, candidate, answer, neutral } = options;
    const rows = tableShape(inputs['rows']);
    const known = namesOfColumns(rows.columns);
    const open = { open: rows.open ?? false };
    const ofCandidate = namesOfColumns([...rows.columns, { name: 'candidate', type: 'json' }]);
    return [
      ...columnsTaken(rows, columnsFor(options)),
      ...checkTemplate(prompt, ['prompt'], known, open),
      ...candidatesProblems(options.candidates, rows),
      ...checkTemplate(candidate, ['candidate'], ofCandidate, open),
      ...(answer === undefined ? [] : unknownColumns(rows, [{ name: answer, path: ['answer'] }])),
      ...(neutral === undefined ? [] : checkTemplate(neutral, ['neutral'], known, open)),
    ];
  },

  doubts({ prompt, candidate, neutral = '' }, inputs) {
    const names = ['candidate', ...tableShape(inputs['rows']).columns.map(({ name }) => name)];
    return Object.entries({ prompt, candidate, neutral }).flatMap(([option, source]) =>
      promptDoubts({ source, path: [option] }, names),
    );
  },

  // A model that was moved is the same model: its contents are in the key.
  namesOnly: ['model'],
  resources: (_, externals) => modelShare(externals),
  externals: async ({ model }, context) => ({ model: await modelExternal(model, context) }),

  async run(context) {
    const { options } = context;
    const table = tableOf(context.inputs['rows']);
    const found = await measureChoiceRows(
      context,
      table,
      { textsOf: textsBy(options), textOptions },
      options,
    );
    const asked = found.map(({ texts: { prompt, delimiter, candidates, neutral } }) => ({
      prompt,
      targets: candidates.map((candidate) => delimiter + candidate),
      ...(neutral !== undefined && { against: neutral }),
    }));
    const pairs = asked.flatMap(({ prompt, targets }) => targets.map((target) => ({ prompt, target })));
    const words = { things: 'candidates', mend: 'set `delimiter` if a space is meant' };
    for (const warning of [...choiceWarnings(found), ...spaceWarnings(pairs, words)]) context.warn(warning);
    const shape = addColumns({ type: 'table', columns: table.columns, key: table.key }, columnsFor(options));
    const rows = found.map(({ row, texts, result }): Row => ({ ...row, ...cellsOf(texts, result) }));
    return { type: 'table', table: { columns: shape.columns, key: shape.key, rows }, prompts: asked };
  },
});

function columnsFor({ answer, neutral }: ChooseOptions): readonly Column[] {
  return choiceColumns({ isJudged: answer !== undefined, hasNeutral: neutral !== undefined });
}

interface ChoiceTexts extends ChoiceItem {
  /** Where the answer is known: whether each candidate is right. */
  readonly right?: readonly boolean[];
}

/** What makes the texts of a row, the templates compiled once. */
function textsBy(options: ChooseOptions): (row: Row) => ChoiceTexts {
  const promptOf = compileTemplate(options.prompt, ['prompt']);
  const candidateOf = compileTemplate(options.candidate, ['candidate']);
  const neutralOf = options.neutral === undefined ? undefined : compileTemplate(options.neutral, ['neutral']);
  const givenOf = candidatesOf(options.candidates);
  const { answer, delimiter } = options;
  return (row) => {
    const given = givenOf(row);
    const candidates = given.map((candidate) => candidateOf.render({ ...row, candidate }));
    return {
      prompt: promptOf.render(row),
      delimiter,
      candidates,
      ...(answer !== undefined && { right: rightOf(row[answer] ?? null, given, candidates) }),
      ...(neutralOf !== undefined && { neutral: neutralOf.render(row) }),
    };
  };
}

function cellsOf(texts: ChoiceTexts, choices: readonly ChoiceScore[]): Row {
  const { candidates, neutral, right } = texts;
  const logProbs = choices.map(({ logProb }) => logProb);
  const probabilities = shares(logProbs);
  const picks = rulesFor({ hasNeutral: neutral !== undefined }).map(
    ([ending, { score }]) => [ending, argmax(choices.map(score))] as const,
  );
  const pick = argmax(logProbs);
  return {
    ...Object.fromEntries(picks.map(([ending, index]) => [`pick${ending}`, index])),
    picked: must(candidates[pick], 'the candidate that is picked'),
    pick_probability: must(probabilities[pick], 'a probability of each candidate'),
    ...candidateCells(texts, choices, probabilities),
    ...(right !== undefined && {
      ...Object.fromEntries(picks.map(([ending, index]) => [`acc${ending}`, right[index] === true])),
      exact_match: choices.some(({ greedy }, index) => greedy && right[index] === true),
      mc2: massOf(probabilities, right),
      margin: margin(logProbs, right) ?? null,
      brier: brier(probabilities, right) ?? null,
      candidate_right: right,
    }),
  };
}
