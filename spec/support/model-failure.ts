import { ModelFailure } from '../../src/model/language-model.ts';

/** Details of the ModelFailure that `work` rejects with; whatever else it does fails the test. */
export async function modelFailureOf(work: Promise<unknown>): Promise<ModelFailure['details']> {
  const error = await work.then(
    () => new Error('expected a failure, and it worked'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ModelFailure)) throw error;
  return error.details;
}
