import type { External, ExternalsContext, ResourceHold } from '../engine/stage-kind.ts';
import { Failure } from '../system/failure.ts';
import { InternalError } from '../system/internal-error.ts';
import type { Json } from '../system/json.ts';
import { modelHost } from './model-host.ts';

/**
 * The model as a component of the stage key: the digest of its files and, for what is computed with its weights, how
 * numbers are made. Never its name or location.
 *
 * @throws Failure at the option `model`
 */
export async function modelExternal(
  ref: string,
  { services, baseDir }: ExternalsContext,
  { numerics: withNumerics = true }: { readonly numerics?: boolean } = {},
): Promise<External> {
  return atOption('model', async () => {
    const { folder, identity, numerics, hub } = await services.get(modelHost).identify(ref, { baseDir });
    // The code that makes the numbers is in the key file by file, as sources: a reason to run names the file.
    const { backend, dtype, library } = numerics;
    return {
      identity: { digest: identity.digest, ...(withNumerics && { numerics: { backend, dtype, library } }) },
      detail: {
        ref,
        folder,
        files: identity.files,
        ...(hub !== undefined && { hub }),
        numerics: { ...numerics },
      },
    };
  });
}

/** Stages of one model run at the same time, so that they share a forward pass; those of another wait. */
export function modelShare(
  externals: Readonly<Record<string, External>>,
): Readonly<Record<string, ResourceHold>> {
  return { model: { share: digestIn(externals['model']?.identity) } };
}

function digestIn(identity: Json | undefined): string {
  if (typeof identity === 'object' && identity !== null && 'digest' in identity) {
    if (typeof identity.digest === 'string') return identity.digest;
  }
  throw new InternalError('expected the digest of a model, as `modelExternal` gives it, was none');
}

/** Runs what uses a model. Its failures become the stage's, at the option that names the model unless they say another. */
export async function atOption<T>(option: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failure) throw new Failure({ path: [option], ...error.details });
    throw error;
  }
}
