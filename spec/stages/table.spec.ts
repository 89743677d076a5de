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
