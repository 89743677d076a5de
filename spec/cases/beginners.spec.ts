import { expect } from 'chai';
import { ToldRuns } from '../support/told-run.ts';
import { stages } from './case.ts';

const rows = 'rows: { uses: dataset, with: { items: [{ question: a, answer: x, n: 1 }] } }';
const file = 'data: { uses: dataset, with: { file: q.csv } }';
const last = (kind: string, options: string, from = 'rows'): string =>
  `last: { uses: ${kind}, from: ${from}, with: { ${options} } }`;
const csv = 'question,answer,topic,n\nWho,me,a,1\nWhat,it,b,2\n';

/** What a beginner wrote, where the one message points to (`line:text`), and what it says to do. */
const mistakes: Readonly<
  Record<
    string,
    { readonly yaml: string; readonly data?: string | Uint8Array; readonly at: string; readonly next: string }
  >
> = {
  'stage for stages': {
    yaml: 'stage:\n  a: { uses: dataset, with: { items: [{ a: 1 }] } }\n',
    at: '1:stage',
    next: 'did you mean `stages`?',
  },
  'use for uses': {
    yaml: stages('a: { use: dataset, with: { items: [{ a: 1 }] } }'),
    at: '2:use',
    next: 'did you mean `uses`?',
  },
  'targets for target': {
    yaml: stages(rows, last('score', "prompt: '{{ question }}', targets: ' x'")),
    at: '3:targets',
    next: 'did you mean `target`?',
  },
  'a misspelt kind': {
    yaml: stages(rows, last('agregate', 'by: [], measure: n')),
    at: '3:agregate',
    next: 'did you mean `aggregate`?',
  },
  'a misspelt input': {
    yaml: stages(rows, last('aggregate', 'by: [], measure: n', 'row')),
    at: '3:row',
    next: 'did you mean `rows`?',
  },
  'a misspelt parameter': {
    yaml: `params: { model: x }\n${stages("rows: { uses: dataset, with: { items: [{ a: '${params.modle}' }] } }")}`,
    at: "3:'${params.modle}'",
    next: 'did you mean `model`?',
  },
  'a name twice': { yaml: stages(rows, rows), at: '3:rows', next: 'remove or rename one of them' },
  'a misspelt statistic': {
    yaml: stages(rows, last('aggregate', 'by: [], measure: n, statistics: [ci90]')),
    at: '3:ci90',
    next: 'did you mean `ci95`?',
  },
  'an order that is not there': {
    yaml: stages(rows, last('aggregate', 'by: [question], measure: n, order: -avg')),
    at: '3:-avg',
    next: 'name a column that is there',
  },
  'an order of one of two measures': {
    yaml: stages(
      'rows: { uses: dataset, with: { items: [{ q: a, n: 1, m: 2 }] } }',
      last('aggregate', 'by: [q], measure: [n, m], order: -mean'),
    ),
    at: '3:-mean',
    next: 'did you mean `n_mean`?',
  },
  'a misspelt function of a template': {
    yaml: stages(rows, last('findings', "template: '{{ fixd(rows[0].n, 2) }}'")),
    at: "3:'{{ fixd(rows[0].n, 2) }}'",
    next: 'did you mean `fixed`?',
  },
  'a misspelt column in a template': {
    yaml: stages(rows, last('findings', "template: '{% for r in rows %}{{ r.qestion }}{% endfor %}'")),
    at: "3:'{% for r in rows %}{{ r.qestion }}{% endfor %}'",
    next: 'did you mean `question`?',
  },
  'a misspelt variable, over a file': {
    yaml: stages(file, last('score', "prompt: '{{ question }}', target: ' {{ anwser }}'", 'data')),
    data: csv,
    at: "3:' {{ anwser }}'",
    next: 'did you mean `answer`?',
  },
  'a misspelt column, over a file': {
    yaml: stages(file, last('variants', "formats: { f: { template: '{{ topci }}' } }", 'data')),
    data: csv,
    at: "3:'{{ topci }}'",
    next: 'did you mean `topic`?',
  },
  'a measure that is text': {
    yaml: stages(file, last('aggregate', 'by: [topic], measure: question', 'data')),
    data: csv,
    at: '3:question',
    next: 'types: { question: number }',
  },
  'a measure that is numbers as text': {
    yaml: stages(file, last('aggregate', 'by: [topic], measure: n', 'data')),
    data: csv,
    at: '3:n',
    next: 'types: { n: number }',
  },
  'a file that is not there': {
    yaml: stages('data: { uses: dataset, with: { file: qq.csv } }'),
    data: csv,
    at: '2:qq.csv',
    next: 'did you mean `q.csv`?',
  },
  'a file of a spreadsheet': {
    yaml: stages('data: { uses: dataset, with: { file: q.xlsx } }'),
    at: '2:q.xlsx',
    next: 'save the table as CSV',
  },
  'a tab': {
    yaml: 'stages:\n\ta: { uses: dataset, with: { items: [{ a: 1 }] } }\n',
    at: '2:\t',
    next: 'indent with spaces',
  },
  'too far to the right': {
    yaml: 'stages:\n  a:\n    uses: dataset\n     with: { items: [{ a: 1 }] }\n',
    at: '3:d',
    next: 'indent the line as the keys beside it',
  },
  'too far to the left': {
    yaml: 'stages:\n  a:\n    uses: dataset\n   with: { items: [{ a: 1 }] }\n',
    at: '4: ',
    next: 'indent the line as the keys beside it',
  },
  'a list of stages': {
    yaml: 'stages:\n  - a: { uses: dataset, with: { items: [{ a: 1 }] } }\n',
    at: '1:stages',
    next: 'instead of `- ...`',
  },
  'a colon in a text': {
    yaml: `${stages(rows)}  last:\n    uses: score\n    from: rows\n    with:\n      target: Answer: x\n`,
    at: '7:A',
    next: 'quote the text',
  },
  'a loop without an end': {
    yaml: stages(rows, last('findings', "template: '{% for r in rows %}{{ r.n }}'")),
    at: "3:'{% for r in rows %}{{ r.n }}'",
    next: 'mend the template',
  },
  'a template in place of a format': {
    yaml: stages("b: { uses: variants, with: { items: [{ question: a }], formats: { qa: 'Q' } } }"),
    at: "2:'Q'",
    next: 'write a map',
  },
  'a text in place of a list': {
    yaml: stages(rows, last('aggregate', 'by: question, measure: n')),
    at: '3:question',
    next: 'write a list: `[question]`',
  },
  'a map in place of a list': {
    yaml: stages('b: { uses: dataset, with: { items: { a: 1 } } }'),
    at: '2:{ a: 1 }',
    next: 'write a list',
  },
  'a capital in a name': {
    yaml: stages(rows, 'Ranking: { uses: aggregate, from: rows, with: { by: [question], measure: n } }'),
    at: '3:Ranking',
    next: 'write the name so',
  },
  'a condition of pandas': {
    yaml: stages(rows, last('table', "verbs: [{ filter: 'n > 0' }]")),
    at: '3:n',
    next: 'write `d.n`',
  },
  'a condition of Python': {
    yaml: stages(rows, last('table', "verbs: [{ filter: 'd.n > 0 and d.n < 5' }]")),
    at: '3:and',
    next: 'write `&&` for and',
  },
  'one sign for equal': {
    yaml: stages(rows, last('table', "verbs: [{ filter: 'd.n = 1' }]")),
    at: '3:=',
    next: 'write `==` to compare',
  },
  'a verb of SQL': {
    yaml: stages(rows, last('table', 'verbs: [{ where: d.n > 0 }]')),
    at: '3:where',
    next: 'write one of these names',
  },
  'two verbs in one': {
    yaml: stages(rows, last('table', 'verbs: [{ filter: d.n > 0, select: [n] }]')),
    at: '3:{ filter: d.n > 0, select: [n] }',
    next: 'an item of its own of each entry',
  },
  'a misspelt mark': {
    yaml: stages(
      rows,
      last('plot', 'spec: { mark: barr, encoding: { x: { field: n, type: quantitative } } }'),
    ),
    at: '3:barr',
    next: 'did you mean `bar`?',
  },
  'a misspelt method': {
    yaml: stages(rows, last('correlate', 'x: n, y: n, methods: [spearmann]')),
    at: '3:spearmann',
    next: 'did you mean `spearman`?',
  },
  'a misspelt filter of a template': {
    yaml: stages(
      "b: { uses: variants, with: { items: [{ question: a }], formats: { f: { template: '{{ question | uper }}' } } } }",
    ),
    at: "2:'{{ question | uper }}'",
    next: 'did you mean `upper`?',
  },
  'a misspelt transform': {
    yaml: stages(
      'b: { uses: variants, with: { items: [{ question: a }], formats: { f: { transform: revers } } } }',
    ),
    at: '2:revers',
    next: 'did you mean `reverse`?',
  },
  'no input': {
    yaml: stages(rows, "last: { uses: score, with: { target: ' x' } }"),
    at: '3:last',
    next: 'add `from: STAGE`',
  },
  'rows and a file': {
    yaml: stages('b: { uses: dataset, with: { items: [{ a: 1 }], file: q.csv } }'),
    data: csv,
    at: '2:q.csv',
    next: 'leave one of them out',
  },
  'no stage': { yaml: 'stages: {}\n', at: '1:{}', next: 'add what is missing' },
  'no stages at all': { yaml: 'name: x\n', at: '1:name: x', next: 'add `stages: ...`' },
};

