import { digestOf } from '../../system/json.ts';
import type { FoundModel } from '../model-source.ts';

/** What readings are kept under: who the model is, and how its numbers are made. */
export function modelKey({ identity, numerics }: Pick<FoundModel, 'identity' | 'numerics'>): string {
  return digestOf([identity.digest, { ...numerics }]);
}
