import { Failure } from '../../system/failure.ts';

/** An error of the file system as a Failure that names the store; any other as it is. */
export function storeFailure(error: unknown, dir: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const problem = code === undefined ? undefined : STORE_PROBLEMS[code];
  if (problem === undefined) return error;
  return new Failure({
    code: problem.code,
    blame: 'machine',
    message: `the store ${problem.message}`,
    where: dir,
    found: code ?? '',
    next: problem.next,
  });
}

const NOT_A_FOLDER = {
  code: 'store-invalid',
  message: 'is not a folder',
  next: 'name a folder with --store, or one that does not exist yet',
};
const READ_ONLY = {
  code: 'store-read-only',
  message: 'cannot be used: permission denied',
  next: 'allow reading and writing there, or name another folder with --store',
};
const FULL = {
  code: 'store-full',
  message: 'cannot be written: the disk is full',
  next: 'free space, or name a folder on another disk with --store',
};

const STORE_PROBLEMS: Partial<Record<string, { code: string; message: string; next: string }>> = {
  ENOTDIR: NOT_A_FOLDER,
  EEXIST: NOT_A_FOLDER,
  EISDIR: { ...NOT_A_FOLDER, message: 'has a folder where a file should be' },
  EROFS: READ_ONLY,
  EACCES: READ_ONLY,
  EPERM: READ_ONLY,
  ENOSPC: FULL,
  EDQUOT: FULL,
  EIO: {
    code: 'store-failing',
    message: 'cannot be used: the disk fails',
    next: 'name another folder with --store',
  },
};
