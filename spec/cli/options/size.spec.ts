import { expect } from 'chai';
import { parseMaxSize, parseMemory } from '../../../src/cli/options/parse.ts';
import { UsageFailure } from '../../../src/cli/usage-failure.ts';

const sizes: [string, number][] = [
  ['2000000000', 2e9],
  ['512 B', 512],
  ['1.5GB', 1.5e9],
  ['800MB', 8e8],
  ['800 mb', 8e8],
  ['1TB', 1e12],
  ['1tib', 2 ** 40],
  ['1 KiB', 1024],
  ['0.5MiB', 2 ** 19],
  [' 3.25 GiB ', 3.25 * 2 ** 30],
  ['1.0009KB', 1000],
];

const noSizes = ['', 'GB', '4G', '4 GBs', '1,5GB', '-1GB', '1e9', '1.GB', '.5GB', '4GB 5GB', '4\u00a0GBit'];

describe('sizes on the command line', () => {
  for (const [text, bytes] of sizes) {
    it(`${JSON.stringify(text)} is ${bytes} bytes, for --memory as for --max-size`, () => {
      expect(parseMemory(text)).to.deep.equal({ given: text, bytes });
      expect(parseMaxSize(text)).to.equal(bytes);
    });
  }

  for (const text of noSizes) {
    it(`${JSON.stringify(text)} is no size, for --memory and for --max-size`, () => {
      expect(() => parseMemory(text)).to.throw(UsageFailure, `--memory ${text}: expected a size`);
      expect(() => parseMaxSize(text)).to.throw(UsageFailure, '--max-size: expected a size');
    });
  }

  it('no memory at all is no size for --memory, and an empty store is one for --max-size', () => {
    expect(() => parseMemory('0GB')).to.throw(UsageFailure);
    expect(parseMaxSize('0')).to.equal(0);
  });
});
