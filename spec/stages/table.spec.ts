import { expect } from 'chai';
import { failureOf, problemsOf, rowsOf, runStage, shapeOf, tableFrom } from '../support/stage-rig.ts';

const people = tableFrom(
  [
    { name: 'Ada', age: 36, city: 'London' },
    { name: 'Bo', age: null, city: 'Oslo' },
    { name: 'Cy', age: 20, city: 'London' },
    { name: 'Di', age: 51, city: 'Rome' },
  ],
  ['name'],
);
const cities = tableFrom(
  [
    { city: 'Rome', people: 3 },
    { city: 'London', people: 9 },
  ],
  ['city'],
);

async function after(
  verbs: readonly unknown[],
  more: Record<string, unknown> = {},
): Promise<readonly unknown[]> {
  return rowsOf(await runStage('table', { verbs, ...more } as never, { inputs: { rows: people, cities } }));
}

describe('table', () => {
  it('filters, derives, selects, renames, drops', async () => {
    expect(
      await after([
        { filter: "d.age != null && d.city !== 'Rome'" },
        { derive: { decades: 'floor(d.age / 10)', above: 'd.age - mean(d.age)' } },
        { rename: { name: 'who' } },
        { drop: ['age'] },
        { select: ['above', 'who', 'decades'] },
      ]),
    ).to.deep.equal([
      { above: 8, who: 'Ada', decades: 3 },
      { above: -8, who: 'Cy', decades: 2 },
    ]);
  });

  it('sorts with missing values last, either way, and slices', async () => {
    const names = async (verbs: readonly unknown[]): Promise<unknown> =>
      (await after(verbs)).map((row) => (row as { name: string }).name).join(' ');
    expect(await names([{ orderby: ['age'] }])).to.equal('Cy Ada Di Bo');
    expect(await names([{ orderby: ['-age'] }])).to.equal('Di Ada Cy Bo');
    expect(await names([{ orderby: ['city', '-age'] }])).to.equal('Ada Cy Bo Di');
    expect(await names([{ orderby: ['-age'] }, { slice: [1, 3] }])).to.equal('Ada Cy');
    expect(await names([{ slice: [3] }])).to.equal('Di');
  });

  it('joins, keeping the order and the key of the left table', async () => {
    const left = await runStage(
      'table',
      { verbs: [{ join: { input: 'cities', on: ['city'], how: 'left' } }] },
      { inputs: { rows: people, cities } },
    );
    expect(rowsOf(left).map((row) => [row['name'], row['people']])).to.deep.equal([
      ['Ada', 9],
      ['Bo', null],
      ['Cy', 9],
      ['Di', 3],
    ]);
    expect(left.artifact).to.have.nested.property('table.key').deep.equal(['name']);
    const names = async (how: string): Promise<unknown> =>
      (await after([{ join: { input: 'cities', on: ['city'], how } }])).map(
        (row) => (row as { name: string }).name,
      );
    expect(await names('inner')).to.deep.equal(['Ada', 'Cy', 'Di']);
    expect(await names('semi')).to.deep.equal(['Ada', 'Cy', 'Di']);
    expect(await names('anti')).to.deep.equal(['Bo']);
  });

  it('keeps the key through joins and appended rows as long as it tells rows apart', async () => {
    const keyAfter = async (verbs: readonly unknown[], other = cities) => {
      const { artifact, warnings } = await runStage('table', { verbs } as never, {
        inputs: { rows: people, cities: other },
      });
      return [artifact.type === 'table' ? artifact.table.key : undefined, warnings.length];
    };
    const join = { input: 'cities', on: ['city'], allow: 'unmatched' };
    const unkeyed = tableFrom([{ city: 'Rome' }, { city: 'Oslo' }]);
    const repeating = tableFrom(
      [
        { city: 'Rome', year: 1 },
        { city: 'Rome', year: 2 },
      ],
      ['city', 'year'],
    );
    expect(await keyAfter([{ join }], unkeyed)).to.deep.equal([['name'], 0]);
    expect(await keyAfter([{ join: { ...join, allow: ['many', 'unmatched'] } }], repeating)).to.deep.equal([
      ['name', 'year'],
      0,
    ]);
    // Rows that nobody meant to multiply: told once of the rows, once of the key.
    expect(await keyAfter([{ join }], repeating)).to.deep.equal([[], 2]);
    const more = (name: string) => tableFrom([{ name, age: 1, city: 'Bern' }], ['name']);
    expect(await keyAfter([{ concat: ['cities'] }], more('Ed'))).to.deep.equal([['name'], 0]);
    expect(await keyAfter([{ concat: ['cities'] }], more('Ada'))).to.deep.equal([[], 1]);
    expect(await keyAfter([{ concat: ['cities'] }])).to.deep.equal([[], 0]);
  });

  it('rolls up, folds, unrolls, appends, takes the first of equals', async () => {
    expect(
      await after([{ rollup: { by: ['city'], columns: { n: 'count()', oldest: 'max(d.age)' } } }]),
    ).to.deep.equal([
      { city: 'London', n: 2, oldest: 36 },
      { city: 'Oslo', n: 1, oldest: null },
      { city: 'Rome', n: 1, oldest: 51 },
    ]);
    expect(
      await after([{ slice: [0, 1] }, { fold: { columns: ['age', 'city'], as: ['what', 'is'] } }]),
    ).to.deep.equal([
      { name: 'Ada', what: 'age', is: 36 },
      { name: 'Ada', what: 'city', is: 'London' },
    ]);
    expect(await after([{ dedupe: ['city'] }, { select: ['city'] }, { concat: ['cities'] }])).to.deep.equal([
      { city: 'London', people: null },
      { city: 'Oslo', people: null },
      { city: 'Rome', people: null },
      { city: 'Rome', people: 3 },
      { city: 'London', people: 9 },
    ]);
    const lists = tableFrom([
      { id: 1, xs: [1, 2] },
      { id: 2, xs: [3] },
    ]);
    const unrolled = await runStage('table', { verbs: [{ unroll: ['xs'] }] }, { inputs: { rows: lists } });
    expect(rowsOf(unrolled)).to.deep.equal([
      { id: 1, xs: 1 },
      { id: 1, xs: 2 },
      { id: 2, xs: 3 },
    ]);
  });

  it('keeps numbers as they are, NaN and infinities too', async () => {
    const numbers = tableFrom([{ x: NaN }, { x: -Infinity }, { x: 0.1 }]);
    const run = await runStage('table', { verbs: [{ derive: { y: 'd.x' } }] }, { inputs: { rows: numbers } });
    expect(rowsOf(run)).to.deep.equal([
      { x: NaN, y: NaN },
      { x: -Infinity, y: -Infinity },
      { x: 0.1, y: 0.1 },
    ]);
  });

  it('works on tables without rows', async () => {
    expect(
      await after([
        { filter: 'd.age > 99' },
        { derive: { x: 'd.age + 1' } },
        { join: { input: 'cities', on: ['city'] } },
      ]),
    ).to.deep.equal([]);
  });

  it('says what is wrong before it runs, each with its place', () => {
    const problems = problemsOf(
      'table',
      {
        verbs: [
          { filter: 'd.agee > 3 && d["citty"] == "d.text"' },
          { derive: { x: 'p => p.agee', y: 'd.age * random()' } },
          { select: ['name', 'agge'] },
          { join: { input: 'citys', on: ['name'] } },
        ],
      },
      { rows: shapeOf(people), cities: shapeOf(cities) },
    );
    expect(problems.slice(0, 2).map(({ path, message }) => [path.join('.'), message])).to.deep.equal([
      ['verbs.0.filter', 'no column `agee`'],
      ['verbs.0.filter', 'no column `citty`'],
    ]);
    expect(problems.map(({ message }) => message)).to.include.members([
      '`random()` gives another result each time',
      'no input `citys` in `from`',
    ]);
  });

  it('says that two columns would have one name', () => {
    const inputs = { rows: shapeOf(people), cities: shapeOf(tableFrom([{ city: 'Rome', age: 2000 }])) };
    const verbs = [{ join: { input: 'cities', on: ['city'] } }];
    expect(problemsOf('table', { verbs }, inputs).map(({ message }) => message)).to.deep.equal([
      'the result would have two columns `age`',
    ]);
    expect(problemsOf('table', { verbs: [{ rename: { name: 'city' } }] }, inputs)[0]?.message).to.equal(
      'the result would have two columns `city`',
    );
  });

  it('refuses what is no expression before it runs, with its place', () => {
    const [problem] = problemsOf(
      'table',
      { verbs: [{ filter: 'process.exit()' }] },
      { rows: shapeOf(people) },
    );
    expect(problem).to.deep.include({
      path: ['verbs', 0, 'filter'],
      message: 'functions are called by their name alone',
      span: { start: 0, end: 12 },
      found: 'process.exit, at character 1',
    });
  });

  it('wants a key that tells rows apart', async () => {
    expect(await failureOf(after([{ select: ['city'] }], { key: ['city'] }))).to.deep.include({
      code: 'key-not-unique',
      path: ['key'],
    });
  });
});

