import { expect } from 'chai';
import { failureIn, problems, values } from './rig.ts';

/** Closed forms of what no other implementation has in this form: what `answers.spec.ts` does not hold. */
const results: readonly (readonly [expression: string, result: unknown])[] = [
  ['bin(3, 0, 10, 2)', 2],
  ['bin(3, 0, 10, 2, 1)', 4],
  ['bin(-1, 0, 10, 2)', -Infinity],
  ['bin(11, 0, 10, 2)', Infinity],
  ['bins(d.x)[2] > 0', true],
  ['text(1.5) + text(true) + text("a") + text(parse_date("2024"))', '1.5truea2024-01-01T00:00:00.000Z'],
  ['`${d.x}${null}`', null],
  ['`x is ${d.x}!`', 'x is 1!'],
  ['to_json([1, "a", null, true])', '[1,"a",null,true]'],
  [String.raw`parse_json("{\"a\":[1,{\"b\":null}]}").a[1].b`, null],
  ['parse_json("{}").a ?? 7', 7],
  ['has(parse_json("{\\"a\\":1}"), "a")', true],
  ['has(parse_json("{\\"a\\":1}"), "constructor")', false],
  ['has(parse_json("{\\"__proto__\\":1}"), "__proto__")', true],
  ['keys(parse_json("{\\"b\\":1,\\"__proto__\\":2}"))', ['b', '__proto__']],
  ['values(parse_json("{\\"b\\":1,\\"a\\":2}"))', [1, 2]],
  ['entries(parse_json("{\\"b\\":1}"))', [['b', 1]]],
  ['to_json(object([["a", 1], ["__proto__", 2]]))', '{"a":1,"__proto__":2}'],
  ['pluck(parse_json("[{\\"a\\":1},{},{\\"a\\":3}]"), "a")', [1, null, 3]],
  ['pluck(parse_json("[{},{}]"), "toString")', [null, null]],
  ['recode("b", parse_json("{\\"b\\":1}"))', 1],
  ['recode("toString", parse_json("{\\"b\\":1}"), 0)', 0],
  ['recode("c", parse_json("{\\"b\\":1}"))', 'c'],
  ['equal(1, 1)', true],
  ['equal(1, "1")', false],
  ['equal(null, null)', false],
  ['equal(NaN, NaN)', false],
  ['equal([1, [2]], [1, [2]])', true],
  ['null === null', true],
  ['NaN === NaN', true],
  ['1 === "1"', false],
  ['1 !== "1"', true],
  ['NaN < 1', null],
  ['NaN == NaN', null],
  ['NaN + 1', NaN],
  ['is_nan(null)', false],
  ['is_finite(null)', false],
  ['NaN ?? 3', 3],
  ['null ? 1 : 2', null],
  ['-null', null],
  ['!null', null],
  ['abs(null)', null],
  ['includes([1, 2], null)', null],
  ['parse_float("abc", null)', null],
  ['parse_float("12abc", -1)', -1],
  ['parse_float("0x1F", -1)', -1],
  ['parse_float("", -1)', -1],
  ['2 ** 3 ** 2', 512],
  ['(-2) ** 2', 4],
  ['7 - 2 - 1', 4],
  ['1 + 2 * 3 % 2', 1],
  ['1 < 2 == true', true],
  ['true || null && false', true],
  ['false ? 1 : true ? 2 : 3', 2],
  ['utcyear(datetime(99, 0, 1))', 99],
  ['datetime(2024, 12, 1)', '2025-01-01T00:00:00.000Z'],
  ['utcdatetime(2024, 1, 29, 1, 2, 3, 4)', '2024-02-29T01:02:03.004Z'],
  [
    '[utcmonth(0), utcdate(0), utchours(0), utcquarter(0), utcdayofweek(0), utcdayofyear(0)]',
    [0, 1, 0, 0, 4, 1],
  ],
  ['[utcminutes(61000), utcseconds(61000), utcmilliseconds(61001), utcweek(0)]', [1, 1, 1, 0]],
  ['array_agg(parse_date("2024"))', ['2024-01-01T00:00:00.000Z']],
  ['"a" < "b" && "Z" < "a" && "ｚ" < "😀"', true],
  ['mean([d.x][0])', 1],
  ['sum(d.x - mean(d.x))', 0],
  ['mode(d.x) + any(d.x)', 2],
  ['to_json(object_agg("k", d.x))', '{"k":1}'],
  ['entries_agg("k", d.x)', [['k', 1]]],
];

