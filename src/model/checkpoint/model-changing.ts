import { Failure } from '../../system/failure.ts';

/** A model that somebody writes while it is read: what it gives could be of two models at once. */
export function modelChanging(file: string): Failure {
  return new Failure({
    code: 'model-changing',
    blame: 'machine',
    message: 'a file of the model changed while it was read',
    where: file,
    expected: 'a file that nobody writes',
    found: 'another size, time or file than when it was hashed',
    next: 'wait until the download or copy is complete, then run again',
  });
}
