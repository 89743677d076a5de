import { holdCases, stages } from './case.ts';

const format = (template: string, items = '[{ question: Hi, answer: x }]'): string =>
  stages(
    `t: { uses: variants, with: { items: ${items}, formats: { f: { template: ${JSON.stringify(template)} } } } }`,
  );
const plot = (spec: string): string =>
  stages(
    'rows: { uses: dataset, with: { items: [{ y: a, v: 1 }, { y: b, v: 2 }] } }',
    `t: { uses: plot, from: rows, with: { spec: ${spec} } }`,
  );

holdCases('a template that is hardly meant', [
  { name: 'braces of Python', pipeline: format('Q: {question}'), warns: ['`{question}` is text to Jinja'] },
  {
    name: 'braces with a member',
    pipeline: format('{{ question }} {answer.text}'),
    warns: ['`{answer.text}` is text to Jinja'],
  },
  {
    name: 'percent of Python',
    pipeline: format('Q: %(question)s'),
    warns: ['`%(question)s` is text to Jinja'],
  },
  {
    name: 'braces that are meant',
    pipeline: format('{% raw %}{question}{% endraw %} {{ question }}'),
    gives: { t: [{ prompt: '{question} Hi' }] },
  },
  {
    name: 'braces around another name',
    pipeline: format('As JSON, like {"question": 1}: {{ question }} {other}'),
  },
  {
    name: 'no field of the item',
    pipeline: format('Say it', '[{ question: a }, { question: b }]'),
    warns: ['names no field of its item'],
  },
  { name: 'a field in a condition alone', pipeline: format('{% if answer %}Yes{% endif %}') },
  {
    name: 'a block that ends a line of text',
    pipeline: format('Q: {% if answer %}{{ question }}{% endif %}\nA:'),
    gives: { t: [{ prompt: 'Q: HiA:' }] },
    warns: ['`{% endif %}` takes the line break behind it'],
  },
  {
    name: 'blocks that end two lines, and a comment',
    pipeline: format('{{ question }}{# one #}\nB: {% if answer %}\nx{% endif %}'),
    gives: { t: [{ prompt: 'HiB: x' }] },
    warns: ['and so in 2 lines'],
  },
  {
    name: 'a block that says what it does with the break',
    pipeline: format('{{ question }}{% if answer %}!{% endif +%}\nA{% if answer -%}\nB{% endif %}'),
    gives: { t: [{ prompt: 'Hi!\nAB' }] },
  },
  {
    name: 'blocks alone in their lines',
    pipeline: format('{% for each in [1, 2] %}\n- {{ question }}\n{% endfor %}\nA:'),
    gives: { t: [{ prompt: '- Hi\n- Hi\nA:' }] },
  },
  {
    name: 'a block that ends the template, and one that is text',
    pipeline: format('{% raw %}a {% if %}\nb{% endraw %} {{ question }}{% if answer %}!{% endif %}\n'),
    gives: { t: [{ prompt: 'a {% if %}\nb Hi!' }] },
  },
  {
    name: 'no trigger',
    pipeline: stages(
      "t: { uses: ablate, with: { items: [{ question: a, a: x }], triggers: { s: [now] }, template: '{{ question }}', target: ' {{ a }}' } }",
    ),
    warns: ['does not name `trigger`'],
  },
  {
    name: 'braces in findings',
    pipeline: stages(
      'rows: { uses: dataset, with: { items: [{ a: 1 }] } }',
      "t: { uses: findings, from: rows, with: { template: 'Best: {rows[0]}' } }",
    ),
    warns: ['`{rows[0]}` is text to Jinja'],
    gives: { t: 'Best: {rows[0]}\n' },
  },
  ...['score', 'ablate', 'choose'].map((kind) => ({
    name: `no space before what is scored, in ${kind}`,
    pipeline: {
      score: stages(
        'rows: { uses: dataset, with: { items: [{ prompt: q, a: x }] } }',
        "t: { uses: score, from: rows, with: { target: '{{ a }}' } }",
      ),
      ablate: stages(
        "t: { uses: ablate, with: { items: [{ question: q, a: x }], triggers: { s: [now] }, target: '{{ a }}' } }",
      ),
      choose: stages(
        'rows: { uses: dataset, with: { items: [{ prompt: q, a: [x, y] }] } }',
        "t: { uses: choose, from: rows, with: { candidates: a, delimiter: '' } }",
      ),
    }[kind]!,
    warns: ['begin without a space'],
  })),
]);

