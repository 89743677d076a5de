import { expect } from 'chai';
import { ToldRuns } from '../support/told-run.ts';
import { expectTold, holdCases, stages, verbs, type Case } from './case.ts';

const file = (name: string, text: string | Uint8Array, more = '') => ({
  pipeline: stages(`t: { uses: dataset, with: { file: ${name}${more} } }`),
  files: { [name]: text },
});
const refused = (name: string, source: ReturnType<typeof file>, ...says: string[]): Case => ({
  name,
  ...source,
  fails: { at: `2:${Object.keys(source.files)[0]}`, says },
});
const items = (text: string) => stages(`t: { uses: dataset, with: { items: [${text}] } }`);

holdCases('what stands in a data file', [
  { name: 'semicolons', ...file('a.csv', 'id;q\n1;x,y\n'), gives: { t: [{ id: '1', q: 'x,y' }] } },
  { name: 'tabs', ...file('a.csv', 'id\tq\n1\tx\n'), gives: { t: [{ id: '1', q: 'x' }] } },
  { name: 'bars', ...file('a.csv', 'id|q\n1|x\n'), gives: { t: [{ id: '1', q: 'x' }] } },
  { name: 'carriage returns alone', ...file('a.csv', 'a,b\r1,2\r'), gives: { t: [{ a: '1', b: '2' }] } },
  {
    name: 'a byte order mark',
    ...file('a.csv', '\ufeffa\n1\n', ', types: { a: integer }'),
    gives: { t: [{ a: 1 }] },
  },
  { name: 'a byte order mark before JSON', ...file('a.json', '\ufeff[{"a":1}]'), gives: { t: [{ a: 1 }] } },
  {
    name: 'a row that is one quoted empty cell',
    ...file('a.csv', 'a\n""\nx\n'),
    gives: { t: [{ a: '' }, { a: 'x' }] },
  },
  {
    name: 'text that looks like a number',
    ...file('a.csv', 'a\n007\n1.10\n1e3\n'),
    gives: { t: ['007', '1.10', '1e3'].map((a) => ({ a })) },
  },
  refused('JSON Lines under the name of JSON', file('a.json', '{"a":1}\n{"a":2}\n'), 'format: jsonl'),
  refused('a list under the name of JSON Lines', file('a.jsonl', '[{"a":1}]'), 'not an object', 'line 1'),
  refused('a list inside of a map', file('a.json', '{"data":[]}'), 'holds no list', 'put the list alone'),
  refused(
    'a long id in JSON Lines',
    file('a.jsonl', '{"a":1}\n{"a":123456789012345678}\n'),
    'line 2',
    '123456789012345678',
    'quote it',
  ),
  refused('a long id deep in JSON', file('a.json', '[{"a":{"b":[76561198003753554]}}]'), '76561198003753554'),
  refused(
    'a long id in a column of integers',
    file('a.csv', 'id\n76561198003753554\n', ', types: { id: integer }'),
    'leave the type away',
  ),
  refused(
    'a long id in a column of numbers',
    file('a.csv', 'id\n76561198003753554\n', ', types: { id: number }'),
    'leave the type away',
  ),
  {
    name: 'a long id that is wanted as text',
    ...file('a.jsonl', '{"a":76561198003753554}\n', ', types: { a: string }'),
    gives: { t: [{ a: '76561198003753554' }] },
  },
  refused(
    'a number larger than numbers are',
    file('a.jsonl', '{"a":1e400}\n'),
    'larger than a number can be',
  ),
  refused(
    'a comma in a number',
    file('a.csv', 'a;b\n1,5;2\n', ', types: { a: number }'),
    'not a number',
    '1,5',
    'correct the cell',
  ),
  refused(
    'a word for no number',
    file('a.csv', 'a\n1\nNA\n', ', types: { a: number }'),
    'line 3, column a',
    'leave it empty',
  ),
  refused('a number with a base', file('a.csv', 'a\n0x1F\n', ', types: { a: number }'), '0x1F'),
  refused('yes for true', file('a.csv', 'a\nyes\n', ', types: { a: boolean }'), 'true or false'),
  refused('a name twice in an object', file('a.jsonl', '{"a":1,"a":2}\n'), '`a` stands twice'),
  refused('a name twice in a header', file('a.csv', 'a,b,a\n1,2,3\n'), '`a` twice'),
  refused('a column without a name', file('a.csv', 'a,,b\n1,2,3\n'), 'column 2 has none'),
  refused('half of an emoji', file('a.json', '[{"a":"x\\ud83d"}]'), 'half of a surrogate pair'),
  refused('half of an emoji in a name', file('a.json', '[{"\\ud83d":1}]'), 'half of a surrogate pair'),
  refused('UTF-16', file('a.csv', Buffer.from('\ufeffa\n1\n', 'utf16le')), 'UTF-16', 'save it as UTF-8'),
  refused('Latin-1', file('a.csv', Buffer.from('a\ncafé\n', 'latin1')), 'not UTF-8'),
  refused('a line that is too short', file('a.csv', 'a,b\n1\n'), 'line 2', '2 fields (a, b)'),
  refused('nothing', file('a.csv', ''), 'the file is empty'),
  { name: 'a header alone', ...file('a.tsv', 'a\tb\n'), gives: { t: [] }, warns: ['no rows are left'] },
  { name: 'an empty list', ...file('a.json', '[]'), gives: { t: [] }, warns: ['no rows are left'] },
]);

