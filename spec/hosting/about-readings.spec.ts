import { expect } from 'chai';
import { aboutReadings, readAbout } from '../../src/hosting/readings/about-readings.ts';

const found = {
  ref: 'org/name',
  folder: '/models/name',
  identity: { digest: 'abc', files: { 'config.json': 'def' } },
  numerics: { backend: 'wasm', dtype: 'float32', code: 'abc', library: 'tfjs 4.22.0' },
  hub: { id: 'org/name', commit: '123' },
} as const;

describe('what is written beside readings', () => {
  it('reads back as what verifying needs, and names the files and the commit too', () => {
    const written = aboutReadings(found);
    expect(written).to.deep.equal({
      model: { ref: 'org/name', folder: '/models/name', hub: found.hub },
      identity: found.identity,
      numerics: found.numerics,
    });
    expect(readAbout(written)).to.deep.equal({
      model: { ref: 'org/name', folder: '/models/name' },
      identity: { digest: 'abc' },
      numerics: { backend: 'wasm', code: 'abc', library: 'tfjs 4.22.0' },
    });
  });

  it('is unknown where a part is absent or of another type', () => {
    const written = aboutReadings(found);
    for (const about of [
      undefined,
      null,
      [],
      'text',
      {},
      { ...written, model: 'org/name' },
      { ...written, identity: {} },
      { ...written, numerics: { ...found.numerics, backend: 'abacus' } },
      { ...written, numerics: { ...found.numerics, code: 3 } },
    ]) {
      expect(readAbout(about), JSON.stringify(about)).to.equal(undefined);
    }
  });
});
