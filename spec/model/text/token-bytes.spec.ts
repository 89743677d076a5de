import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { packageRoot } from '../../../src/system/package-root.ts';
import type { Tokenizer } from '../../../src/model/language-model.ts';
import { byteStarts } from '../../../src/model/text/place-tokens.ts';
import { makeTokenizer, openTokenizer } from '../../../src/model/text/tokenizer.ts';

const read = (path: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url)));

const cases = JSON.parse(read('tokenizer-cases.json').toString()) as Readonly<
  Record<string, { tokenizer_json_from: string; cases: readonly { text: string }[] }>
>;
const components = JSON.parse(gunzipSync(read('tokenizer-components/components.json.gz')).toString()) as {
  texts: readonly string[];
  cases: readonly { tokenizer: string; json: object }[];
};

function carried(source: string): Promise<Tokenizer> {
  const name = source.replace(/@[^@]*$/, '');
  const folder = join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'models');
  const json = (file: string): object => JSON.parse(readFileSync(join(folder, file), 'utf8')) as object;
  return makeTokenizer(json('tokenizer.json'), json('tokenizer_config.json'));
}

function starts(
  tokenizer: Tokenizer,
  text: string,
): { readonly starts: readonly number[]; readonly bytes: readonly Uint8Array[] } {
  const bytes = tokenizer.encode(text).map((id) => tokenizer.bytes(id));
  return { starts: byteStarts(text, bytes), bytes };
}

/** Without white space, of which some tokenizers put in more or take some away. */
function solid(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('latin1')

    .replaceAll(/[ \t\r\n]/g, '');
}

/** A partition: tokens follow each other from the first byte to the last. */
function expectCovered(text: string, found: readonly number[]): void {
  const size = Buffer.byteLength(text);
  const covered = new Uint8Array(size);
  for (const [i, start] of found.entries()) {
    const end = found[i + 1] ?? size;
    expect(start, text).to.be.at.most(end);
    for (let at = start; at < end; at += 1) covered[at]! += 1;
  }
  if (found.length > 0) expect([...covered], JSON.stringify(text)).to.deep.equal(Array<number>(size).fill(1));
}

describe('the bytes of tokens', () => {
  for (const [kind, { tokenizer_json_from: source, cases: texts }] of Object.entries(cases).slice(0, 2)) {
    it(`${kind}: every byte of ${texts.length} texts is in one token, and is the byte that the token stands for`, async () => {
      const tokenizer = await carried(source);
      for (const { text } of texts) {
        const found = starts(tokenizer, text);
        expectCovered(text, found.starts);
        // To some tokenizers ▁ is a space, and what a space is of it cannot be told.
        if (text.includes('▁')) continue;
        const written = Buffer.from(text);
        for (const [i, start] of found.starts.entries()) {
          const part = written.subarray(start, found.starts[i + 1] ?? written.length);
          expect(solid(part), JSON.stringify(text)).to.equal(solid(found.bytes[i]!));
        }
      }
    });
  }

  it('cover texts that normalizers change', async () => {
    for (const { tokenizer: name, json } of components.cases.slice(0, 12)) {
      const tokenizer = await makeTokenizer(json, {});
      for (const text of components.texts.slice(0, 60)) {
        expectCovered(text, starts(tokenizer, text).starts);
        expect(name).to.be.a('string');
      }
    }
  });

  it('cover any text, of emoji and combining marks too', async () => {
    const tokenizer = await openTokenizer(join(packageRoot, 'models/organism'));
    const unit = fc.oneof(
      fc.constantFrom('😀', '👨‍👩‍👧', 'e\u0301', ' ', '\n', '▁', '<0x0A>', '<s>', 'क्षि', 'Berlin'),
      fc.string({ unit: 'grapheme', maxLength: 4 }),
    );
    const texts = fc
      .array(unit, { minLength: 1, maxLength: 12 })
      .map((parts) => parts.join('').toWellFormed());
    fc.assert(
      fc.property(texts, (text) => expectCovered(text, starts(tokenizer, text).starts)),
      { numRuns: 200, seed: 7 },
    );
  });

  it('of one emoji are four, one after another', async () => {
    const tokenizer = await openTokenizer(join(packageRoot, 'models/organism'));
    const bytes = [[0x20], [0xf0], [0x9f], [0x98], [0x80]].map((own) => Uint8Array.from(own));
    expect(byteStarts('😀', bytes)).to.deep.equal([0, 0, 1, 2, 3]);
    expect(starts(tokenizer, '😀').starts.slice(-4)).to.deep.equal([0, 1, 2, 3]);
  });
});
