import { expect } from 'chai';
import { visible, visibleJson } from '../../../src/cli/terminal/visible.ts';

const title = '\u001B]0;owned\u0007';
const clear = '\u001B[2J\u001B[H';
const red = '\u001B[31m';

describe('visible', () => {
  it('shows what a terminal would obey as pictures of the characters', () => {
    expect(visible(`a${title}b${clear}c\r\nd\u0008e\u007F`, { styled: false })).to.equal(
      'a␛]0;owned␇b␛[2J␛[Hc␍\nd␈e␡',
    );
  });

  it('names what turns the direction of text, and C1 controls, which have no pictures', () => {
    expect(visible('a\u202Eb\u2066c\u009Bd\u2028e', { styled: true })).to.equal(
      'a[U+202E]b[U+2066]c[U+009B]d[U+2028]e',
    );
  });

  it('keeps line breaks, tabs, and text of any script with its joiners', () => {
    const text = 'a\tb\nשלום नमस्ते 👩‍🔬 e\u0301';
    expect(visible(text, { styled: false })).to.equal(text);
  });

  it('keeps colours where the program writes them, and nothing else that begins as they do', () => {
    expect(visible(`${red}x${clear}\u001B[39m`, { styled: true })).to.equal(`${red}x␛[2J␛[H\u001B[39m`);
    expect(visible(red, { styled: false })).to.equal('␛[31m');
  });
});

describe('visibleJson', () => {
  it('writes no such character as itself, and parses to the same value', () => {
    const value = { [title]: `${clear}\u202E\u009B\u007F\n` };
    const json = visibleJson(JSON.stringify(value));
    expect(json).to.match(/^[\x20-\x7E]*$/);
    expect(JSON.parse(json)).to.deep.equal(value);
  });
});
