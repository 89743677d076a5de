import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { apply, failureIn, problems, stepProblems, values } from './rig.ts';

/** Programs that people write to get out of a language that is JavaScript underneath. */
const attacks: readonly string[] = [
  'process.exit()',
  'globalThis.PWNED = 1',
  'eval("PWNED = 1")',
  'Function("PWNED = 1")()',
  'new Function("PWNED = 1")()',
  'import("node:fs")',
  'require("fs")',
  '(() => { PWNED = 1 })()',
  'd => { PWNED = 1 }',
  'function () { PWNED = 1 }',
  'd["constructor"]["constructor"]("PWNED = 1")()',
  '"".constructor.constructor("PWNED = 1")()',
  '[].map.constructor("PWNED = 1")()',
  '[]["filter"]["constructor"]("PWNED = 1")()',
  'd.__proto__.polluted = 1',
  '{ __proto__: { polluted: 1 } }',
  '({ __proto__: { polluted: 1 } })',
  'mean.constructor("PWNED = 1")()',
  'mean["constructor"]("PWNED = 1")',
  'op.constructor("PWNED = 1")',
  'op["mean"](d.x)',
  'op.mean.call(null, d.x)',
  'this.constructor',
  'this["process"]',
  'arguments[0]',
  'd.x = 5',
  'd.x += 5',
  'd.x++',
  '--d.x',
  'delete d.x',
  'void 0',
  'typeof d.x',
  '"x" in d',
  'd instanceof Object',
  'd.x, d.x',
  'd.x; d.x',
  'let y = 1',
  'throw 1',
  'await d.x',
  'yield d.x',
  'async () => 1',
  '[...d.x]',
  'mean(...[1])',
  'String.raw`x`',
  'd.x`x`',
  '`${process.exit()}`',
  '`${`${`${`${1}`}`}`}`',
  '/(a+)+$/',
  'match("aaaa", /(a+)+$/, 0)',
  'match("a", "PWNED", null)',
  'replace("a", /a/g, "b")',
  'd.\\u0063onstructor',
  'd[`x`]',
  'd["x" + "y"]',
  'd[d.x]',
  'd[[0]]',
  'd["x"]["__proto__"]()',
  'd?.x',
  'd.x?.y',
  'd.#x',
  '<!-- x',
  'd.x // comment',
  'd.x /* comment */',
  '1n',
  '0x10',
  '0b1',
  '1_000',
  '"\\ud83d"',
  '"\\q"',
  '"open',
  "'open",
  '`open ${d.x',
  '',
  '   ',
  ')',
  '(',
  '[',
  'd',
  'd.',
  'd["x"',
  'mean(',
  'mean(d.x',
  'mean(,)',
  '? :',
  'd.x ? 1',
  'd.x ?',
  '+',
  '* 2',
  'now()',
  'random()',
  'op.now()',
  'op . random ( )',
  'datetime()',
  'utcdatetime()',
  'd.x & 1',
  'd.x | 1',
  'd.x ^ 2',
  '~d.x',
  'd.x << 1',
  'd.x >>> 1',
  'd.x <> 1',
  'd.x and d.x',
  'not d.x',
  'Math.random()',
  'Date.now()',
  'JSON.parse("{}")',
  'Object.keys(d)',
  'toLocaleString(d.x)',
  'd.x.toString()',
  'undefined',
  'd.x \u202E',
  '\0',
  'd.x\u200B',
  '#',
  '@x',
  'x => y => x',
  '(a, b) => a.x',
  '({ x }) => x',
  '([x]) => x',
];

