import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { cacheFolder, userCacheFolder } from '../../src/system/cache-folder.ts';

describe('the cache folder', () => {
  it('is where XDG_CACHE_HOME says, or in the home', () => {
    expect(userCacheFolder({ XDG_CACHE_HOME: '/c' })).to.equal('/c');
    expect(userCacheFolder({ XDG_CACHE_HOME: '~/c' })).to.equal(join(homedir(), 'c'));
    for (const env of [{}, { XDG_CACHE_HOME: '' }]) {
      expect(userCacheFolder(env)).to.equal(join(homedir(), '.cache'));
    }
    expect(cacheFolder({ XDG_CACHE_HOME: '/c' })).to.equal(join('/c', 'assay'));
  });
});
