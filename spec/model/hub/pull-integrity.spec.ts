import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { etagOf } from './hub-server.ts';
import { modelFailureOf } from '../../support/models/model-failure.ts';
import { announcing, commit, contents, files, id, isWhole, PullRig, weights } from './pull-rig.ts';

describe('pulling a model from the hub uses nothing that is not what the hub announced', () => {
  let rig: PullRig;
  beforeEach(async () => (rig = await PullRig.open()));
  afterEach(() => rig.close());

  it('a byte flipped on the way: thrown away, with both digests', async () => {
    rig.hub.fault = (name) => (name === weights ? { flip: 1_234_567 } : {});
    const failure = await modelFailureOf(rig.pull());
    expect(failure.code).to.equal('hub-wrong-digest');
    expect(failure.expected).to.equal(`sha256 ${etagOf(weights, contents)}`);
    expect(failure.found)
      .to.match(/^[0-9a-f]{64}$/)
      .and.not.equal(etagOf(weights, contents));
    expect(
      readdirSync(join(rig.repository, 'blobs')).filter((name) => name.startsWith(etagOf(weights, contents))),
    ).to.deep.equal([]);
    expect(existsSync(join(rig.repository, 'snapshots', commit, weights))).to.equal(false);
  });

  it('a byte flipped in a small file, which git’s SHA-1 tells', async () => {
    rig.hub.fault = (name) => (name === 'config.json' ? { flip: 3 } : {});
    expect((await modelFailureOf(rig.pull())).expected).to.equal(
      `git-sha1 ${etagOf('config.json', files['config.json']!)}`,
    );
  });

  it('a byte flipped on the disk in the part of an earlier download: fetched anew', async () => {
    mkdirSync(join(rig.repository, 'blobs'), { recursive: true });
    const part = Buffer.from(contents.subarray(0, 1_000_000));
    part[77]! ^= 1;
    writeFileSync(`${rig.blob(weights)}.incomplete`, part);
    isWhole((await rig.pull()).folder);
    expect(rig.hub.sentOf(weights)).to.equal(2 * contents.length - part.length);
  });

  it('a byte flipped on the disk in a finished file: found when pulled again, and fetched anew', async () => {
    await rig.pull();
    const spoilt = Buffer.from(contents);
    spoilt[2_000_000]! ^= 1;
    writeFileSync(rig.blob(weights), spoilt);
    rig.hub.sent.clear();
    isWhole((await rig.pull()).folder);
    expect(Object.fromEntries(rig.hub.sent)).to.deep.equal({ [weights]: contents.length });
  });

  it('more bytes than announced', async () => {
    rig.hub.models.set(id, { files, commit });
    expect((await modelFailureOf(rig.pull({ fetch: announcing((bytes) => bytes - 10) }))).code).to.equal(
      'hub-unreachable',
    );
    expect(existsSync(rig.blob(weights))).to.equal(false);
  });
});
