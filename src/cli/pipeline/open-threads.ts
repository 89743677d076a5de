import { existsSync } from 'node:fs';
import { openStageThreads, type StageThreads } from '../../engine/computing/stage-threads.ts';
import { serveModelHost } from '../../hosting/by-message/serve-model-host.ts';
import type { OpenModelHost } from '../../hosting/model-host.ts';
import type { Channel } from '../terminal/terminal.ts';

export interface ThreadsOptions {
  /** Folder of the store; absolute. */
  readonly store: string;
  readonly host: OpenModelHost;
}

/** Threads in which the stages of a run compute; none is started before there is something to compute. */
export function openThreads({ store, host }: ThreadsOptions, err: Channel): StageThreads {
  return openStageThreads({
    module: moduleOfThread(),
    store,
    services: [serveModelHost(host)],
    // What a stage prints must not get between results, which are on the other stream.
    onOutput: (text) => err.write(text),
  });
}

/** The build puts it into few files, as it does the program (bundle-program.ts); from source it is run as it is. */
function moduleOfThread(): URL {
  const bundled = new URL('../../../program/stage-thread.js', import.meta.url);
  if (existsSync(bundled)) return bundled;
  return new URL(
    import.meta.url.endsWith('.ts') ? './stage-thread.ts' : './stage-thread.js',
    import.meta.url,
  );
}
