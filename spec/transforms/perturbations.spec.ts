import { expect } from 'chai';
import fc from 'fast-check';
import { seededRandom, seedOf } from '../../src/statistics/random.ts';
import { codePoints } from '../../src/transforms/code-points.ts';
import { textTransforms, type TransformName } from '../../src/transforms/text-transforms.ts';

const apply = (name: TransformName, text: string): string =>
  textTransforms[name](text, seededRandom(seedOf(text, 1)));
const sorted = (text: string): string => Array.from(text).sort().join('');
const words = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');
const SENTENCE = 'What is the capital of Germany, and why is it Berlin?';

/** Texts of people: words of several scripts, numbers, marks, white space of several kinds. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(...SENTENCE.split(' '), 'größe', '東京', '🙂', '45', '+', 'a', 'naïve', 'АВС', 'ss'),
      fc.string({ unit: 'grapheme', maxLength: 6 }),
    ),
  )
  .chain((parts) =>
    fc
      .array(fc.constantFrom(' ', '  ', '\n', '\t'), { minLength: parts.length, maxLength: parts.length })
      .map((gaps) => parts.map((part, index) => part + gaps[index]!).join('')),
  );

const always = (holds: (value: string) => void): void => {
  fc.assert(fc.property(text, holds));
};

describe('perturbations', () => {
  it('are the same for the same text, and change a sentence', () => {
    for (const name of Object.keys(textTransforms) as TransformName[]) {
      expect(apply(name, SENTENCE), name).to.equal(apply(name, SENTENCE)).and.not.equal(SENTENCE);
      expect(apply(name, ''), name).to.equal('');
    }
  });

  it('homoglyphs: letters become others that look alike, one for one, and all else stays', () => {
    const look = 'aceijopsxyABCEHIJKMOPSTX';
    always((value) => {
      const [before, after] = [Array.from(value), Array.from(apply('homoglyphs', value))];
      expect(after).to.have.length(before.length);
      before.forEach((character, place) => {
        if (look.includes(character)) expect(after[place]).to.match(/\p{Script=Cyrillic}/u);
        else expect(after[place]).to.equal(character);
      });
    });
    // Each of its own: nothing that was different becomes the same.
    expect(new Set(apply('homoglyphs', look)).size).to.equal(look.length);
  });

  it('double-spaces: words stay, and single spaces between them become two', () => {
    always((value) => {
      const changed = apply('double-spaces', value);
      expect(words(changed)).to.deep.equal(words(value));
      expect(changed.replaceAll(/\s+/g, '')).to.equal(value.replaceAll(/\s+/g, ''));
    });
    expect(apply('double-spaces', 'a b  c\n d')).to.equal('a  b  c\n d');
  });

  it('letter-spacing: characters stay in their order, a space after each within a line', () => {
    always((value) => {
      const changed = apply('letter-spacing', value);
      expect(
        changed.split('\n').map((line) =>
          Array.from(line)
            .filter((_, place) => place % 2 === 0)
            .join(''),
        ),
      ).to.deep.equal(value.split('\n'));
    });
    expect(apply('letter-spacing', 'is it')).to.equal('i s   i t');
  });

  it('typos: in each word two neighbours change places, all else stays', () => {
    always((value) => {
      const changed = apply('typos', value);
      expect(sorted(changed)).to.equal(sorted(value));
      expect(codePoints(changed)).to.equal(codePoints(value));
      const [before, after] = [value.split(/(\P{L}+)/u), changed.split(/(\P{L}+)/u)];
      expect(after).to.have.length(before.length);
      before.forEach((part, place) => {
        const letters = Array.from(part);
        const places = Array.from(after[place]!).flatMap((letter, at) =>
          letter === letters[at] ? [] : [at],
        );
        if (places.length === 0) return;
        expect(places).to.deep.equal([places[0], places[0]! + 1]);
        expect(places[0]).to.be.greaterThan(0);
        expect(letters.length).to.be.at.least(4);
      });
    });
    expect(
      words(apply('typos', SENTENCE)).filter((word, place) => word !== words(SENTENCE)[place]),
    ).to.have.length(4);
  });

  it('shuffle-words: the same words in another order, white space where it was', () => {
    always((value) => {
      const changed = apply('shuffle-words', value);
      if (words(value).length < 2) {
        expect(sorted(changed)).to.equal(sorted(value));
        return;
      }
      expect(words(changed).toSorted()).to.deep.equal(words(value).toSorted());
      expect(changed.match(/\s+/g)).to.deep.equal(value.match(/\s+/g));
    });
  });
});
