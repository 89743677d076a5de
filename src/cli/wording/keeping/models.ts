import type { CachedModel } from '../../../model/hub/cache.ts';
import type { PullProgress } from '../../../model/hub/pull.ts';
import type { Colors } from '../../terminal/terminal.ts';
import { alignColumns } from '../parts/columns.ts';
import { wordBytes, wordDuration } from '../parts/quantities.ts';

export function wordModels(models: readonly CachedModel[], cache: string, colors: Colors): string {
  if (models.length === 0) {
    return `no models in ${cache}\nassay models pull org/name fetches one from the Hugging Face hub\n`;
  }
  const rows = models.map(({ id, revisions, commit, bytes, missing }) => [
    id,
    revisions.join(', ') || '-',
    commit.slice(0, 8),
    wordBytes(bytes),
    missing.length === 0 ? '' : colors.yellow(`lacks ${missing.join(', ')}`),
  ]);
  const header = ['model', 'revision', 'commit', 'size', ''];
  const [head = '', ...lines] = alignColumns([header, ...rows], ['left', 'left', 'left', 'right']);
  return [colors.bold(head), ...lines, '', `in ${cache}`, ''].join('\n');
}

/** After Ctrl-C. */
export function wordPullStopped(ref: string): string {
  return `Stopped: what came is kept. To go on from there: assay models pull ${ref}\n`;
}

/** `org/name: 1.2 GB of 2.2 GB, 54 %, 35.1 MB/s, 28.5 s left`. */
export function wordPull({ id, phase, bytesDone, bytesTotal, bytesPerSecond, file }: PullProgress): string {
  switch (phase) {
    case 'asking':
      return `${id}: asking the hub`;
    case 'waiting':
      return `${id}: another process is fetching it; waiting`;
    case 'checking':
      return `${id}: checking ${file ?? ''}`;
    case 'done':
      return `${id}: ${wordBytes(bytesTotal)}, all checked`;
    case 'downloading': {
      if (bytesTotal === 0) return `${id}: ${wordBytes(bytesDone)}`;
      const percent = Math.floor((100 * bytesDone) / bytesTotal);
      const parts = [`${wordBytes(bytesDone)} of ${wordBytes(bytesTotal)}`, `${percent} %`];
      if (bytesPerSecond > 0) {
        parts.push(`${wordBytes(Math.round(bytesPerSecond))}/s`);
        parts.push(`${wordDuration((1000 * (bytesTotal - bytesDone)) / bytesPerSecond)} left`);
      }
      return `${id}: ${parts.join(', ')}`;
    }
  }
}