describe('an expression', () => {
  for (const attack of attacks) {
    it(`is refused with its place: ${JSON.stringify(attack)}`, () => {
      const [first] = problems(attack);
      expect(first?.path).to.deep.equal(['verbs', 0, 'derive', 'result']);
      expect(first!.span!.start).to.be.within(0, attack.length);
      expect(first!.span!.end).to.be.within(first!.span!.start, attack.length);
      expect(first!.message).not.to.match(/Internal error/);
      expect(first).to.have.any.keys('expected', 'next', 'found');
      expect(globalThis).not.to.have.property('PWNED');
      expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined);
    });
  }

  it('cannot be nested or chained without end, and says so in no time', () => {
    const deep: readonly string[] = [
      '('.repeat(3000) + '1' + ')'.repeat(3000),
      '!'.repeat(9000) + 'true',
      '- '.repeat(4500) + '1',
      '['.repeat(5000) + ']'.repeat(5000),
      'abs('.repeat(2000) + '1' + ')'.repeat(2000),
      'd.x' + '.a'.repeat(4000),
      Array.from({ length: 3000 }, () => '1').join('+'),
      Array.from({ length: 3000 }, () => '2').join('**'),
      Array.from({ length: 2000 }, () => 'true ? 1 : ').join('') + '1',
      '`${'.repeat(3000),
      'x'.repeat(20_000),
    ];
    for (const expression of deep) {
      expect(problems(expression)[0]?.message, expression.slice(0, 20)).to.match(/too deep|too long/);
    }
    const long = Array.from({ length: 300 }, (_, n) => `d.x == ${n}`).join(' || ');
    expect(values(long)).to.deep.equal([true]);
  });

  it('cannot take more than its share of work', () => {
    const costly: readonly string[] = [
      'length(repeat(repeat(repeat("a", 1e3), 1e3), 1e2))',
      'length(join(sequence(1e6), ",")) + length(join(sequence(1e6), ",")) + length(join(sequence(1e6), ","))',
      'length(concat(sequence(1e6), sequence(1e6), sequence(1e6), sequence(1e6)))',
      'includes(repeat("a", 9e6), repeat("a", 1e6) + "b" + repeat("a", 1e6))',
      'split(repeat("a", 1e7), "")',
    ];
    for (const expression of costly) {
      const rows = Array.from({ length: 200 }, (_, x) => ({ x }));
      try {
        values(expression, rows);
      } catch (error) {
        expect((error as Error).message).to.match(/too much work|too long/);
      }
    }
    const square = Array.from({ length: 20_000 }, (_, x) => ({ x }));
    expect(failureIn(() => values('array_agg(d.x)', square)).message).to.match(/too much work/);
  });

  it('reads columns of any name, in any script', () => {
    const names = [
      'größe',
      '質問',
      'ключ',
      'he said "x"',
      "it's",
      'a\\b',
      'a.b',
      '',
      ' ',
      '0',
      'mean',
      'null',
      'd',
      '🙂',
    ];
    const hostile = [
      'constructor',
      '__proto__',
      'toString',
      'hasOwnProperty',
      'then',
      'valueOf',
      '__defineGetter__',
    ];
    for (const name of [...names, ...hostile]) {
      const row = Object.fromEntries([[name, 7]]);
      expect(values(`d[${JSON.stringify(name)}] + 1`, [row]), name).to.deep.equal([8]);
      expect(values(`mean(d[${JSON.stringify(name)}])`, [row]), name).to.deep.equal([7]);
      if (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name))
        expect(values(`d.${name}`, [row]), name).to.deep.equal([7]);
      expect(problems(`d[${JSON.stringify(name)}]`)[0]?.message).to.equal(`no column \`${name}\``);
    }
    expect(values('d[0]', [{ '0': 5 }])).to.deep.equal([5]);
    expect(values('row => row.x + 1')).to.deep.equal([2]);
    expect(values('(größe) => größe.x')).to.deep.equal([1]);
    expect(values('"d.y and now(" + text(d.x)')).to.deep.equal(['d.y and now(1']);
  });

  it('tells names that are near, types that differ, and what to write', () => {
    const rows = [{ score: 1, name: 'a', list: [1] }];
    const told = (expression: string) => {
      const [{ message, next, candidates = [] } = { message: 'nothing' }] = problems(expression, rows);
      return { message, next, candidates };
    };
    expect(told('d.scor').candidates).to.include('score');
    expect(told('meen(d.score)').candidates).to.include('mean');
    expect(told('score > 1').next).to.equal('write `d.score`');
    expect(told('std(d.score)').next).to.equal('here it is called `stdev`');
    expect(told('d.score = 1').next).to.equal('write `==` to compare');
    expect(told('d.score & 1').next).to.equal('write `&&` for and');
    expect(told('d.name == 1').message).to.match(/types differ/);
    expect(told('d.name + d.score').next).to.match(/`text`.*`parse_float`/);
    expect(told('1 < d.score < 3').next).to.equal('compare twice: `1 < d.x && d.x < 5`');
    expect(told('mean(d.name)').message).to.equal('`x` of `mean` is a number or true or false');
    expect(told('d.name.length').next).to.equal('write `length(...)`');
    expect(told('d.name.trim()').message).to.equal('functions are called by their name alone');
    expect(told('count(d.score)').next).to.match(/`valid\(d.x\)`/);
    expect(told('rank()').next).to.match(/`orderby`/);
    expect(told('d.score && true').next).to.match(/compare first/);
    expect(told('quantile(d.score, d.score)').message).to.match(/the same for all rows/);
    expect(stepProblems([{ filter: 'd.score' }], rows)[0]?.message).to.equal(
      'a filter asks for true or false',
    );
    expect(stepProblems([{ rollup: { columns: { x: 'd.score' } } }], rows)[0]?.expected).to.match(
      /an aggregate/,
    );
    expect(stepProblems([{ rollup: { by: ['score'], columns: { x: 'd.score + 1' } } }], rows)).to.deep.equal(
      [],
    );
    expect(
      stepProblems([{ rollup: { columns: { x: 'max(lag(d.score))', y: 'lag(max(d.score))' } } }], rows),
    ).to.have.length(1);
  });

  it('counts places in UTF-16 units from 0 for programs, in characters from 1 for people', () => {
    expect(problems('"🙂" + d.y')[0]).to.deep.include({ span: { start: 7, end: 10 } });
    expect(problems('"🙂" + 1')[0]?.found).to.equal('text and a number, at character 1');
    expect(problems('"🙂" == )')[0]?.found).to.equal('), at character 8');
  });

  it('computes in a process that makes no code from text', () => {
    const script = `
      import { apply } from './spec/table/rig.ts';
      const rows = [{ g: 'a', x: 1, l: [1] }, { g: 'b', x: 2, l: [2, 3] }];
      const { table } = apply(rows, [
        { orderby: ['-x'] }, { groupby: ['g'] }, { derive: { r: 'rank()', m: 'mean(d.x) + length(d.l)', t: '"a" + text(d.x)' } },
        { filter: 'd.x > 0' }, { join: { input: 'rows', on: ['g'], how: 'semi' } }, { unroll: ['l'] }, { dedupe: ['x', 'l'] },
        { rename: { m: 'mean' } }, { fold: { columns: ['r', 'mean'], as: ['k', 'v'] } }, { slice: [0, 99] },
        { rollup: { by: ['g'], columns: { n: 'count()', v: 'max(d.v)' } } }, { select: ['g', 'n', 'v'] }, { concat: ['rows'] },
      ], { rows });
      let refused = false;
      try { Function('return 1')(); } catch { refused = true; }
      console.log(JSON.stringify({ refused, rows: table.rows.length }));
    `;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--import=tsx', '--disallow-code-generation-from-strings', '--input-type=module', '--eval', script],
      { encoding: 'utf8', cwd: new URL('../..', import.meta.url).pathname },
    );
    expect(stderr).to.equal('');
    expect(JSON.parse(stdout)).to.deep.equal({ refused: true, rows: 4 });
  });

  it('leaves nothing behind in the objects of the process', () => {
    const before = Object.getOwnPropertyNames(Object.prototype).length;
    const row = JSON.parse('{"__proto__": {"x": 1}, "k": "__proto__"}') as Record<string, never>;
    apply(
      [row],
      [
        {
          derive: {
            o: 'object_agg(d.k, 1)',
            p: 'object([["__proto__", 1]])',
            __proto__x: 'd.__proto__.x',
            constructor: '1',
          },
        },
        { rename: { constructor: '__proto__y' } },
        { rollup: { by: ['__proto__'], columns: { toString: 'count()' } } },
      ],
    );
    expect(Object.getOwnPropertyNames(Object.prototype)).to.have.length(before);
    expect(({} as Record<string, unknown>)['x']).to.equal(undefined);
  });
});
