import { defineStage } from '../../src/engine/stage-kind.ts';
import { templateFunctionsDocumentation } from '../../src/template/functions.ts';
import { checkInputsTemplate, valuesOfInputs } from '../../src/template/inputs.ts';
import { braceDoubts } from '../../src/template/doubts.ts';
import { compileTemplate } from '../../src/template/template.ts';

interface FindingsOptions {
  readonly template: string;
}

export const findings = defineStage<FindingsOptions>({
  name: 'findings',
  module: import.meta.url,
  summary: 'What was found, in words: Markdown by a Jinja template over tables and values.',
  description: [
    'Inputs are named in `from`; the template reads a table as a list of rows and a value as it is:',
    '`{% for row in ranking[:5] %}{{ loop.index }}. {{ row.format }}{% endfor %}`. Thresholds are plain conditions:',
    '`{% if correlation.pearson.coefficient < -0.3 %}`; a comparison with NaN is false, so ask `finite(x)` first.',
    '',
    templateFunctionsDocumentation,
  ].join('\n'),
  example: [
    'from: { ranking: effectiveness }',
    'with:',
    '  template: |-',
    '    # Best formats',
    '    {% for row in ranking[:3] %}',
    '    {{ loop.index }}. {{ row.format }}: {{ fixed(row.mean, 2) }}',
    '    {% endfor %}',
  ].join('\n'),
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['template'],
    properties: {
      template: { type: 'string', minLength: 1, description: 'Jinja template of the Markdown text.' },
    },
  },
  inputs: {
    ports: [{ name: 'rows', type: 'table', optional: true, description: 'a table; others by any name' }],
    open: true,
  },
  output: () => ({ type: 'text' }),
  check: ({ template }, inputs) => checkInputsTemplate(template, ['template'], inputs),
  doubts: ({ template }, inputs) =>
    braceDoubts({ source: template, path: ['template'] }, Object.keys(inputs)),
  run({ options, inputs }) {
    const text = compileTemplate(options.template, ['template']).render(valuesOfInputs(inputs));
    return Promise.resolve({ type: 'text', text: text.endsWith('\n') ? text : `${text}\n` });
  },
});
