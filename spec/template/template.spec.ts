import { expect } from 'chai';
import fc from 'fast-check';
import { Failure } from '../../src/system/failure.ts';
import { any, knownOfShape, type KnownNames } from '../../src/template/known.ts';
import { checkTemplate, compileTemplate } from '../../src/template/template.ts';

const known: KnownNames = new Map([
  ['question', { type: 'text' }],
  ['correlation', any],
  [
    'ranking',
    knownOfShape({
      type: 'table',
      key: ['format'],
      columns: [
        { name: 'format', type: 'string' },
        { name: 'mean', type: 'number' },
        { name: 'top', type: 'json' },
      ],
    }),
  ],
]);

function render(source: string, values: Parameters<ReturnType<typeof compileTemplate>['render']>[0]): string {
  return compileTemplate(source, ['template']).render(values);
}

function messages(source: string): readonly string[] {
  return checkTemplate(source, ['template'], known).map(({ message }) => message);
}

describe('a template that is checked', () => {
  for (const source of [
    'no names at all, { not even this }',
    '{{ question }} {{ question | upper | trim }}',
    '{% for row in ranking %}{{ loop.index }} {{ row.format }} {{ fixed(row.mean, 2) }}{% endfor %}',
    '{% for row in ranking[:3] | reverse if row.mean < 0 %}{{ row["format"] }}{% else %}{{ question }}{% endfor %}',
    '{{ ranking[0].format }} {{ (ranking | first).format }} {{ ranking | length }}',
    '{{ (ranking | sort(attribute="mean") | last).mean }}',
    '{% set best = ranking[0] %}{{ best.format }}',
    '{% set total = namespace(n=0) %}{% for row in ranking %}{% set total.n = total.n + 1 %}{% endfor %}{{ total.n }}',
    '{% if nothing is defined %}x{% endif %}{{ nothing | default("none") }}',
    '{% macro show(row, digits=2) %}{{ row.any }} {{ digits }}{% endmacro %}{{ show(ranking[0]) }}',
    '{% for row in ranking %}{{ row.top.anything }}{% for k, v in row.items() %}{{ k }}{% endfor %}{% endfor %}',
    '{{ "a" if not question and question or question == "x" else "b" }} {{ correlation.pearson.coefficient }}',
    '{% for i in range(3) %}{{ i }}{% endfor %}{{ true }} {{ None is none }}',
    '{# {{ comments }} are not read #}',
  ]) {
    it(`is fine: ${source}`, () => {
      expect(messages(source)).to.deep.equal([]);
    });
  }

  const cases: readonly (readonly [source: string, message: string, found: string])[] = [
    ['{{ qestion }}', 'unknown template variable `qestion`', 'qestion'],
    ['{{ row.format }}', 'unknown template variable `row`', 'row'],
    ['{% for row in ranking %}{% endfor %}{{ row }}', 'unknown template variable `row`', 'row'],
    ['{% if a > 1 %}{% endif %}', 'unknown template variable `a`', 'a'],
    [
      '{% for row in ranking %}{{ row.men }}{% endfor %}',
      "no column `men` for the template's `row.men`",
      'men',
    ],
    ['{{ ranking[0].men }}', "no column `men` for the template's `ranking[0].men`", 'men'],
    ['{{ (ranking | last)["men"] }}', 'no column `men` for the template\'s `(ranking | last)["men"]`', 'men'],
    ['{% for r in ranking if r.men %}{% endfor %}', "no column `men` for the template's `r.men`", 'men'],
    ['{{ question | uper }}', 'unknown template filter `uper`', 'uper'],
    ['{{ fixed(mean, 2) }}', 'unknown template variable `mean`', 'mean'],
    ['{{ { "a": zzz } }}', 'unknown template variable `zzz`', 'zzz'],
    ['{{ question[zzz] }}', 'unknown template variable `zzz`', 'zzz'],
  ];
  for (const [source, message, found] of cases) {
    it(`is refused: ${source}`, () => {
      const problems = checkTemplate(source, ['with', 'x'], known);
      expect(problems.map((problem) => [problem.message, problem.found, problem.path])).to.deep.equal([
        [message, found, ['with', 'x']],
      ]);
    });
  }

  it('offers the names that are there', () => {
    const [variable] = checkTemplate('{{ qestion }}', [], known);
    expect(variable?.candidates).to.include.members(['question', 'ranking', 'fixed']);
    const [column] = checkTemplate('{{ ranking[0].men }}', [], known);
    expect(column?.candidates).to.deep.equal(['format', 'mean', 'top']);
  });

  it('is refused with the parser’s words when it is not Jinja', () => {
    expect(messages('{% for x in %}')[0]).to.match(/^the template is not valid Jinja: /);
    expect(messages('{{ question')[0]).to.match(/^the template is not valid Jinja: /);
  });

  it('is refused with the line of a longer template that is at fault, and what to do', () => {
    const [problem] = checkTemplate('a\n{% for row in ranking %}\n{{ row.format }}', ['t'], known);
    expect(problem).to.deep.equal({
      path: ['t'],
      message:
        'the template is not valid Jinja: `{% for %}` is not closed: `{% endfor %}` is missing (line 2 of the template)',
      expected: 'a template that Jinja2 reads',
      found: '{% for row in ranking %}',
      next: 'mend the template there; text that only looks like Jinja goes between {% raw %} and {% endraw %}',
    });
    expect(messages('a\n\n{{ question | uper }}')).to.deep.equal([
      'unknown template filter `uper` (line 3 of the template)',
    ]);
    expect(messages("{% include 'x' %}")).to.deep.equal([
      'the template is not valid Jinja: `{% include %}` is not supported: put the text into the template',
    ]);
    expect(messages('{{ question is numbre }}')).to.deep.equal(['unknown template test `numbre`']);
    expect(messages('{{ ranking | random }}')).to.deep.equal([
      'the filter `random` is not supported: a prompt must be the same each time',
    ]);
  });

  it('is refused where brackets are nested without end, and never ends the program', () => {
    expect(messages(`{{ ${'('.repeat(20_000)}1${')'.repeat(20_000)} }}`)[0]).to.contain('nested more than');
    expect(messages('{% if true %}'.repeat(20_000))[0]).to.contain('nested more than');
    expect(messages(`{{ ${'not '.repeat(20_000)} x }}`)[0]).to.contain('nested more than');
    expect(messages(`{{ ${'-'.repeat(20_000)} 1 }}`)[0]).to.contain('nested more than');
  });

  it('leaves unknown names to the run where there may be further columns', () => {
    expect(checkTemplate('{{ other }}', [], known, { open: true })).to.deep.equal([]);
  });
});

