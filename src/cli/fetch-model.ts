import type { CachedModel } from '../model/hub/cache.ts';
import type { PullProgress } from '../model/hub/pull.ts';
import { Failure } from '../system/failure.ts';
import type { Channel } from './terminal/terminal.ts';
import { UsageFailure } from './usage-failure.ts';
import { clip } from './wording/parts/columns.ts';
import { wordPull } from './wording/keeping/models.ts';

/** Where nothing can be redrawn, a line is written when so much more of a model is there. */
const STEP_PERCENT = 10;

/** Shows a download: one line that is redrawn on a terminal, else a line for each tenth. */
export function openPullProgress(channel: Channel): {
  readonly show: (progress: PullProgress) => void;
  readonly close: () => void;
} {
  let drawn = false;
  let step = -1;
  let phase: PullProgress['phase'] | undefined;
  const erase = () => {
    if (drawn) channel.control('\r\x1b[2K');
    drawn = false;
  };
  return {
    show(progress) {
      if (channel.isTTY) {
        erase();
        channel.write(channel.colors.cyan(clip(wordPull(progress), channel.columns - 1)));
        drawn = true;
        return;
      }
      const percent = progress.bytesTotal > 0 ? (100 * progress.bytesDone) / progress.bytesTotal : 0;
      const reached = Math.floor(percent / STEP_PERCENT);
      const isNews = progress.phase === 'downloading' ? reached > step : progress.phase !== phase;
      if (!isNews) return;
      step = Math.max(step, reached);
      phase = progress.phase;
      channel.write(`${wordPull(progress)}\n`);
    },
    close: erase,
  };
}

/** Fetches a model of the hub, and shows how far it is on stderr. @throws Failure */
export async function fetchModel(
  channel: Channel,
  { id, revision }: { readonly id: string; readonly revision: string },
  signal: AbortSignal,
): Promise<CachedModel> {
  const { pullModel } = await import('../model/hub/pull.ts');
  const progress = openPullProgress(channel);
  try {
    return await pullModel(id, revision, { onProgress: progress.show, signal });
  } finally {
    progress.close();
  }
}

/** A model's failure as diagnostics; anything else unchanged. */
export function asUsageFailure(error: unknown): unknown {
  if (!(error instanceof Failure)) return error;
  return new UsageFailure([{ severity: 'error', ...error.details }]);
}
