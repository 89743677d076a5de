import { Failure } from '../../../src/system/failure.ts';

/** Details of the Failure that `work` rejects with; whatever else it does fails the test. */
export async function modelFailureOf(work: Promise<unknown>): Promise<Failure['details']> {
  const error = await work.then(
    () => new Error('expected a failure, and it worked'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof Failure)) throw error;
  return error.details;
}
