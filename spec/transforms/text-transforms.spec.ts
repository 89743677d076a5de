import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { capitalize, lowercase, titlecase, uppercase } from '../../src/transforms/case.ts';
import { codePoints } from '../../src/transforms/code-points.ts';
import { mapCharacters } from '../../src/transforms/substitution.ts';
import { textTransforms } from '../../src/transforms/text-transforms.ts';

/** Recorded from Python 3.11: a character with its title where that is not one character of upper case, and texts. */
const recorded = JSON.parse(
  readFileSync(new URL('../fixtures/transforms/python-case.json', import.meta.url), 'utf8'),
) as {
  readonly characters: readonly string[];
  readonly texts: readonly Readonly<Record<'text' | 'title' | 'capitalize' | 'upper' | 'lower', string>>[];
};

describe('transforms', () => {
  const text = fc.string({ unit: 'grapheme' });

  it('reverse code points: twice is as before', () => {
    fc.assert(fc.property(text, (value) => textTransforms.reverse(textTransforms.reverse(value)) === value));
    expect(textTransforms.reverse('a🙂b')).to.equal('b🙂a');
  });

  it('keep the length in code points where one character becomes one', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(codePoints(textTransforms.leetspeak(value))).to.equal(codePoints(value));
        expect(codePoints(textTransforms.reverse(value))).to.equal(codePoints(value));
      }),
    );
  });

  // From Python 3.11: s.upper(), s.lower(), s.title().
  const cases: readonly (readonly [string, string, string, string])[] = [
    ['what is 45?', 'WHAT IS 45?', 'what is 45?', 'What Is 45?'],
    ["it's Größe 3d", "IT'S GRÖSSE 3D", "it's größe 3d", "It'S Größe 3D"],
    ['ßa éCOLE', 'SSA ÉCOLE', 'ßa école', 'Ssa École'],
    ['', '', '', ''],
  ];
  for (const [value, upper, lower, title] of cases) {
    it(`map case as Python does: ${JSON.stringify(value)}`, () => {
      expect(textTransforms.uppercase(value)).to.equal(upper);
      expect(textTransforms.lowercase(value)).to.equal(lower);
      expect(textTransforms.titlecase(value)).to.equal(title);
    });
  }

  it('leetspeak looks capitals up in lower case', () => {
    expect(textTransforms.leetspeak('AEIOSTaeiostXx')).to.equal('431057431057Xx');
  });

  it('maps may name anything, also what objects have by themselves', () => {
    expect(mapCharacters('constructor', { c: '(' })).to.equal('(onstru(tor');
    expect(mapCharacters('Aa', { A: '1', a: '2' })).to.equal('12');
  });

  it('give every character the title case that Python 3.11 gives it', () => {
    for (const pair of recorded.characters) {
      const [character = '', ...title] = Array.from(pair);
      expect(titlecase(character), JSON.stringify(character)).to.equal(title.join(''));
    }
    expect(recorded.characters).to.have.length.above(150);
  });

  it('map the case of words as Python 3.11 does, final sigmas too', () => {
    for (const { text, title, capitalize: capital, upper, lower } of recorded.texts) {
      expect([titlecase(text), capitalize(text), uppercase(text), lowercase(text)], text).to.deep.equal([
        title,
        capital,
        upper,
        lower,
      ]);
    }
  });
});
