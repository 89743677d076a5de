import { expect } from 'chai';
import type { Connection } from '../../src/engine/computing/services-by-message.ts';
import type { HostRequest } from '../../src/hosting/by-message/requests.ts';
import { serveModelHost } from '../../src/hosting/by-message/serve-model-host.ts';
import type { FoundModel } from '../../src/hosting/model-source.ts';
import type { QueuedReadings } from '../../src/hosting/read-queue.ts';
import { bigramHost } from '../support/models/bigram-model.ts';

const requests = [{ ids: [1, 2, 3], from: 1 }];

describe('the model host by message', () => {
  const ask = (
    connection: Connection,
    request: HostRequest,
    {
      onEvent = () => undefined,
      signal = new AbortController().signal,
    }: Partial<Parameters<Connection['call']>[1]> = {},
  ) => connection.call(request, { onEvent, signal });

  async function borrowed(connection: Connection): Promise<number> {
    const model = (await ask(connection, { type: 'identify', ref: 'm', baseDir: '/' })) as FoundModel;
    return (await ask(connection, { type: 'borrow', model })) as number;
  }

  it('reads as the host itself does, for all stages in one pass, and tells how far it is', async () => {
    const { host, opened } = bigramHost();
    const served = serveModelHost(host);
    const events: unknown[] = [];
    const [one, other] = [served.connect(), served.connect()];
    const loans = [await borrowed(one), await borrowed(other)] as const;
    const [a, b] = (await Promise.all([
      ask(one, { type: 'read', loan: loans[0], requests }, { onEvent: (event) => events.push(event) }),
      ask(other, { type: 'read', loan: loans[1], requests }),
    ])) as QueuedReadings[];
    const alone = bigramHost().host;
    const model = await alone.identify('m', { baseDir: '/' });
    const { readings } = await alone.lend(model, ({ read }) => read(requests));
    expect([a?.readings, b?.readings]).to.deep.equal([readings, readings]);
    expect([a?.figures.stages_in_pass, opened[0]?.model.passes]).to.deep.equal([2, [1]]);
    expect(events.at(-1)).to.deep.equal({ done: 3, total: 3 });
  });

  it('takes back what a stage has borrowed when it ends, however that is', async () => {
    const { host } = bigramHost();
    const served = serveModelHost(host);
    const gone = served.connect();
    await borrowed(gone);
    const here = served.connect();
    const loan = await borrowed(here);
    const reading = ask(here, { type: 'read', loan, requests });
    // Until then the host waits for what the other one may read.
    gone.close();
    expect(await reading).to.have.nested.property('figures.stages_in_pass', 1);
  });

  it('goes on with a pass while one stage still wants it', async () => {
    const { host, opened } = bigramHost({ openMs: 50 });
    const served = serveModelHost(host);
    const stop = new AbortController();
    const [one, other] = [served.connect(), served.connect()];
    const loans = [await borrowed(one), await borrowed(other)] as const;
    const left = ask(one, { type: 'read', loan: loans[0], requests }, { signal: stop.signal });
    const wanted = ask(other, { type: 'read', loan: loans[1], requests });
    const seen: (AbortSignal | undefined)[] = [];
    setTimeout(() => {
      const model = opened[0]!.model;
      const read = model.read.bind(model);
      model.read = (all, options) => {
        seen.push(options?.signal);
        stop.abort();
        return read(all, options);
      };
    }, 40);
    expect(await wanted)
      .to.have.property('readings')
      .that.has.length(1);
    await left;
    expect(seen.map((signal) => signal?.aborted)).to.deep.equal([false]);
  });
});
