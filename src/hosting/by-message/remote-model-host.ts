import {
  type CallOptions,
  remoteService,
  type RemoteService,
  type ServiceCall,
} from '../../engine/computing/services-by-message.ts';
import { modelHost, type ModelHost, type ReadModel } from '../model-host.ts';
import type { FoundModel } from '../model-source.ts';
import { TextsOfModels } from '../local/texts-of-models.ts';
import type { HostAnswers, HostRequest, ReadEvent } from './requests.ts';

type Ask = <Type extends HostRequest['type']>(
  request: Extract<HostRequest, { readonly type: Type }>,
  options?: CallOptions,
) => Promise<HostAnswers[Type]>;

/**
 * The model host as a stage has it in a thread of its own. Texts become tokens in that thread; identities and readings
 * come from the main one.
 */
export function remoteModelHost(): RemoteService {
  // Each tokenizer is opened once for all stages of the thread.
  const texts = new TextsOfModels();
  return remoteService(modelHost, (call) => hostBy(asking(call), texts));
}

function asking(call: ServiceCall): Ask {
  return async (request, options) => (await call(request, options)) as HostAnswers[typeof request.type];
}

function hostBy(ask: Ask, texts: TextsOfModels): ModelHost {
  const confirm = (model: FoundModel) => ask({ type: 'confirm', model });
  return {
    identify: (ref, { baseDir }) => ask({ type: 'identify', ref, baseDir }),
    async lend(model: FoundModel, work) {
      const loan = await ask({ type: 'borrow', model });
      const read: ReadModel = (requests, { onProgress, signal } = {}) =>
        ask(
          { type: 'read', loan, requests },
          {
            signal,
            onEvent(event) {
              const { done, total } = event as ReadEvent;
              onProgress?.(done, total);
            },
          },
        );
      try {
        return await work({ ...(await texts.of(model, confirm)), read });
      } finally {
        await ask({ type: 'give-back', loan });
      }
    },
  };
}
