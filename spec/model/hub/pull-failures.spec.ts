import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { pullModel } from '../../../src/model/hub/pull.ts';
import { goodToken } from './hub-server.ts';
import { modelFailureOf } from '../../support/models/model-failure.ts';
import { announcing, commit, files, id, isWhole, PullRig, weights, without } from './pull-rig.ts';

describe('pulling a model from the hub', () => {
  let rig: PullRig;
  beforeEach(async () => (rig = await PullRig.open()));
  afterEach(() => rig.close());

  describe('says what is wrong', () => {
    it('401 without a token', async () => {
      rig.hub.models.set(id, { files, commit, access: 'private' });
      expect(await modelFailureOf(rig.pull())).to.deep.equal({
        code: 'hub-needs-token',
        blame: 'user',
        message: `the hub does not show ${id}@main to strangers: it is private, or there is no such model`,
        where: `${rig.hub.endpoint}/${id}`,
        expected: `a model that is public, or a token in HF_TOKEN or ${join(rig.home, 'token')}`,
        found: 'no token; 401 Unauthorized, said the hub (401)',
        next: 'check the spelling; for a private model set HF_TOKEN',
      });
    });

    it('401 with a token that is no good', async () => {
      const failure = await modelFailureOf(rig.pull({ env: { ...rig.env, HF_TOKEN: 'hf_bad' } }));
      expect(failure.message).to.equal(`the hub refuses the token for ${id}@main`);
      expect(JSON.stringify(failure)).not.to.contain('hf_bad');
    });

    it('403: gated, with the page where access is asked for', async () => {
      rig.hub.models.set(id, { files, commit, access: 'gated' });
      const failure = await modelFailureOf(rig.pull({ env: { ...rig.env, HF_TOKEN: goodToken } }));
      expect(failure.code).to.equal('hub-gated');
      expect(failure.next).to.contain(`accept the terms at ${rig.hub.endpoint}/${id}`);
    });

    it('404: no such model, no such revision', async () => {
      const tokened = { ...rig.env, HF_TOKEN: goodToken };
      const noModel = await modelFailureOf(pullModel('no/such', 'main', { env: tokened }));
      expect([noModel.code, noModel.message]).to.deep.equal([
        'hub-not-found',
        'the hub has no such model: no/such@main',
      ]);
      const noRevision = await modelFailureOf(pullModel(id, 'dev', { env: tokened }));
      expect(noRevision.message).to.equal(`the hub has no such revision: ${id}@dev`);
      expect(rig.hub.asked).to.have.length(2);
    });

    it('503: tried again, five times at most', async () => {
      let answers = 0;
      rig.hub.describeStatus = () => (answers++ < 3 ? 503 : 200);
      isWhole((await rig.pull()).folder);
      expect(answers).to.equal(4);
      rig.hub.describeStatus = () => (answers++, 503);
      answers = 0;
      const failure = await modelFailureOf(rig.pull());
      expect([failure.code, failure.blame, answers]).to.deep.equal(['hub-unreachable', 'machine', 5]);
      expect(failure.found).to.equal('the hub answered 503 Service Unavailable, said the hub (503)');
    });

    it('a hub that is not there: at once', async () => {
      await rig.hub.stop();
      const failure = await modelFailureOf(rig.pull({ backoffMs: 60_000 }));
      expect([failure.code, failure.found]).to.satisfy(
        ([code, found]: string[]) => code === 'hub-unreachable' && found!.includes('ECONNREFUSED'),
      );
      await rig.hub.start();
    });

    it('HF_HUB_OFFLINE: nothing is asked', async () => {
      expect((await modelFailureOf(rig.pull({ env: { ...rig.env, HF_HUB_OFFLINE: 'yes' } }))).code).to.equal(
        'hub-offline',
      );
      expect(rig.hub.asked).to.deep.equal([]);
    });

    it('a connection that is always cut', async () => {
      rig.hub.fault = (name) => (name === weights ? { cutAfter: 0 } : {});
      expect((await modelFailureOf(rig.pull())).code).to.equal('hub-unreachable');
    });

    it('a disk too small, before anything large is fetched', async () => {
      const failure = await modelFailureOf(rig.pull({ fetch: announcing(() => 1e15) }));
      expect([failure.code, failure.expected]).to.deep.equal(['hub-no-disk', '1000000.00 GB free']);
      expect(rig.hub.sentOf(weights)).to.equal(0);
    });

    it('a model without safetensors, or without tokenizer.json', async () => {
      rig.hub.models.set(id, {
        files: { ...without(files, weights), 'pytorch_model.bin': Buffer.from('x') },
        commit,
      });
      const noWeights = await modelFailureOf(rig.pull());
      expect([noWeights.code, noWeights.found]).to.deep.equal(['hub-no-safetensors', 'pytorch_model.bin']);
      rig.hub.models.set(id, { files: without(files, 'tokenizer.json'), commit });
      expect((await modelFailureOf(rig.pull())).code).to.equal('hub-no-tokenizer');
      expect(rig.hub.sent.size).to.equal(0);
    });
  });

  describe('tokens', () => {
    it('go to the endpoint alone, never to where it redirects', async () => {
      rig.hub.models.set(id, { files, commit, access: 'private' });
      await rig.pull({ env: { ...rig.env, HF_TOKEN: goodToken } });
      const byHost = (host: string) =>
        rig.hub.asked.filter((asked) => asked.host === host).map(({ authorization }) => authorization);
      expect(new Set(byHost('hub'))).to.deep.equal(new Set([`Bearer ${goodToken}`]));
      expect(new Set(byHost('cdn'))).to.deep.equal(new Set([undefined]));
    });

    it('are read from $HF_HOME/token', async () => {
      rig.hub.models.set(id, { files, commit, access: 'private' });
      writeFileSync(join(rig.home, 'token'), `${goodToken}\n`);
      isWhole((await rig.pull()).folder);
    });
  });
});
