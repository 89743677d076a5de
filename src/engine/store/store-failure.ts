import { codeOf } from '../../system/errno.ts';
import { Failure, type FailureDetails } from '../../system/failure.ts';

/** An error of the file system as a Failure that names the store; any other as it is. */
export function storeFailure(error: unknown, dir: string): unknown {
  const found = codeOf(error);
  const problem = found === undefined ? undefined : STORE_PROBLEMS[found];
  if (found === undefined || problem === undefined) return error;
  const { code, says, ...advice } = problem;
  return new Failure({
    code,
    blame: 'machine',
    message: `the store ${says}`,
    where: dir,
    found,
    ...advice,
    endsRun: true,
  });
}

interface StoreProblem extends Pick<FailureDetails, 'code' | 'next' | 'remedy'> {
  /** What is the matter with the store. */
  readonly says: string;
}

const NOT_A_FOLDER: StoreProblem = {
  code: 'store-invalid',
  says: 'is not a folder',
  remedy: { code: 'other-store', folder: 'new' },
};
const READ_ONLY: StoreProblem = {
  code: 'store-read-only',
  says: 'cannot be used: permission denied',
  next: 'allow reading and writing there',
  remedy: { code: 'other-store', folder: 'any' },
};
const FULL: StoreProblem = {
  code: 'store-full',
  says: 'cannot be written: the disk is full',
  next: 'free space',
  remedy: { code: 'other-store', folder: 'on-another-disk' },
};

const STORE_PROBLEMS: Partial<Record<string, StoreProblem>> = {
  ENOTDIR: NOT_A_FOLDER,
  EEXIST: NOT_A_FOLDER,
  EISDIR: { ...NOT_A_FOLDER, says: 'has a folder where a file should be' },
  EROFS: READ_ONLY,
  EACCES: READ_ONLY,
  EPERM: READ_ONLY,
  ENOSPC: FULL,
  EDQUOT: FULL,
  EIO: {
    code: 'store-failing',
    says: 'cannot be used: the disk fails',
    remedy: { code: 'other-store', folder: 'any' },
  },
};
