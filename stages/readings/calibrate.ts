import type { OptionProblem } from '../../src/system/failure.ts';
import { entriesOf } from '../../src/system/names-in-order.ts';
import type { Row } from '../../src/table/table.ts';
import { defineStage } from '../../src/engine/stage-kind.ts';
import {
  calibratedCells,
  calibrationColumns,
  rankingsOf,
  type Corrections,
} from '../../src/claims/calibration.ts';
import { readingModules } from '../../src/hosting/computed-by.ts';
import { modelExternal, modelShare } from '../../src/hosting/model-component.ts';
import { joinOptions, modelOption, type JoinOptions } from '../../src/hosting/model-options.ts';
import { boundaryPolicies, measureCalibrationRows } from '../../src/hosting/rows/calibration-rows.ts';
import {
  candidatesOf,
  candidatesOption,
  candidatesProblems,
  type CandidatesOption,
} from '../../src/hosting/rows/candidates.ts';
import { badRowOptions, promptOption, type BadRowOptions } from '../../src/hosting/rows/row-options.ts';
import { tableOf, tableShape, unknownColumns } from '../../src/table/columns.ts';
import { addColumns, columnsTaken } from '../../src/table/add-columns.ts';
import {
  askedOptions,
  askedProblems,
  askedTexts,
  type AskedOptions,
} from '../../src/template/asked-texts.ts';
import { templateFunctionsDocumentation } from '../../src/template/functions.ts';
import { namesOfColumns } from '../../src/template/known.ts';
import { checkTemplate } from '../../src/template/template.ts';

interface CalibrateOptions extends AskedOptions, JoinOptions, BadRowOptions {
  readonly model: string;
  readonly choices?: CandidatesOption;
  readonly batch: boolean;
  readonly boundaryAudit: boolean;
}

const choicesDescription =
  'The closed set of answers: the name of a column that holds a list of texts; or `{ columns: [a, b] }`; or `{ texts: [yes, no] }`.';

