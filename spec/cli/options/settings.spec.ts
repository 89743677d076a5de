import { join } from 'node:path';
import { expect } from 'chai';
import { parseSetting, settingsOf } from '../../../src/cli/options/settings.ts';
import { UsageFailure } from '../../../src/cli/usage-failure.ts';
import { makeFolder, removeFolder } from '../assay.ts';

describe('--set and --model', () => {
  let cwd = '';
  beforeEach(() => (cwd = makeFolder({ 'here/config.json': '{}' })));
  afterEach(() => removeFolder(cwd));

  const modelIn = (file: string, model: string) => settingsOf({ set: [], model }, { cwd, file }).model;

  it('a setting is what stands before and after the first =', () => {
    expect(parseSetting('rule=a=b')).to.deep.equal({ name: 'rule', value: 'a=b' });
    expect(parseSetting('empty=')).to.deep.equal({ name: 'empty', value: '' });
    for (const text of ['name', '=value', '']) expect(() => parseSetting(text)).to.throw(UsageFailure);
  });

  it('the last setting of a name counts', () => {
    const set = ['a=1', 'b=2', 'a=3'].map(parseSetting);
    expect(settingsOf({ set }, { cwd, file: 'p.yaml' })).to.deep.equal({ a: '3', b: '2' });
  });

  it('a folder of a model is named as the pipeline file must name it', () => {
    expect(modelIn('p.yaml', 'here')).to.equal('./here');
    expect(modelIn('sub/p.yaml', './here')).to.equal('../here');
    expect(modelIn('sub/p.yaml', '../there')).to.equal('../../there');
    expect(modelIn('sub/p.yaml', join(cwd, 'here'))).to.equal(join(cwd, 'here'));
  });

  it('a model that is no folder here is left as it is', () => {
    expect(modelIn('sub/p.yaml', 'org/name')).to.equal('org/name');
    expect(modelIn('sub/p.yaml', '7')).to.equal('7');
  });

  it('the model is not given twice', () => {
    const options = { set: [parseSetting('model=a')], model: 'b' };
    expect(() => settingsOf(options, { cwd, file: 'p.yaml' })).to.throw(UsageFailure, 'both give the model');
  });
});
