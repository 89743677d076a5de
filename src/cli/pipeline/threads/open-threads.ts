import { openStageThreads, type StageThreads } from '../../../engine/computing/stage-threads.ts';
import { serveModelHost } from '../../../hosting/by-message/serve-model-host.ts';
import type { OpenModelHost } from '../../../hosting/model-host.ts';
import { threadModule } from './thread-module.ts';

export interface ThreadsOptions {
  /** Folder of the store; absolute. */
  readonly store: string;
  readonly host: OpenModelHost;
  /** Shows what stages print; not on standard output, where it would get between results. */
  readonly print: (lines: string) => void;
}

/** Threads in which the stages of a run compute; none is started before there is something to compute. */
export function openThreads({ store, host, print }: ThreadsOptions): StageThreads {
  return openStageThreads({
    module: threadModule('stage-thread'),
    store,
    services: [serveModelHost(host)],
    onOutput: print,
  });
}
