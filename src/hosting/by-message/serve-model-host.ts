import {
  type Connection,
  type ServedService,
  serveService,
} from '../../engine/computing/services-by-message.ts';
import { must } from '../../system/internal-error.ts';
import { type BorrowedModel, modelHost, type OpenModelHost } from '../model-host.ts';
import type { HostAnswers, HostRequest, ReadEvent } from './requests.ts';

/** The model host for stages of other threads: the weights, and what is kept of readings, stay here. */
export function serveModelHost(host: OpenModelHost): ServedService {
  return serveService(modelHost, () => connectTo(host));
}

function connectTo(host: OpenModelHost): Connection {
  const loans = new Map<number, BorrowedModel>();
  let last = 0;
  let isClosed = false;
  return {
    async call(request, { onEvent, signal }): Promise<HostAnswers[keyof HostAnswers]> {
      const asked = request as HostRequest;
      switch (asked.type) {
        case 'identify':
          return host.identify(asked.ref, { baseDir: asked.baseDir });
        case 'confirm':
          await host.confirm(asked.model);
          return undefined;
        case 'borrow': {
          const loan = await host.borrow(asked.model);
          // The stage may have ended while it waited for its turn.
          if (isClosed) loan.giveBack();
          else loans.set((last += 1), loan);
          return last;
        }
        case 'read': {
          const { read } = must(loans.get(asked.loan), 'a model that is lent');
          const onProgress = (done: number, total: number): void => {
            onEvent({ done, total } satisfies ReadEvent);
          };
          return read(asked.requests, { signal, onProgress });
        }
        case 'give-back':
          loans.get(asked.loan)?.giveBack();
          loans.delete(asked.loan);
          return undefined;
      }
    },
    close() {
      isClosed = true;
      for (const loan of loans.values()) loan.giveBack();
      loans.clear();
    },
  };
}
