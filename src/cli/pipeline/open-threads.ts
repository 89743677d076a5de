import { existsSync } from 'node:fs';
import { openStageThreads, type StageThreads } from '../../engine/computing/stage-threads.ts';
import { serveModelHost } from '../../hosting/by-message/serve-model-host.ts';
import type { OpenModelHost } from '../../hosting/model-host.ts';

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
    module: moduleOfThread(),
    store,
    services: [serveModelHost(host)],
    onOutput: print,
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