holdCases('what stands in the pipeline', [
  {
    name: 'numbers in other forms',
    pipeline: items('{ a: 0o17, b: .5, c: +1, d: 1., e: 1.50, f: -0, g: TRUE, h: Null }'),
    gives: { t: [{ a: 15, b: 0.5, c: 1, d: 1, e: 1.5, f: -0, g: true, h: null }] },
    warns: ['`0o17`', '`.5`', '`+1`', '`1.`', '`1.50`', '`-0`', '`TRUE`', '`Null`'],
  },
  {
    name: 'texts that YAML 1.1 would not have',
    pipeline: items('{ a: yes, b: NO, c: 1_000, d: 12:30, e: 2024-01-01, f: 0b11 }'),
    gives: { t: [{ a: 'yes', b: 'NO', c: '1_000', d: '12:30', e: '2024-01-01', f: '0b11' }] },
  },
  {
    name: 'names that are numbers in other forms',
    pipeline: items('{ 3.10: x, 007: y }'),
    warns: ['`3.10` as `3.1`', '`007` as `7`'],
  },
  {
    name: 'a format that is called like a version',
    pipeline: stages('t: { uses: variants, with: { items: [{ question: x }], formats: { 1.10: {} } } }'),
    warns: ['`1.10` as `1.1`'],
  },
  {
    name: 'a long id',
    pipeline: items('{ a: 76561198003753554 }'),
    fails: { at: '2:76561198003753554', says: ['quote it'] },
  },
  {
    name: 'a fraction of too many digits',
    pipeline: items('{ a: 0.1000000000000000055511151231257827 }'),
    warns: ['as `0.1`'],
  },
  {
    name: 'half of an emoji',
    pipeline: items('{ a: "x\\ud83d" }'),
    fails: { says: ['half of a surrogate pair', '\\ud83d'] },
  },
  {
    name: 'half of an emoji in a name',
    pipeline: items('{ "\\ude00x": 1 }'),
    fails: { says: ['half of a surrogate pair', '\\ude00'] },
  },
  {
    name: 'a whole emoji by two escapes',
    pipeline: items('{ a: "\\ud83d\\ude42" }'),
    gives: { t: [{ a: '🙂' }] },
  },
  { name: 'infinity', pipeline: items('{ a: .inf }'), fails: { at: '2:.inf', says: ['finite'] } },
]);

const one = 'rows: { uses: dataset, with: { items: [{ prompt: q, a: x }] } }';
const space = (line: string): string => `${stages(one)}${line}`;
const oneMistake: Readonly<Record<string, readonly [yaml: string, at: string, ...says: readonly string[]]>> =
  {
    'a template without quotes': [
      stages(one, 't: { uses: score, from: rows, with: { target: {{ answer }} } }'),
      '3:{ answer }',
      'a key is text',
      'quote the text',
    ],
    'a template without quotes in a list': [items('{ a: [{{ q }}, x] }'), '2:{ q }', 'a key is text'],
    'a list as a key': [items('{ [a, b]: 1 }'), '2:[a, b]', 'a key is text'],
    'an alias of nothing for a stage': ['stages:\n  rows: *nope\n', '2:*nope', 'no anchor `&nope`'],
    'an alias of nothing in a list': [items('*nope'), '2:*nope', 'no anchor `&nope`'],
    'an asterisk of a file name': [
      stages('t: { uses: dataset, with: { file: *.csv } }'),
      '2:*.csv',
      'quote the text if it is meant to begin with `*`',
    ],
    'an alias in its own anchor': [
      'stages:\n  t: &t { uses: dataset, with: { items: *t } }\n',
      '2:*t',
      'stands inside its own anchor',
    ],
    'a merge of a stage': [
      'base: &b { uses: dataset }\nstages:\n  t: { <<: *b, with: { items: [{ a: 1 }] } }\n',
      '3:<<',
      'merge keys',
    ],
    'a merge of options': [
      'stages:\n  a: { uses: dataset, with: &w { items: [{ a: 1 }] } }\n  b: { uses: dataset, with: { <<: *w } }\n',
      '3:<<',
      'merge keys',
    ],
    'a negation without quotes': [
      stages(one, 't: { uses: table, from: rows, with: { verbs: [{ filter: !d.a }] } }'),
      '3:!d.a',
      'quote the text if it is meant to begin with `!`',
    ],
    'a no-break space in front of a key': ['stages:\n\u00a0 rows: { uses: dataset }\n', '2:\u00a0', 'U+00A0'],
    'a no-break space among others': [
      'stages:\n  rows:\n  \u00a0 uses: dataset\n    with: { items: [{ a: 1 }] }\n',
      '3:\u00a0',
      'U+00A0',
    ],
    'a no-break space behind a colon': [
      space('  t:\n    uses: table\n    from: rows\n    with:\n      verbs:\u00a0[{ drop: [a] }]\n'),
      '7:\u00a0',
      'type the space anew',
    ],
    'an ideographic space in front of a key': [
      'stages:\n\u3000rows: { uses: dataset }\n',
      '2:\u3000',
      'U+3000',
    ],
  };

