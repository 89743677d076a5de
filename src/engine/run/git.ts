import { execFile } from 'node:child_process';
import type { RunRecord } from '../record.ts';

/** A repository that takes longer than this to say its state, in milliseconds, is recorded without it. */
const PATIENCE_MS = 2000;

/** Commit of the checkout that holds a folder, and whether tracked files were changed; undefined outside of one. */
export function gitState(folder: string): Promise<RunRecord['git']> {
  const asked = ['--no-optional-locks', 'status', '--porcelain=v2', '--branch', '--untracked-files=no'];
  return new Promise((resolve) => {
    execFile('git', asked, { cwd: folder, timeout: PATIENCE_MS }, (error, stdout) => {
      const commit = /^# branch\.oid ([0-9a-f]+)$/m.exec(stdout)?.[1];
      resolve(error || commit === undefined ? undefined : { commit, dirty: /^[^#]/m.test(stdout) });
    });
  });
}