describe('expressions', () => {
  for (const [expression, result] of results) {
    it(`give ${JSON.stringify(result)}: ${expression}`, () => {
      expect(problems(expression), 'problems').to.deep.equal([]);
      expect(values(expression)).to.deep.equal([result]);
    });
  }

  it('keep the mean of numbers whose sum is too large', () => {
    const rows = [{ x: 1.7e308 }, { x: 1.7e308 }];
    expect(values('mean(d.x)', rows)).to.deep.equal([1.7e308, 1.7e308]);
    expect(values('median(d.x)', [{ x: -1.7e308 }, { x: 1.7e308 }])[0]).to.equal(0);
  });

  it('are null, not NaN, where there are too few values, and 0 or 1 for sums and products of nothing', () => {
    const undefinedOf = [
      'stdev',
      'variance',
      'covariance',
      'corr',
      'mean',
      'median',
      'min',
      'max',
      'mode',
      'any',
    ];
    const none = [
      { x: null, y: null },
      { x: NaN, y: 1 },
    ];
    for (const name of undefinedOf) {
      const call = name.startsWith('co') ? `${name}(d.x, d.y)` : `${name}(d.x)`;
      expect(values(call, none), name).to.deep.equal([null, null]);
    }
    for (const call of ['stdev(d.x)', 'variance(d.x)', 'corr(d.x, d.x)', 'covariance(d.x, d.x)']) {
      expect(values(call), call).to.deep.equal([null]);
    }
    expect(
      values('corr(d.x, d.y)', [
        { x: 1, y: 1 },
        { x: 1, y: 2 },
      ]),
    ).to.deep.equal([null, null]);
    expect(
      values('[sum(d.x), product(d.x), distinct(d.x), valid(d.x), invalid(d.x)]', none)[0],
    ).to.deep.equal([0, 1, 0, 0, 2]);
    expect(values('[stdevp(d.x), variancep(d.x)]')).to.deep.equal([[0, 0]]);
  });

  it('find bins of round edges that hold all values', () => {
    const rows = Array.from({ length: 50 }, (_, n) => ({ x: 3 + n * 0.37 }));
    const [low = NaN, high = NaN, step = NaN] = values('bins(d.x)', rows)[0] as readonly number[];
    expect(low).to.be.at.most(3);
    expect(high).to.be.at.least(3 + 49 * 0.37);
    expect((high - low) / step).to.be.at.most(15);
    expect([2, 22]).to.deep.equal([step, high]);
  });

  const refusals: readonly (readonly [expression: string, message: RegExp])[] = [
    ['parse_float("12abc")', /no number/],
    ['parse_int("1.5")', /no whole number/],
    ['parse_int("99999999999999999999")', /more digits/],
    ['parse_int("12", 99)', /not a base/],
    ['parse_date("2024-02-30")', /no date/],
    ['parse_date("yesterday")', /no date/],
    ['datetime(300000)', /no such date/],
    ['repeat("ab", -1)', /not a count/],
    ['repeat("ab", 1e9)', /too long/],
    ['padstart("ab", 1e9)', /too long/],
    ['sequence(1e9)', /too long/],
    ['sequence(0, 1, 0)', /too long/],
    ['includes(["1"], d.x)', /types differ/],
    ['includes("abc", 1)', /only texts/],
    ['normalize("a", "NFX")', /no such form/],
    ['parse_json("[")', /not valid JSON/],
    [String.raw`parse_json("\"\\ud800\"")`, /half a character/],
    ['parse_json("12345678901234567890")', /more digits/],
    ['to_json(NaN)', /no such number/],
    ['object([["a", 1], ["a", 2]])', /twice/],
    ['object_agg(d.x, 1) === object([[null, 1]])', /name of an object/],
    ['quantile(d.x, 2)', /not a share/],
    ['lag(d.x, 0.5)', /not an offset/],
    ['nth_value(d.x, 0)', /not a place/],
    ['min(d.x > 0 ? 1 : "a") == [1][0] && max([d.x, "a"][1]) == 1', /types differ/],
    ['[1, 2].a', /has no part/],
    ['upper(parse_json("1"))', /`text` of `upper`/],
    ['parse_json("1") && true', /types differ/],
    ['parse_json("\\"1\\"") + d.x', /types differ/],
    ['parse_json("1") ? 1 : 2', /asks for true or false/],
    ['join([[1]])', /no text/],
  ];
  for (const [expression, message] of refusals) {
    it(`are refused in the row at fault, with their place: ${expression}`, () => {
      const known = problems(expression);
      const details = known[0] ?? failureIn(() => values(expression));
      expect(details.message).to.match(message);
      expect(details.span!.end).to.be.within(1, expression.length);
      expect(details.span!.start).to.be.within(0, details.span!.end - 1);
      if (known.length === 0) expect(details).to.include({ code: 'expression-failed', blame: 'user' });
    });
  }

  it('name the row, counted from 1', () => {
    const rows = [{ x: '1' }, { x: 'b' }];
    expect(failureIn(() => values('parse_float(d.x) + 1', rows))).to.deep.include({
      where: 'row 2',
      path: ['verbs', 0, 'derive', 'result'],
      span: { start: 0, end: 16 },
    });
  });

  it('compute in the same steps whatever the time zone of the process', () => {
    const zone = process.env['TZ'];
    try {
      const results = ['UTC', 'America/New_York', 'Pacific/Apia'].map((name) => {
        process.env['TZ'] = name;
        return values(
          '[year(parse_date("2024-01-01")), hours("2024-01-01T05:00"), format_date(0), timestamp(datetime(2024, 0, 1))]',
        );
      });
      expect(results[1]).to.deep.equal(results[0]);
      expect(results[2]).to.deep.equal(results[0]);
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });
});
