import type { FailureDetails, Remedy } from '../../system/failure.ts';
import { unexpected } from './parts/words.ts';

/**
 * A problem or failure with its remedy put into words: what to type against it.
 * ```
 * { message: 'the store cannot be written: the disk is full', next: 'free space',
 *   remedy: { code: 'other-store', folder: 'on-another-disk' } }
 * { message: 'the store cannot be written: the disk is full',
 *   next: 'free space, or name a folder on another disk with --store' }
 * ```
 */
export function withRemedyWorded<T extends Pick<FailureDetails, 'next' | 'remedy'>>(
  failure: T,
): Omit<T, 'remedy'> {
  const { remedy, ...others } = failure;
  if (remedy === undefined) return others;
  const ways = [failure.next, wordRemedy(remedy)].filter((way) => way !== undefined);
  return { ...others, next: ways.join(', or ') };
}

function wordRemedy(remedy: Remedy): string {
  switch (remedy.code) {
    case 'other-store':
      return wordOtherStore(remedy.folder);
    case 'choose-backend':
      return `use \`--backend ${remedy.backend}\``;
    case 'same-backend':
      return 'use the same --backend for all models of a run';
    case 'set-up-native': {
      const { again, otherwise } = remedy;
      const command = `run \`assay setup native${again ? ' --force' : ''}\``;
      if (otherwise !== undefined) return `${command}, or use \`--backend ${otherwise}\``;
      return again ? `${command} to make it again` : command;
    }
    case 'set-up-gpu':
      return 'check `nvidia-smi`, set up with --gpu, or use `--backend tensorflow`';
    case 'use-native':
      return 'use the native backend: `assay setup native`, then `--backend tensorflow`';
    case 'give-memory':
      return 'give it more with --memory, or leave the choice to Assay';
    case 'pull-model':
      return `${remedy.offline ? 'unset HF_HUB_OFFLINE and ' : ''}run \`assay models pull ${remedy.ref}\``;
    case 'other-runs':
      return 'name another folder with --runs';
    case 'trust-module':
      return 'read it; `assay trust PIPELINE`, or --trust, then says that it may run as it is now';
    case 'run-pipeline':
      return 'assay run PIPELINE makes one';
    default:
      return unexpected(remedy);
  }
}

function wordOtherStore(folder: Extract<Remedy, { code: 'other-store' }>['folder']): string {
  switch (folder) {
    case 'any':
      return 'name another folder with --store';
    case 'new':
      return 'name a folder with --store, or one that does not exist yet';
    case 'on-another-disk':
      return 'name a folder on another disk with --store';
    default:
      return unexpected(folder);
  }
}
