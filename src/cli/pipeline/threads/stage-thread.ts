/** What a thread for stages runs: the kinds that ship, and the services by message. */
import { serveStages } from '../../../engine/computing/serve-stages.ts';
import { remoteModelHost } from '../../../hosting/by-message/remote-model-host.ts';

serveStages({
  kinds: async () => (await import('../../../../stages/index.ts')).stageKinds,
  services: [remoteModelHost()],
});
