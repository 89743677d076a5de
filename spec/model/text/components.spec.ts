import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { checkTokenizer } from '../../../src/model/text/check-tokenizer.ts';
import { translatePattern } from '../../../src/model/text/components/oniguruma.ts';
import { matchesOf } from '../../../src/model/text/components/pattern.ts';
import { makeTokenizer } from '../../../src/model/text/tokenizer.ts';
import { Failure } from '../../../src/system/failure.ts';
import { tinyTokenizer } from '../../support/models/tiny-model.ts';

interface Reference {
  readonly texts: readonly string[];
  readonly models?: Readonly<Record<string, object>>;
  readonly cases: readonly {
    readonly tokenizer: string;
    /** Name of one of `models`; absent where the model is in `json`. */
    readonly model?: string;
    readonly json: object;
    readonly ids: readonly (readonly number[])[];
    readonly ids_with_special?: readonly (readonly number[])[];
  }[];
}

function reference(name: string): Reference {
  const file = new URL(`../../fixtures/tokenizer-components/${name}.json.gz`, import.meta.url);
  return JSON.parse(gunzipSync(readFileSync(fileURLToPath(file))).toString()) as Reference;
}

describe('tokenizer components', () => {
  for (const [file, count] of [
    ['components', 35],
    ['compositions', 60],
  ] as const) {
    const { texts, models, cases } = reference(file);

    it(`${file}: there are ${count}`, () => {
      expect(cases).to.have.length(count);
    });

    for (const { tokenizer: name, model, json, ids, ids_with_special: special } of cases) {
      it(`${name}: ids of ${texts.length} texts equal those of the Python library`, async () => {
        const tokenizer = await makeTokenizer(
          model === undefined ? json : { ...json, model: models?.[model] },
          {},
        );
        for (const [index, text] of texts.entries()) {
          const found = tokenizer.encode(text);
          expect(found, JSON.stringify(text)).to.deep.equal(ids[index]);
          if (special === undefined) continue;
          expect(tokenizer.addsBos).to.equal(true);
          // What the post-processor puts after a text is not read.
          const start = [tokenizer.bos, ...found];
          expect(start, JSON.stringify(text)).to.deep.equal(special[index]?.slice(0, start.length));
        }
      });
    }
  }
});

const base = tinyTokenizer() as Readonly<Record<string, unknown>>;
const model = base['model'] as Readonly<Record<string, unknown>>;
const split = { type: 'Split', pattern: { Regex: 'a' }, behavior: 'Isolated', invert: false };
const first = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: true };
const pattern = (Regex: string): object => ({ pre_tokenizer: { ...split, pattern: { Regex } } });
const added = { single_word: false, lstrip: false, rstrip: false, normalized: true, special: false };
const unknown = { id: 0, content: '<unk>', ...added, normalized: false, special: true };

