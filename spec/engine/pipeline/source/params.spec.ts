import { expect } from 'chai';
import { Rig } from '../../../support/rig.ts';

describe('parameters', () => {
  let rig: Rig;
  before(async () => (rig = await Rig.open()));
  after(() => rig.close());

  const options = async (note: string, set?: Record<string, string>) => {
    await rig.write(`params: { n: 2, half: 0.5, on: true, word: hi, deep: { list: [a, { b: c }] }, none: null }
stages: { a: { uses: collect, from: {}, with: {} }, r: { uses: rows, with: { rows: [{ v: ${note} }] } } }
`);
    const { stages, params } = await rig.load(set);
    const rows = stages.find(({ name }) => name === 'r')!.options.rows as { v: unknown }[];
    return { value: rows[0]?.v, params };
  };

  for (const [text, value] of [
    ['"${params.n}"', 2],
    ['"${ params.half }"', 0.5],
    ['"${params.on}"', true],
    ['"${params.none}"', null],
    ['"${params.deep}"', { list: ['a', { b: 'c' }] }],
    ['"${params.deep.list.1.b}"', 'c'],
    ['"${params.n}${params.n}"', '22'],
    ['"a ${params.word}, ${params.half}; ${params.on}"', 'a hi, 0.5; true'],
    ['"$${params.n}"', '${params.n}'],
    ['"$${params.n} is ${params.n}"', '${params.n} is 2'],
    ['"$ {params.n} {{ n }} $n"', '$ {params.n} {{ n }} $n'],
    ['yes', 'yes'],
    ['012', 12],
    ['2024-01-01', '2024-01-01'],
  ] as const) {
    it(`make ${text} into ${JSON.stringify(value)}`, async () => {
      expect((await options(text)).value).to.deep.equal(value);
    });
  }

  for (const [raw, value] of [
    ['3', 3],
    ['"3"', '3'],
    ['TinyLlama/TinyLlama-1.1B-Chat-v1.0', 'TinyLlama/TinyLlama-1.1B-Chat-v1.0'],
    ['[1, x]', [1, 'x']],
    ['false', false],
    ['', ''],
    ['null', null],
    ['../a folder', '../a folder'],
  ] as const) {
    it(`set by n=${raw} are ${JSON.stringify(value)}`, async () => {
      const { value: used, params } = await options('"${params.n}"', { n: raw });
      expect(used).to.deep.equal(value);
      expect(params.n).to.deep.equal(value);
    });
  }

  it('can be set inside, and leave the rest as it was', async () => {
    const { params } = await options('"${params.deep.list.0}"', { 'deep.list.0': 'z' });
    expect(params.deep).to.deep.equal({ list: ['z', { b: 'c' }] });
    expect(params.n).to.equal(2);
  });
});
