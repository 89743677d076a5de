import { codeOf } from '../../system/errno.ts';
import { Failure, type FailureDetails } from '../../system/failure.ts';

/** An error of the file system as a Failure that names the folder of runs; any other as it is. */
export function runsFailure(error: unknown, folder: string): unknown {
  const found = codeOf(error);
  if (found === undefined || error instanceof Failure) return error;
  const { code, blame = 'machine', says, ...advice } = RUNS_PROBLEMS[found] ?? UNWRITABLE;
  return new Failure({
    code,
    blame,
    message: `the run cannot be recorded: ${says}`,
    where: folder,
    found,
    ...advice,
  });
}

interface RunsProblem extends Pick<FailureDetails, 'code' | 'expected' | 'next' | 'remedy'> {
  /** Default: `machine`. */
  readonly blame?: FailureDetails['blame'];
  /** What is the matter with the folder. */
  readonly says: string;
}

const NOT_A_FOLDER: RunsProblem = {
  code: 'runs-not-a-folder',
  blame: 'user',
  says: 'the folder of runs is not a folder',
  expected: 'a folder, or a path where one can be made',
  remedy: { code: 'other-runs' },
};
const BAD_NAME: RunsProblem = {
  code: 'runs-bad-name',
  blame: 'user',
  says: 'the system takes no such path for the folder of runs',
  remedy: { code: 'other-runs' },
};
const UNWRITABLE: RunsProblem = {
  code: 'runs-unwritable',
  says: 'its folder cannot be written',
  next: 'allow writing there',
  remedy: { code: 'other-runs' },
};
const FULL: RunsProblem = {
  code: 'runs-full',
  says: 'the disk is full',
  next: 'free space',
  remedy: { code: 'other-runs' },
};

const RUNS_PROBLEMS: Partial<Record<string, RunsProblem>> = {
  ENOTDIR: NOT_A_FOLDER,
  EEXIST: NOT_A_FOLDER,
  ENAMETOOLONG: BAD_NAME,
  ELOOP: BAD_NAME,
  ENOSPC: FULL,
  EDQUOT: FULL,
  EIO: { code: 'runs-failing', says: 'the disk fails', remedy: { code: 'other-runs' } },
};

/** The folder of a run that goes on, or one above it, was removed or put somewhere else. */
export function runFolderGone(path: string): Failure {
  return new Failure({
    code: 'runs-gone',
    blame: 'machine',
    message: 'the run cannot be recorded: its folder was removed while it went on',
    where: path,
    next: 'run the pipeline again: what was computed is in the store',
  });
}

/** `latest` is where each run leaves a link to itself. */
export function latestIsInTheWay(path: string): Failure {
  return new Failure({
    code: 'runs-latest',
    blame: 'user',
    message: 'the newest run cannot be named: there is a folder called `latest` among the runs',
    where: path,
    expected: 'a link to the newest run, or nothing',
    found: 'a folder',
    next: 'remove it, or give it another name',
    remedy: { code: 'other-runs' },
  });
}

/** An error that was met when the folder of runs was to be listed. */
export function runsUnreadable(error: unknown, folder: string): unknown {
  const found = codeOf(error);
  if (found === undefined) return error;
  const problem = RUNS_PROBLEMS[found];
  const { code, blame = 'machine', says, ...advice } = problem?.blame === 'user' ? problem : UNREADABLE;
  return new Failure({ code, blame, message: says, where: folder, found, ...advice });
}

const UNREADABLE: RunsProblem = {
  code: 'runs-unreadable',
  says: 'the folder of runs cannot be read',
  next: 'allow reading there',
  remedy: { code: 'other-runs' },
};
