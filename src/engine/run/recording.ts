import { isFailure } from '../../system/failure.ts';
import { failureDiagnostic } from '../failure.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { type RunFolder, describeArtifact } from './run-folder.ts';

/**
 * The folder of a run as the run sees it once it goes on: what cannot be written there stops nothing. The results are in
 * the store, and a disk may have room again for the record.
 */
export interface Recording extends RunFolder {
  /** What could not be recorded, the first of each kind; empty: all is in the folder. */
  readonly problems: readonly Diagnostic[];
}

/** @param onProblem told of each problem once, when it is met */
export function recordingIn(folder: RunFolder, onProblem: (problem: Diagnostic) => void): Recording {
  const problems: Diagnostic[] = [];
  const note = (error: unknown): void => {
    if (!isFailure(error)) throw error;
    const problem = failureDiagnostic(error);
    if (problems.some(({ code }) => code === problem.code)) return;
    problems.push(problem);
    onProblem(problem);
  };
  return {
    id: folder.id,
    path: folder.path,
    problems,
    append(event) {
      try {
        folder.append(event);
      } catch (error) {
        note(error);
      }
    },
    async save(within, artifact, files) {
      try {
        return await folder.save(within, artifact, files);
      } catch (error) {
        note(error);
        return describeArtifact(within, artifact);
      }
    },
    async write(record) {
      try {
        return await folder.write(record);
      } catch (error) {
        note(error);
        return record;
      }
    },
    async publish() {
      try {
        await folder.publish();
      } catch (error) {
        note(error);
      }
    },
    close: () => folder.close(),
  };
}