/** What people's own tables and habits made wrong, and neighbours of it. */
describe('a table stage on the data of people', () => {
  type Rows = Parameters<typeof tableFrom>[0];
  interface Case {
    readonly it: string;
    readonly rows: Rows;
    readonly other?: Rows;
    readonly verbs: readonly unknown[];
    /** More options of the stage. */
    readonly more?: Readonly<Record<string, unknown>>;
    readonly gives?: readonly unknown[];
    readonly warns?: RegExp;
    /** The message of a problem, or of the failure where it is known only then. */
    readonly refused?: RegExp;
  }
  const own = (...entries: readonly (readonly [string, unknown])[]) =>
    Object.fromEntries(entries) as Rows[number];
  const ties = [{ x: 3 }, { x: 3 }, { x: 1 }];
  const scores = [
    { id: 'a', lp: -1 },
    { id: 'a', lp: -3 },
    { id: 'b', lp: -9 },
    { id: 'b', lp: -8 },
  ];
  const two = (format: string, item: string, more: object) => ({ format, item, ...more });
  const left = [
    two('chat', 'one', { score: 1 }),
    two('plain', 'one', { score: 2 }),
    two('chat', 'two', { score: 3 }),
  ];
  const right = [
    two('chat', 'one', { human: 10 }),
    two('plain', 'one', { human: 20 }),
    two('chat', 'two', { human: 30 }),
  ];
  const on = ['format', 'item'];
  const cases: readonly Case[] = [
    {
      it: 'ranks equal rows alike after orderby',
      rows: ties,
      verbs: [{ orderby: ['-x'] }, { derive: { rank: 'rank()', dense: 'dense_rank()', avg: 'avg_rank()' } }],
      gives: [
        { x: 3, rank: 1, dense: 1, avg: 1.5 },
        { x: 3, rank: 1, dense: 1, avg: 1.5 },
        { x: 1, rank: 3, dense: 2, avg: 3 },
      ],
    },
    {
      it: 'keeps the order for ranks through other verbs',
      rows: [
        { x: 3, g: 1 },
        { x: 3, g: 2 },
        { x: 1, g: 1 },
        { x: 9, g: 1 },
      ],
      verbs: [
        { orderby: ['x'] },
        { filter: 'd.x < 9' },
        { rename: { x: 'y' } },
        { drop: ['y'] },
        { derive: { r: 'rank()' } },
      ],
      gives: [
        { g: 1, r: 1 },
        { g: 1, r: 2 },
        { g: 2, r: 2 },
      ],
    },
    {
      it: 'does not rank by nothing',
      rows: ties,
      verbs: [{ derive: { r: 'rank()' } }],
      refused: /nothing says by what/,
    },
    {
      it: 'does not rank after rows were appended',
      rows: ties,
      other: ties,
      verbs: [{ orderby: ['x'] }, { concat: ['other'] }, { derive: { r: 'rank()' } }],
      refused: /nothing says by what/,
    },
    {
      it: 'finds the best of each item, and its share',
      rows: scores,
      verbs: [
        { groupby: ['id'] },
        { derive: { best: 'max(d.lp)', n: 'count()' } },
        { groupby: [] },
        { derive: { all: 'max(d.lp)' } },
      ],
      gives: scores.map(({ id, lp }) => ({ id, lp, best: id === 'a' ? -1 : -8, n: 2, all: -1 })),
    },
    {
      it: 'keeps groups when their column goes',
      rows: scores,
      verbs: [{ groupby: ['id'] }, { drop: ['id'] }, { filter: 'd.lp == max(d.lp)' }],
      gives: [{ lp: -1 }, { lp: -8 }],
    },
    {
      it: 'does not roll up by a column that is gone',
      rows: scores,
      verbs: [{ groupby: ['id'] }, { drop: ['id'] }, { rollup: { columns: { n: 'count()' } } }],
      refused: /no column any more/,
    },
    {
      it: 'rolls up by a column that got another name',
      rows: scores,
      verbs: [{ groupby: ['id'] }, { rename: { id: 'item' } }, { rollup: { columns: { n: 'count()' } } }],
      gives: [
        { item: 'a', n: 2 },
        { item: 'b', n: 2 },
      ],
    },
    {
      it: 'counts characters as people do',
      rows: [{ t: '🙂🙂' }, { t: 'abcd' }],
      verbs: [{ derive: { n: 'length(d.t)', one: 'substring(d.t, 0, 1)' } }],
      gives: [
        { t: '🙂🙂', n: 2, one: '🙂' },
        { t: 'abcd', n: 4, one: 'a' },
      ],
    },
    {
      it: 'folds onto a name that it takes',
      rows: [{ id: 1, a: 10, b: 20 }],
      verbs: [{ fold: { columns: ['a', 'b'], as: ['a', 'value'] } }],
      gives: [
        { id: 1, a: 'a', value: 10 },
        { id: 1, a: 'b', value: 20 },
      ],
    },
    {
      it: 'does not fold onto a name that stays',
      rows: [{ id: 1, a: 10, b: 20 }],
      verbs: [{ fold: { columns: ['a', 'b'], as: ['id', 'value'] } }],
      refused: /two columns `id`/,
    },
    {
      it: 'does not fold names and values into one column',
      rows: [{ id: 1, a: 10 }],
      verbs: [{ fold: { columns: ['a'], as: ['x', 'x'] } }],
      refused: /two columns `x`/,
    },
    {
      it: 'tells rows with quotes apart',
      rows: [
        { s: 'x"|"y', t: 'z' },
        { s: 'x', t: 'y"|"z' },
      ],
      verbs: [{ rollup: { by: ['s', 't'], columns: { n: 'count()' } } }],
      gives: [
        { s: 'x"|"y', t: 'z', n: 1 },
        { s: 'x', t: 'y"|"z', n: 1 },
      ],
    },
    {
      it: 'counts 1 and "1", and null and "null", as different',
      rows: [{ s: 1 }, { s: '1' }, { s: null }, { s: 'null' }, { s: [1] }, { s: '[1]' }],
      verbs: [{ dedupe: ['s'] }, { rollup: { columns: { n: 'distinct(d.s)', all: 'count()' } } }],
      gives: [{ n: 5, all: 6 }],
    },
    {
      it: 'takes infinities for what they are',
      rows: [{ x: 1 }, { x: 2 }, { x: Infinity }],
      verbs: [{ rollup: { columns: { mean: 'mean(d.x)', median: 'median(d.x)', sd: 'stdev(d.x)' } } }],
      gives: [{ mean: Infinity, median: 2, sd: null }],
    },
    {
      it: 'dates in UTC',
      rows: [{ day: '2024-01-01' }],
      verbs: [{ derive: { y: 'year(parse_date(d.day))', d: 'datetime(2024, 0, 1)' } }],
      gives: [{ day: '2024-01-01', y: 2024, d: '2024-01-01T00:00:00.000Z' }],
    },
    {
      it: 'joins on two columns',
      rows: left,
      other: right,
      verbs: [{ join: { input: 'other', on } }],
      gives: left.map((row, n) => ({ ...row, human: (n + 1) * 10 })),
    },
    {
      it: 'joins on two columns, left',
      rows: left,
      other: right.slice(1),
      verbs: [{ join: { input: 'other', on, how: 'left' } }],
      gives: left.map((row, n) => ({ ...row, human: n === 0 ? null : (n + 1) * 10 })),
    },
    {
      it: 'joins on two columns, semi',
      rows: left,
      other: right.slice(1),
      verbs: [{ join: { input: 'other', on, how: 'semi' } }],
      gives: left.slice(1),
    },
    {
      it: 'joins on two columns, anti',
      rows: left,
      other: right,
      verbs: [{ join: { input: 'other', on, how: 'anti' } }],
      gives: [],
      warns: /no row is left of 3/,
    },
    {
      it: 'warns of a join that multiplies rows',
      rows: left,
      other: [...right, ...right],
      verbs: [{ join: { input: 'other', on } }],
      warns: /3 of 3 rows have several matches in `other`: 3 rows became 6/,
    },
    {
      it: 'multiplies rows where that is meant',
      rows: left,
      other: [...right, ...right],
      verbs: [{ join: { input: 'other', on, allow: 'many' } }, { rollup: { columns: { n: 'count()' } } }],
      gives: [{ n: 6 }],
    },
    {
      it: 'does not join text with numbers',
      rows: [{ item: 1 }],
      other: [{ item: '1' }],
      verbs: [{ join: { input: 'other', on: ['item'] } }],
      refused: /another type in `other`/,
    },
    {
      it: 'does not join text with numbers among others',
      rows: [{ item: 1 }, { item: 'b' }],
      other: [{ item: '1' }, { item: 2 }],
      verbs: [{ join: { input: 'other', on: ['item'] } }],
      refused: /is the number 1 in one table and the text "1" in `other`/,
    },
    {
      it: 'does not join where columns would share a name',
      rows: left,
      other: [{ format: 'chat', score: 5 }],
      verbs: [{ join: { input: 'other', on: ['format'] } }],
      refused: /two columns `score`/,
    },
    {
      it: 'matches nothing to what is missing, and says so',
      rows: [
        { k: null, v: 1 },
        { k: 'a', v: 2 },
      ],
      other: [
        { k: null, w: 1 },
        { k: 'a', w: 2 },
      ],
      verbs: [{ join: { input: 'other', on: ['k'] } }],
      gives: [{ k: 'a', v: 2, w: 2 }],
      warns: /1 of 2 rows have no k; they match nothing and are gone/,
    },
    {
      it: 'appends numbers to integers',
      rows: [{ s: 1 }, { s: 2 }],
      other: [{ s: 2.5 }],
      verbs: [{ concat: ['other'] }],
      gives: [{ s: 1 }, { s: 2 }, { s: 2.5 }],
    },
    {
      it: 'does not append numbers to texts',
      rows: [{ s: 'a' }],
      other: [{ s: 2.5 }],
      verbs: [{ concat: ['other'] }],
      refused: /column `s` is of another type in `other`/,
    },
    {
      it: 'does not append derived numbers to texts',
      rows: [{ s: 'a' }],
      other: [{ s: 2.5 }],
      verbs: [{ derive: { s: 'd.s ?? 1' } }, { concat: ['other'] }],
      refused: /column `s` is of another type in `other`/,
    },
    {
      it: 'says that nothing is left',
      rows: [{ topic: 'Geography' }, { topic: 'Maths' }],
      verbs: [{ filter: "d.topic == 'geography'" }],
      gives: [],
      warns: /verbs\[0\].filter: no row is left of 2/,
    },
    {
      it: 'says nothing where nothing may be left',
      rows: [{ x: 1 }],
      verbs: [{ filter: 'd.x > 1' }],
      more: { allow: 'empty' },
      gives: [],
    },
    {
      it: 'drops null by a filter, and says how many',
      rows: [{ x: 1 }, { x: null }, { x: 9 }],
      verbs: [{ filter: 'd.x < 5' }],
      gives: [{ x: 1 }],
      warns: /for 1 of 3 rows the condition is null/,
    },
    {
      it: 'warns of rows without a label',
      rows: [
        { g: null, x: 1 },
        { g: 'a', x: 2 },
      ],
      verbs: [{ rollup: { by: ['g'], columns: { n: 'count()' } } }],
      gives: [
        { g: null, n: 1 },
        { g: 'a', n: 1 },
      ],
      warns: /1 of 2 rows have no `g`/,
    },
    {
      it: 'warns of numbers that are sorted as text',
      rows: [{ x: '10' }, { x: '9' }],
      verbs: [{ orderby: ['x'] }],
      gives: [{ x: '10' }, { x: '9' }],
      warns: /numbers as text/,
    },
    {
      it: 'warns of a column of several kinds that is sorted',
      rows: [{ x: 'b' }, { x: 9 }, { x: true }],
      verbs: [{ orderby: ['x'] }],
      gives: [{ x: true }, { x: 9 }, { x: 'b' }],
      warns: /several kinds/,
    },
    {
      it: 'warns of empty lists that are unrolled',
      rows: [{ l: [1] }, { l: [] }, { l: null }],
      verbs: [{ unroll: ['l'] }],
      gives: [{ l: 1 }],
      warns: /2 of 3 rows have no list/,
    },
    {
      it: 'does not unroll what is no list',
      rows: [{ l: [1] }, { l: 2 }],
      verbs: [{ unroll: ['l'] }],
      refused: /no list/,
    },
    {
      it: 'does not unroll lists of other lengths side by side',
      rows: [{ k: [1], l: [1, 2] }],
      verbs: [{ unroll: ['k', 'l'] }],
      refused: /different lengths/,
    },
    {
      it: 'computes on columns of hostile names',
      rows: [
        own(['constructor', 'Ferrari'], ['__proto__', 1]),
        own(['constructor', 'McLaren'], ['__proto__', 2]),
      ],
      verbs: [
        { derive: own(['toString', 'd.__proto__ + 1'], ['hasOwnProperty', 'd.constructor']) },
        { filter: 'd.toString > 2' },
        { select: ['hasOwnProperty', '__proto__'] },
      ],
      gives: [own(['hasOwnProperty', 'McLaren'], ['__proto__', 2])],
    },
    {
      it: 'keeps the order of new names',
      rows: [{ q: 1 }],
      verbs: [
        { derive: { zeta: 'd.q + 1', alpha: 'd.q + 2' } },
        { fold: { columns: ['q', 'zeta', 'alpha'], as: ['k', 'v'] } },
      ],
      gives: [
        { k: 'q', v: 1 },
        { k: 'zeta', v: 2 },
        { k: 'alpha', v: 3 },
      ],
    },
    {
      it: 'refuses expressions that are programs',
      rows: [{ q: 'a' }],
      verbs: [{ derive: { z: 'match("", {__proto__: /x/, exec: ""["constructor"]["constructor"]}, null)' } }],
      refused: /unexpected `\{`/,
    },
    {
      it: 'refuses regular expressions',
      rows: [{ q: 'a' }],
      verbs: [{ derive: { z: "match('aaaaaaaaaaaaaaab', /(a+)+$/, 0)" } }],
      refused: /unexpected `\/`/,
    },
  ];
  for (const { it: title, rows, other, verbs, more = {}, gives, warns, refused } of cases) {
    it(title, async () => {
      const inputs = { rows: tableFrom(rows), ...(other !== undefined && { other: tableFrom(other) }) };
      const options = { verbs, ...more } as never;
      const shapes = Object.fromEntries(
        Object.entries(inputs).map(([name, input]) => [name, shapeOf(input)]),
      );
      const problems = problemsOf('table', options, shapes);
      if (refused !== undefined) {
        const { message, path } = problems[0] ?? (await failureOf(runStage('table', options, { inputs })));
        expect(message).to.match(refused);
        expect(path?.slice(0, 1)).to.deep.equal(['verbs']);
        return;
      }
      const run = await runStage('table', options, { inputs });
      if (gives !== undefined) expect(rowsOf(run)).to.deep.equal(gives);
      if (warns === undefined) expect(run.warnings).to.deep.equal([]);
      else expect(run.warnings.join('\n')).to.match(warns);
    });
  }

  it('keeps the types of columns that have no rows', async () => {
    const empty = {
      type: 'table',
      table: {
        columns: [
          { name: 'x', type: 'integer' },
          { name: 's', type: 'string' },
        ],
        key: [],
        rows: [],
      },
    } as const;
    const run = await runStage(
      'table',
      { verbs: [{ derive: { y: 'd.x / 2', t: 'd.s + "!"', b: 'd.x > 1' } }, { concat: ['rows'] }] },
      { inputs: { rows: empty } },
    );
    expect(run.artifact)
      .to.have.nested.property('table.columns')
      .deep.equal([
        { name: 'x', type: 'integer' },
        { name: 's', type: 'string' },
        { name: 'y', type: 'number' },
        { name: 't', type: 'string' },
        { name: 'b', type: 'boolean' },
      ]);
  });
});