/** What is not verified, where it is told, and what is quoted. */
const refused: readonly (readonly [what: object, path: string, found: string])[] = [
  [{ normalizer: { type: 'Precompiled', precompiled_charsmap: '' } }, '$.normalizer.type', 'Precompiled'],
  [{ normalizer: { type: 'toString' } }, '$.normalizer.type', 'toString'],
  [{ normalizer: { type: 'Strip', strip_left: 1, strip_right: true } }, '$.normalizer.strip_left', '1'],
  [{ normalizer: { type: 'NFC', form: 'x' } }, '$.normalizer.form', 'x'],
  [
    { normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'Own' }] } },
    '$.normalizer.normalizers[1].type',
    'Own',
  ],
  [{ pre_tokenizer: { type: 'UnicodeScripts' } }, '$.pre_tokenizer.type', 'UnicodeScripts'],
  [{ pre_tokenizer: { ...split, behavior: 'isolated' } }, '$.pre_tokenizer.behavior', 'isolated'],
  [{ pre_tokenizer: { ...split, pattern: { String: '' } } }, '$.pre_tokenizer.pattern', ''],
  [pattern('(a)\\1'), '$.pre_tokenizer.pattern.Regex', '\\1 in (a)\\1'],
  [pattern('(?<name>a)'), '$.pre_tokenizer.pattern.Regex', '(?<name>a) in (?<name>a)'],
  [pattern('(?i:ß)'), '$.pre_tokenizer.pattern.Regex', 'ß) in (?i:ß)'],
  [pattern('(?i:class)'), '$.pre_tokenizer.pattern.Regex', 's) in (?i:class)'],
  [pattern('(?i:\\p{Lu})'), '$.pre_tokenizer.pattern.Regex', '\\p{Lu}) in (?i:\\p{Lu})'],
  [pattern('(?i)a'), '$.pre_tokenizer.pattern.Regex', '(?i)a in (?i)a'],
  [pattern('\\p{Emoji}'), '$.pre_tokenizer.pattern.Regex', '\\p{Emoji} in \\p{Emoji}'],
  [pattern('\\X'), '$.pre_tokenizer.pattern.Regex', '\\X in \\X'],
  [pattern('(?<=a++)b'), '$.pre_tokenizer.pattern.Regex', 'a++)b in (?<=a++)b'],
  [pattern('a**'), '$.pre_tokenizer.pattern.Regex', 'a** in a**'],
  [pattern('(a*)+'), '$.pre_tokenizer.pattern.Regex', '(a*)+ in (a*)+'],
  [pattern('(?:a|\\b)?'), '$.pre_tokenizer.pattern.Regex', '(?:a|\\b)? in (?:a|\\b)?'],
  [pattern('a{,2}+'), '$.pre_tokenizer.pattern.Regex', 'a{,2}+ in a{,2}+'],
  [pattern('[a'), '$.pre_tokenizer.pattern.Regex', '[a in [a'],
  [pattern('[]a]'), '$.pre_tokenizer.pattern.Regex', '[]a] in []a]'],
  [pattern('(a'), '$.pre_tokenizer.pattern.Regex', '(a in (a'],
  [
    { normalizer: { type: 'Strip', strip_left: true, strip_right: false }, pre_tokenizer: first },
    '$.pre_tokenizer',
    'Strip',
  ],
  [
    {
      normalizer: { type: 'NFD' },
      pre_tokenizer: { type: 'Sequence', pretokenizers: [split, first] },
    },
    '$.pre_tokenizer.pretokenizers[1]',
    'NFD',
  ],
  [{ model: { ...model, type: 'WordLevel' } }, '$.model.type', 'WordLevel'],
  [{ model: { ...model, dropout: 0.1 } }, '$.model.dropout', '0.1'],
  [{ model: { ...model, continuing_subword_prefix: '##' } }, '$.model.continuing_subword_prefix', '##'],
  [{ model: { ...model, byte_fallback: true } }, '$.model', 'no <0x00>'],
  [{ model: { ...model, unk_token: '<none>' } }, '$.model.unk_token', '<none>'],
  [{ model: { ...model, byte_fallback: false, merges: ['<unk> a'] } }, '$.model.merges', '<unk> a'],
  [{ added_tokens: [{ ...unknown, id: 7 }] }, '$.added_tokens[0].id', '7'],
  [{ added_tokens: [unknown, { id: 99, content: 'new', ...added }] }, '$.added_tokens[1].id', '99'],
  [
    {
      normalizer: { type: 'Lowercase' },
      added_tokens: [unknown, { id: 96, content: '[A]', ...added }, { id: 97, content: '[a]', ...added }],
    },
    '$.added_tokens[2].content',
    '[a]',
  ],
  [{ post_processor: { type: 'Own' } }, '$.post_processor.type', 'Own'],
  [
    {
      post_processor: {
        type: 'Sequence',
        processors: [base['post_processor'], base['post_processor']],
      },
    },
    '$.post_processor',
    '2 tokens',
  ],
];

describe('tokenizer components that are not verified', () => {
  const plain = { ...base, model: { ...model, byte_fallback: false } };

  it('are few: the tokenizer that they are put into passes', () => {
    checkTokenizer(plain, 'tokenizer.json');
  });

  for (const [what, path, found] of refused) {
    it(`${path}: ${found}`, () => {
      try {
        checkTokenizer({ ...plain, ...what }, 'm/tokenizer.json');
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        expect(error.details).to.deep.include({
          code: 'tokenizer-component-unverified',
          blame: 'user',
          where: `m/tokenizer.json, ${path}`,
          found,
        });
        return;
      }
      expect.fail('expected a failure');
    });
  }
});

describe('a pattern', () => {
  it('matches nothing between the halves of a surrogate pair', () => {
    const begins = matchesOf(translatePattern('(?<!a)'))('a😀b').filter(({ matches }) => matches);
    expect(begins.map(({ begin }) => begin)).to.deep.equal([0, 3, 4]);
  });
});
