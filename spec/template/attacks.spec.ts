import { expect } from 'chai';
import { compileTemplate } from '../../src/template/template.ts';

/** Templates that ask for more than there is, or for what is none of theirs. */
const attacks: readonly (readonly [title: string, template: string])[] = [
  ['range-huge', '{% for a in range(1000000000) %}{% endfor %}x'],
  ['range-list', '{{ range(1000000000)|list|length }}'],
  ['string-times', "{{ 'a' * 1000000000 }}"],
  ['times-times', "{{ ('a' * 100000) * 100000 }}"],
  ['list-times', '{{ ([0] * 1000000000)|length }}'],
  ['center', "{{ 'a'|center(1000000000) }}"],
  ['format-width', "{{ '%1000000000d' % 1 }}"],
  ['format-precision', "{{ '%.1000000000f' % 1.5 }}"],
  ['brace-width', "{{ '{:1000000000}'.format(1) }}"],
  ['indent', "{{ ('a\\n' * 100000)|indent(1000000) }}"],
  ['replace-grows', "{{ ('a' * 100000).replace('a', 'b' * 100000) }}"],
  ['join-grows', "{{ range(100000)|join('x' * 100000) }}"],
  [
    'doubling',
    "{% set ns = namespace(t='a') %}{% for i in range(60) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}{{ ns.t|length }}",
  ],
  ['macro-recursion', '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}'],
  ['constructor', "{{ q.constructor.constructor('return process')() }}"],
  ['proto', "{{ q['__proto__']['constructor'] }}"],
  ['dunder', "{{ ''.__class__.__mro__ }}"],
  ['include', "{% include '/etc/passwd' %}"],
  ['import', "{% import 'os' as os %}{{ os }}"],
  ['zfill', "{{ '1'.zfill(1000000000) }}"],
  ['ljust', "{{ 'a'.ljust(1000000000) }}"],
  ['wordwrap', "{{ ('a' * 1000000)|wordwrap(1) }}"],
  ['batch', '{{ [1]|batch(1000000000, 0)|list|length }}'],
  ['tojson-indent', '{{ [[1]]|tojson(indent=1000000000) }}'],
  ['slice', '{{ [1]|slice(1000000000)|list|length }}'],
  ['expandtabs', "{{ '\\t'.expandtabs(1000000000) }}"],
  ['round', '{{ 1.5|round(1000000000) }}'],
  ['round-down', '{{ 1.5|round(-1000000000) }}'],
  ['exponent', "{{ '%.1000000000e' % 1.5 }}"],
  ['brace-precision', "{{ '{:.1000000000f}'.format(1.5) }}"],
  ['parentheses', `{{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}`],
  ['blocks', '{% if true %}'.repeat(3000) + 'x' + '{% endif %}'.repeat(3000)],
];

/** What is right, and short. */
const harmless = new Set(['round', 'round-down']);

describe('a hostile template', () => {
  for (const [title, template] of attacks) {
    it(`${harmless.has(title) ? 'gives its text' : 'is refused'} at once: ${title}`, () => {
      const rendered = () => compileTemplate(template, ['test']).render({ q: 'a' });
      if (harmless.has(title)) expect(rendered().length).to.be.below(10);
      else expect(rendered).to.throw().with.property('details').that.has.property('code');
    });
  }
});