describe('mistakes of beginners', () => {
  let runs: ToldRuns;
  before(async () => (runs = await ToldRuns.open()));
  after(() => runs.close());

  it('are forty and more', () => expect(Object.keys(mistakes).length).to.be.at.least(40));

  for (const [name, { yaml, data, at, next }] of Object.entries(mistakes)) {
    it(`have one message with place, expected, found and next: ${name}`, async () => {
      const { errors } = await runs.run({
        pipeline: yaml,
        ...(data !== undefined && { files: { 'q.csv': data } }),
      });
      expect(
        errors.map(({ message }) => message),
        'one message',
      ).to.have.length(1);
      const { place, expected, found, next: said } = errors[0]!;
      const pointed = place?.text.slice(place.column - 1, place.column - 1 + place.length) ?? '';
      expect(`${place?.line}:${pointed}`).to.equal(at);
      expect(expected, 'expected').to.be.a('string').and.not.equal('');
      expect(found, 'found').to.be.a('string').and.not.equal('');
      expect(said).to.contain(next);
      // No part says what another one says.
      expect(new Set([errors[0]!.message, expected, found, said]).size).to.equal(4);
    });
  }

  it('list what was written as found, not what the program fills in', async () => {
    const { errors } = await runs.run({
      pipeline: stages(rows, last('choose', "prompt: '{{ question }}', answer: answer")),
    });
    expect(errors.map(({ message, found }) => [message, found])).to.deep.equal([
      ['`candidates` is missing in `with`', 'prompt, answer'],
    ]);
  });
});