holdCases('a figure of words that Vega-Lite lacks', [
  {
    name: 'a mark',
    pipeline: plot('{ mark: barr, encoding: { x: { field: v, type: quantitative } } }'),
    fails: { at: '3:barr', says: ['did you mean `bar`?'] },
  },
  {
    name: 'a mark with properties, in a layer',
    pipeline: plot('{ layer: [{ mark: { type: lin }, encoding: { x: { field: v, type: quantitative } } }] }'),
    fails: { at: '3:lin', says: ['did you mean `line`?'] },
  },
  {
    name: 'a type',
    pipeline: plot('{ mark: bar, encoding: { x: { field: v, type: quantative } } }'),
    fails: { at: '3:quantative', says: ['did you mean `quantitative`?'] },
  },
  {
    name: 'an aggregate',
    pipeline: plot('{ mark: bar, encoding: { x: { field: v, type: quantitative, aggregate: avg } } }'),
    fails: { at: '3:avg', says: ['no aggregate `avg`', 'average'] },
  },
  {
    name: 'a channel',
    pipeline: plot(
      '{ mark: bar, encoding: { x: { field: v, type: quantitative }, colour: { field: y, type: nominal } } }',
    ),
    fails: { says: ['no channel `colour`', 'did you mean `color`?'] },
  },
  {
    name: 'a property',
    pipeline: plot('{ mark: bar, encodings: { x: { field: v, type: quantitative } } }'),
    fails: { says: ['did you mean `encoding`?'] },
  },
  {
    name: 'a quantity that is text',
    pipeline: plot('{ mark: point, encoding: { x: { field: y, type: quantitative } } }'),
    fails: { at: '3:y', says: ['holds no number to draw', '"a"'] },
  },
  {
    name: 'bins of a billionth',
    pipeline: plot(
      '{ mark: bar, encoding: { x: { field: v, bin: { step: 1.0e-9 } }, y: { aggregate: count } } }',
    ),
    fails: { at: '3:1.0e-9', says: ['would have 1000000000 bins', 'at most 2000', 'larger step'] },
  },
  {
    name: 'a million bins, in a layer',
    pipeline: plot(
      '{ layer: [{ mark: bar, encoding: { x: { field: v, bin: { maxbins: 1000000 } }, y: { aggregate: count } } }] }',
    ),
    fails: { at: '3:1000000', says: ['would have 1000000 bins', 'take fewer'] },
  },
  {
    name: 'a billion keys to fill in',
    pipeline: plot(
      '{ transform: [{ impute: v, key: y, keyvals: { start: 0, stop: 1.0e9 }, value: 0 }], mark: bar, encoding: { x: { field: y }, y: { field: v, type: quantitative } } }',
    ),
    fails: { at: '3:{ start: 0, stop: 1.0e9 }', says: ['`keyvals` would make 1000000000', 'at most 10000'] },
  },
  {
    name: 'an endless sequence',
    pipeline: plot(
      '{ data: { sequence: { start: 0, stop: 5, step: 0 } }, mark: point, encoding: { x: { field: data, type: quantitative } } }',
    ),
    fails: { says: ['`sequence` would make endlessly many', 'take fewer'] },
  },
  {
    name: 'a million ticks',
    pipeline: plot(
      '{ mark: point, encoding: { x: { field: v, type: quantitative, axis: { tickCount: 1000000 } } } }',
    ),
    fails: { at: '3:1000000', says: ['`tickCount` would make 1000000'] },
  },
  {
    name: 'bins of a billionth in a transform',
    pipeline: plot(
      '{ transform: [{ bin: { step: 1.0e-9 }, field: v, as: b }], mark: bar, encoding: { x: { field: b, type: quantitative } } }',
    ),
    fails: { at: '3:1.0e-9', says: ['would have 1000000000 bins'] },
  },
]);