describe('one mistake of YAML', () => {
  for (const [name, [pipeline, at, ...says]] of Object.entries(oneMistake)) {
    it(`has one message: ${name}`, async () => {
      const runs = await ToldRuns.open();
      try {
        const told = await runs.run({ pipeline });
        expect(told.errors.map(({ message }) => message)).to.have.length(1);
        expectTold(told, { name, pipeline, fails: { at, says } });
      } finally {
        await runs.close();
      }
    });
  }

  it('is no no-break space that stands in a text', async () => {
    const runs = await ToldRuns.open();
    try {
      const { errors, artifacts } = await runs.run({
        pipeline: items('{ a: Prix :\u00a05, b: "\u00a0x", "c\u00a0d": 1 }'),
      });
      expect(errors).to.deep.equal([]);
      expect(artifacts['t']).to.have.nested.property('table.rows[0].a', 'Prix :\u00a05');
    } finally {
      await runs.close();
    }
  });
});

const params = (text: string, rest: string) => `params: { ${text} }\n${rest}`;

holdCases('what parameters become', [
  { name: 'a name', pipeline: params('k: name', items("{ '${params.k}': 1 }")), gives: { t: [{ name: 1 }] } },
  {
    name: 'a name that is there',
    pipeline: params('k: name', items("{ '${params.k}': 1, name: 2 }")),
    fails: { at: '3:name', says: ['`name` stands twice'] },
  },
  {
    name: 'a name that every object has',
    pipeline: params('k: __proto__', items("{ '${params.k}': 1 }")),
    gives: { t: [JSON.parse('{"__proto__":1}') as Record<string, number>] },
  },
  {
    name: 'a kind and an input',
    pipeline: params(
      'k: d, u: table',
      stages(
        'd: { uses: dataset, with: { items: [{ a: 1 }] } }',
        "t: { uses: '${params.u}', from: '${params.k}', with: { verbs: [{ select: [a] }] } }",
      ),
    ),
    gives: { t: [{ a: 1 }] },
  },
  {
    name: 'a part of a text, read otherwise',
    pipeline: params('k: 007', items("{ a: 'x${params.k}' }")),
    gives: { t: [{ a: 'x7' }] },
    warns: ['`007` as `7`'],
  },
  {
    name: 'braces without a dollar',
    pipeline: params('k: x', items("{ a: '{params.k}' }")),
    gives: { t: [{ a: '{params.k}' }] },
    warns: ['`{params.k}` is text'],
  },
  {
    name: 'a name that nobody gave',
    pipeline: params('model: x', items("{ a: '${params.modle}' }")),
    fails: { says: ['did you mean `model`?'] },
  },
  {
    name: 'a list that is set',
    set: { n: '[007, 1.10]' },
    pipeline: params('n: [a]', items("{ a: '${params.n}' }")),
    gives: { t: [{ a: [7, 1.1] }] },
    warns: ['`007` as `7`', '`1.10` as `1.1`'],
  },
  {
    name: 'a number that is set to a word',
    set: { n: 'yes' },
    pipeline: params('n: true', items("{ a: '${params.n}' }")),
    gives: { t: [{ a: 'yes' }] },
    warns: ['`n` is true or false in the file'],
  },
  {
    name: 'a long id that is set',
    set: { n: '76561198003753554' },
    pipeline: params('n: 1', items("{ a: '${params.n}' }")),
    fails: { says: ['more digits than a number can keep'] },
  },
]);

holdCases('numbers that are text', [
  {
    name: 'sorted',
    pipeline: verbs('[{ a: "10" }, { a: "9" }]', '{ orderby: [a] }'),
    gives: { t: [{ a: '10' }, { a: '9' }] },
    warns: ['holds numbers as text'],
  },
  {
    name: 'the largest',
    pipeline: verbs('[{ a: "10" }, { a: "9" }]', '{ rollup: { columns: { m: max(d.a) } } }'),
    fails: { says: ['compared as text', 'parse_float'] },
  },
  {
    name: 'compared',
    pipeline: verbs('[{ a: "10" }, { a: "9" }]', `{ filter: d.a > "5" }`),
    fails: { says: ['compared as text', 'row 1'] },
  },
  {
    name: 'compared where it makes no difference',
    pipeline: verbs('[{ a: "2024" }, { a: "1999" }]', `{ filter: d.a > "2000" }`),
    gives: { t: [{ a: '2024' }] },
  },
  {
    name: 'averaged',
    pipeline: verbs('[{ a: "10" }]', '{ rollup: { columns: { m: mean(d.a) } } }'),
    fails: { says: ['a number or true or false', 'parse_float'] },
  },
]);
