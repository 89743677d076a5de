import { expect } from 'chai';
import { separateForce } from '../../../src/cli/options/force.ts';

describe('--force and the pipeline file', () => {
  it('a file among the stages to force is the pipeline', () => {
    expect(separateForce(['a', 'my.yaml', 'b'], undefined)).to.deep.equal({
      force: ['a', 'b'],
      file: 'my.yaml',
    });
  });

  it('a file as the only word after --force means all stages of it', () => {
    expect(separateForce(['my.yml'], undefined)).to.deep.equal({ force: true, file: 'my.yml' });
  });

  it('a file that was given before --force is the pipeline, whatever follows', () => {
    expect(separateForce(['a.yaml'], 'my.yaml')).to.deep.equal({ force: ['a.yaml'], file: 'my.yaml' });
  });

  it('nothing is forced, and no file is meant, unless it is said', () => {
    expect(separateForce(undefined, undefined)).to.deep.equal({});
    expect(separateForce(true, undefined)).to.deep.equal({ force: true });
    expect(separateForce(['a'], undefined)).to.deep.equal({ force: ['a'] });
    expect(separateForce(undefined, 'my.yaml')).to.deep.equal({ file: 'my.yaml' });
  });
});
