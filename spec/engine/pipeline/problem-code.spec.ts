import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { problemCodes } from '../../../src/engine/pipeline/problem-code.ts';
import { packageRoot } from '../../../src/system/package-root.ts';

/** Where problems of a pipeline are found. */
const rooms = ['pipeline', 'plan', 'user-stages'].map((room) => join(packageRoot, 'src', 'engine', room));

describe('codes of problems', () => {
  const sources = new Map<string, string>();
  before(async () => {
    for (const room of rooms) {
      for (const path of await readdir(room, { recursive: true })) {
        if (path.endsWith('.ts')) sources.set(path, await readFile(join(room, path), 'utf8'));
      }
    }
  });

  it('are listed once, and each is given by some code', () => {
    const texts = [...sources].filter(([path]) => path !== 'problem-code.ts').map(([, text]) => text);
    expect(problemCodes.filter((code) => !texts.some((text) => text.includes(`'${code}'`)))).to.deep.equal(
      [],
    );
    expect([...new Set(problemCodes)]).to.deep.equal(problemCodes);
  });

  // The compiler holds the rest: the functions of problems.ts take no code that is not in the list.
  it('are given by the functions that take no others', () => {
    const byHand = [...sources].filter(([, text]) => /\bseverity: '/.test(text)).map(([path]) => path);
    expect(byHand).to.deep.equal([]);
  });
});