export const calibrate = defineStage<CalibrateOptions>({
  name: 'calibrate',
  module: import.meta.url,
  computedBy: readingModules,
  summary: 'Scores corrected for what an answer has whatever is asked, each beside the raw one.',
  description: [
    'Each row keeps its raw score, `target_log_prob` in nats, and gets a column for each correction that is asked for:',
    '',
    '- `forms_log_prob`: log of the summed probabilities of the target and of its `forms`. A form that begins with another',
    '  one is part of it, and is left out.',
    '- `pmi` (`premise`): log P(target | prompt) - log P(target | premise), of the very same tokens (Holtzman and others',
    '  2021). The premise stands in the format of the row.',
    '- `contextual` (`contentFree`): log P less the log of its mean after the prompts without content (Zhao and others',
    '  2021); with `choices`, of probabilities among these.',
    '- `batch` (`batch: true`, with `choices`): log P among the choices less its mean over all rows of the same format, which',
    '  needs no premise (Zhou and others 2023).',
    '- `boundaryAudit: true`: the score under each policy of the boundary, and `boundary_gap`, the largest less the smallest.',
    '',
    'With `choices`, of which the target is one, `acc` and `acc_...` say whether the target is the best choice by each score.',
    '`own` has what rows with a certain value of `by` name for themselves: a target with its closing quote for `json`.',
    '',
    'Values of `by` are ranked by the mean of each score. Where a ranking and the raw one, or those of two policies, agree',
    "with less than tau = 0.8 (Kendall's tau-b), a warning says so, and the record has every tau.",
    '',
    templateFunctionsDocumentation,
  ].join('\n'),
  example: [
    'from: variants',
    'with:',
    '  target: " {{ answer }}"',
    '  forms: ["\\n{{ answer }}", " The {{ answer }}"]',
    '  premise: "Answer:"',
    '  own: { chat: { premise: "User: Hello.\\nAssistant:" } }',
    '  boundaryAudit: true',
  ].join('\n'),
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['target'],
    properties: {
      model: modelOption,
      ...promptOption,
      ...askedOptions,
      forms: { ...askedOptions.forms, default: [] },
      choice: { ...askedOptions.choice, default: ' {{ candidate }}' },
      contentFree: { ...askedOptions.contentFree, default: [] },
      choices: { ...candidatesOption, description: choicesDescription },
      batch: {
        type: 'boolean',
        default: false,
        description: 'Whether to calibrate over the rows of each format.',
      },
      boundaryAudit: {
        type: 'boolean',
        default: false,
        description: 'Whether to score under every policy of the boundary.',
      },
      by: {
        type: 'string',
        default: 'format',
        description: 'Column of what is ranked, and of what makes a batch.',
      },
      own: {
        type: 'object',
        additionalProperties: { type: 'object', additionalProperties: false, properties: askedOptions },
        default: {},
        description: 'What rows name for themselves, by the value of `by`.',
      },
      ...joinOptions,
      ...badRowOptions,
    },
  },
  inputs: { ports: [{ name: 'rows', type: 'table', description: 'what is scored, row by row' }] },

  output: (options, inputs) =>
    addColumns(tableShape(inputs['rows']), calibrationColumns(correctionsOf(options))),

  check(options, inputs): readonly OptionProblem[] {
    const rows = tableShape(inputs['rows']);
    const { prompt, choices, batch, by, own } = options;
    const known = namesOfColumns(rows.columns);
    const open = rows.open ?? false;
    return [
      ...columnsTaken(rows, calibrationColumns(correctionsOf(options))),
      ...unknownColumns(rows, [{ name: by, path: ['by'] }]),
      ...checkTemplate(prompt, ['prompt'], known, { open }),
      ...askedProblems(options, [], known, open),
      ...entriesOf(own).flatMap(([value, each]) => askedProblems(each, ['own', value], known, open)),
      ...(choices === undefined
        ? []
        : candidatesProblems(choices, rows).map((each) => ({
            ...each,
            path: ['choices', ...each.path.slice(1)],
          }))),
      ...(batch && choices === undefined
        ? [
            {
              path: ['batch'],
              message: 'a batch is calibrated over a closed set of answers',
              expected: '`choices`',
            },
          ]
        : []),
    ];
  },

  // A model that was moved is the same model: its contents are in the key.
  namesOnly: ['model'],
  resources: (_, externals) => modelShare(externals),
  externals: async ({ model }, context) => ({ model: await modelExternal(model, context) }),

  async run(context) {
    const { options } = context;
    const { boundary, bos, truncate, boundaryAudit: audit, by, choices } = options;
    const table = tableOf(context.inputs['rows']);
    const textsOf = askedTexts(options, choices === undefined ? undefined : candidatesOf(choices));
    const measured = await measureCalibrationRows(
      context,
      table,
      { textsOf, textOptions },
      { boundary, bos, truncate, audit },
    );
    const made = correctionsOf(options);
    const scores = measured.map(({ row, texts, result }) => ({
      ...result,
      target: result.target.logProb,
      right: texts.choices.indexOf(texts.target),
      label: row[by] ?? null,
      texts: texts.choices,
    }));
    const cells = calibratedCells(scores, made);
    const rows = measured.map(({ row, texts, result }, index): Row => ({
      ...row,
      target: texts.target,
      target_token_count: result.target.tokens.length,
      ...cells[index],
      boundary: result.target.join,
    }));
    const { figures, warnings } = rankingsOf(rows, by, made);
    context.measure(figures);
    for (const warning of warnings) context.warn(warning);
    const prompts = measured.map(({ texts: { prompt, target, forms, premise } }) => ({
      prompt,
      targets: [target, ...forms],
      ...(premise !== undefined && { against: premise }),
    }));
    const shape = addColumns(
      { type: 'table', columns: table.columns, key: table.key },
      calibrationColumns(made),
    );
    return { type: 'table', table: { columns: shape.columns, key: shape.key, rows }, prompts };
  },
});

const textOptions = {
  'prompt-not-unicode': 'prompt',
  'target-not-unicode': 'target',
  'target-empty': 'target',
  'no-context': 'prompt',
  'too-long': 'prompt',
  'neutral-empty': 'premise',
  'neutral-too-long': 'premise',
  'no-bos': 'bos',
};

/** What is made: a correction that any format names for itself has a column, which is null in rows of those that do not. */
function correctionsOf({ own, choices, batch, boundaryAudit, ...all }: CalibrateOptions): Corrections {
  const asked = [all, ...Object.values(own)];
  return {
    forms: asked.some(({ forms = [] }) => forms.length > 0),
    pmi: asked.some(({ premise }) => premise !== undefined),
    contextual: asked.some(({ contentFree = [] }) => contentFree.length > 0),
    batch,
    choices: choices !== undefined,
    policies: boundaryAudit ? boundaryPolicies : [],
  };
}
