import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Failure } from '../../../src/system/failure.ts';
import { makeTokenizer, openTokenizer } from '../../../src/model/text/tokenizer.ts';
import {
  copyModel,
  temporaryFolder,
  tinyTokenizer,
  tinyTokenizerConfig,
} from '../../support/models/tiny-model.ts';

interface Cases {
  readonly tokenizer_json_from: string;
  readonly cases: readonly { text: string; ids: number[]; ids_with_special: number[] }[];
}
const golden = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../fixtures/tokenizer-cases.json', import.meta.url)), 'utf8'),
) as Record<'sentencepiece-bpe' | 'byte-level-bpe', Cases>;

/** A tokenizer that an npm package carries. */
function carried(source: string): { json: object; config: object } {
  const name = source.replace(/@[^@]*$/, '');
  const folder = join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'models');
  const read = (file: string): object => JSON.parse(readFileSync(join(folder, file), 'utf8')) as object;
  return { json: read('tokenizer.json'), config: read('tokenizer_config.json') };
}

describe('tokenizer', () => {
  for (const kind of ['sentencepiece-bpe', 'byte-level-bpe'] as const) {
    const { tokenizer_json_from: source, cases } = golden[kind];
    it(`${kind}: ids of ${cases.length} texts equal those of the Python library`, async () => {
      const { json, config } = carried(source);
      const tokenizer = await makeTokenizer(json, config);
      expect(cases.length).to.equal(251);
      for (const { text, ids, ids_with_special } of cases) {
        expect(tokenizer.encode(text), JSON.stringify(text)).to.deep.equal(ids);
        const withBos = tokenizer.addsBos ? [tokenizer.bos, ...ids] : ids;
        expect(withBos, JSON.stringify(text)).to.deep.equal(ids_with_special);
      }
    });
  }

  it('says whether BOS is added by the post-processor, whatever add_bos_token says', async () => {
    const adding = await makeTokenizer(tinyTokenizer(), { ...tinyTokenizerConfig, add_bos_token: false });
    expect(adding).to.include({ bos: 1, addsBos: true });
    const plain = await makeTokenizer(
      { ...tinyTokenizer(), post_processor: null },
      { ...tinyTokenizerConfig, add_bos_token: true },
    );
    expect(plain).to.include({ bos: 1, addsBos: false });
    const none = await makeTokenizer({ ...tinyTokenizer(), post_processor: null }, {});
    expect(none).to.include({ bos: undefined, addsBos: false });
  });

  it('names tokens, decodes, and applies the chat template', async () => {
    const tokenizer = await makeTokenizer(tinyTokenizer(), tinyTokenizerConfig);
    const ids = tokenizer.encode('the sum: 12');
    expect(ids.map((id) => tokenizer.token(id))).to.deep.equal(['▁the', '▁', 's', 'u', 'm', ':▁', '12']);
    expect(tokenizer.decode(ids)).to.equal('the sum: 12');
    expect(tokenizer.chat([{ role: 'user', content: 'Hi' }])).to.equal('<s>user: Hi');
    const base = await makeTokenizer(tinyTokenizer(), {});
    expect(() => base.chat([{ role: 'user', content: 'Hi' }])).to.throw(Failure, 'no chat template');
  });

  it('refuses files that are missing or damaged', async () => {
    const { folder, remove } = temporaryFolder();
    const path = copyModel('llama-gqa-f32', folder);
    const file = join(path, 'tokenizer.json');
    const codeOf = async (): Promise<string> => {
      try {
        await openTokenizer(path);
        return 'opened';
      } catch (error) {
        expect(error).to.be.instanceOf(Failure);
        expect((error as Failure).details.where?.split(',')[0]).to.equal(file);
        return (error as Failure).details.code;
      }
    };
    expect(await codeOf()).to.equal('opened');
    writeFileSync(file, '{"model": {"type": "Nonsense"}}');
    expect(await codeOf()).to.equal('tokenizer-component-unverified');
    writeFileSync(file, '{');
    expect(await codeOf()).to.equal('tokenizer-json');
    rmSync(file);
    expect(await codeOf()).to.equal('tokenizer-missing');
    remove();
  });
});