describe('a template that is rendered', () => {
  it('gives text as it is, byte by byte', () => {
    const texts = fc.string({
      unit: fc.constantFrom('a', '\n', ' ', '\t', '}', '%', '#', '-', 'é', '🙂', '"', "'"),
    });
    fc.assert(
      fc.property(texts, (text) => {
        expect(render(text, {})).to.equal(text);
      }),
    );
  });

  it('gives a value as it is, wherever it stands, and never renders it again', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('', '\n', ' ', '"', '{ '), (value, around) => {
        expect(render(`${around}{{ q }}${around}`, { q: value })).to.equal(`${around}${value}${around}`);
      }),
    );
    expect(render('{{ q }}', { q: '{{ q }}' })).to.equal('{{ q }}');
  });

  it('keeps final newlines, which Jinja by itself would drop', () => {
    expect(render('{{ q }}\n', { q: 'x' })).to.equal('x\n');
    expect(render('## Answer\n\n', {})).to.equal('## Answer\n\n');
    expect(render('a\n{% if true %}b\n{% endif %}\n', {})).to.equal('a\nb\n');
  });

  it('drops the line of a block tag, as chat templates do', () => {
    expect(render('{% for x in xs %}\n- {{ x }}\n{% endfor %}\nend', { xs: [1, 2] })).to.equal(
      '- 1\n- 2\nend',
    );
  });

  it('prints numbers as they are asked for', () => {
    expect(
      render('{{ fixed(x, 4) }} {{ signed(x, 2) }} {{ signed(-x, 2) }} {{ fixed(y, 1) }}', {
        x: 1.23456,
        y: NaN,
      }),
    ).to.equal('1.2346 +1.23 -1.23 NaN');
    expect(render('{{ fixed(x, 2) }} {{ signed(x, 2) }} {{ finite(x) }}', { x: null })).to.equal(
      'undefined undefined False',
    );
    expect(render('{{ fixed(x, 2) }} {{ signed(x, 2) }} {{ finite(x) }}', { x: Infinity })).to.equal(
      'Infinity +Infinity False',
    );
  });

  it('compares NaN as never smaller and never larger', () => {
    const source = '{% if r < -0.3 %}low{% elif r > 0.3 %}high{% else %}neither{% endif %}';
    expect([-1, 1, 0, NaN].map((r) => render(source, { r }))).to.deep.equal([
      'low',
      'high',
      'neither',
      'neither',
    ]);
  });

  const failures: readonly (readonly [string, Record<string, null | number>, RegExp])[] = [
    ['{{ q }}', {}, /`q` is not defined/],
    ['{{ q.x.y }}', {}, /`q` is not defined/],
    ['{{ q }}', { q: null }, /`q` is null and cannot be printed/],
    ['{% for x in [] %}{% endfor %}{{ ([] | first) }}', {}, /is not defined/],
    ['{{ fixed("1", 2) }}', {}, /fixed\(x, decimals\) expects a number first, got "1"/],
    ['{{ signed(1, 99) }}', {}, /expects 0 to 20 decimals, got 99/],
  ];
  for (const [source, values, expected] of failures) {
    it(`fails, and never prints nothing: ${source} with ${JSON.stringify(values)}`, () => {
      expect(() => render(source, values)).to.throw(Failure, expected);
    });
  }

  it('is given up where it would never end, or fill the memory', () => {
    for (const [source, message] of [
      ['{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}', 'calls itself more than'],
      ['{% for i in range(10 ** 20) %}{% endfor %}', 'out of range'],
      [`{{ 1${' + 1'.repeat(100_000)} }}`, 'too long'],
      [`{{ 'a'${' | upper'.repeat(100_000)} }}`, 'too long'],
      [
        '{% for i in range(10000) %}{% for j in range(10000) %}{% endfor %}{% endfor %}',
        'takes more than 2000000 steps',
      ],
      ['{% for i in range(10 ** 6) %}{% endfor %}', 'range() of more than'],
      ["{{ 'a' * 10 ** 9 }}", 'more than 10000000 characters'],
      ['{{ 9 ** (9 ** 9) }}', 'more than 20000 bits'],
      [
        "{% set a = 'a' * 10 ** 6 %}{% for i in range(1000) %}{{ a }}{% endfor %}",
        'more than 50000000 characters',
      ],
      [
        "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        'more than 10000000 characters or items',
      ],
      [
        '{% set ns = namespace(x=[1, 2]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}',
        'more than 10000000 characters or items',
      ],
      ["{{ ('a' * 10 ** 5) | replace('a', 'b' * 10 ** 5) | length }}", 'too long to be held'],
      ["{{ (['a' * 10 ** 6] * 10 ** 4) | join | length }}", 'too long to be held'],
      [
        "{% set a = 'a' * 10 ** 6 %}{% for i in range(10 ** 4) %}{% set b = a | upper %}{% endfor %}",
        'takes more than 2000000 steps',
      ],
    ] as const) {
      expect(() => render(source, {})).to.throw(Failure, message);
    }
  });

  it('may ask whether something is there', () => {
    expect(render('{{ q | default("none") }}{% if q is defined %}!{% endif %}', {})).to.equal('none');
    expect(render('{{ "x" if false }}', {})).to.equal('');
  });
});
