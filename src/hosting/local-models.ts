import { join } from 'node:path';
import { sourcesOfKind } from '../engine/plan/source-digest.ts';
import { digestOf } from '../system/json.ts';
import { must } from '../system/internal-error.ts';
import { packageRoot } from '../system/package-root.ts';
import { chooseBackend } from '../model/machine/backends.ts';
import { findModel, locateModel } from '../model/hub/find-model.ts';
import { isOffline } from '../model/hub/settings.ts';
import { decodingModules } from '../model/computing-modules.ts';
import { numericsOf } from '../model/machine/numerics.ts';
import { Identities } from './local/identities.ts';
import type { LocalModelOptions, ModelSource } from './model-source.ts';
import { TextsOfModels } from './local/texts-of-models.ts';

/** Models in folders of this machine and in the Hugging Face cache; `organism` is the one that ships with Assay. */
export function localModels({
  backend: requested,
  threads,
  memory,
  memoFile,
  hashAnew,
  fetch,
}: LocalModelOptions): ModelSource {
  // One download at a time: each shows its progress.
  let fetched: Promise<unknown> = Promise.resolve();
  const identities = new Identities({ memoFile, hashAnew });
  const texts = new TextsOfModels();
  return {
    async find(ref, baseDir) {
      const backend = chooseBackend(requested);
      const absent = ref === 'organism' ? undefined : locateModel(ref, { baseDir });
      if (fetch !== undefined && absent?.type === 'absent' && !isOffline()) {
        fetched = fetched.catch(() => undefined).then(() => fetch(absent));
        await fetched;
      }
      const location: Awaited<ReturnType<typeof findModel>> =
        ref === 'organism'
          ? { folder: join(packageRoot, 'models', 'organism') }
          : await findModel(ref, { baseDir, download: false });
      const { folder, id, commit } = location;
      const { identity } = await identities.of(folder);
      return {
        ref,
        folder,
        identity,
        numerics: numericsOf(backend, await decodingCode()),
        ...(id !== undefined && commit !== undefined && { hub: { id, commit } }),
      };
    },
    texts: (model) => texts.of(model, (found) => identities.confirm(found)),
    confirm: (model) => identities.confirm(model),
    async open(found, signal) {
      const { openForReading } = await import('../model/open-model.ts');
      // What it reads is kept for good under the digest of these very files.
      const identified = await identities.confirm(found);
      const model = await openForReading(found.folder, {
        backend: found.numerics.backend,
        identified,
        ...(threads !== undefined && { threads }),
        ...(memory !== undefined && { memory }),
        ...(signal !== undefined && { signal }),
      });
      try {
        await identities.confirm(found);
        return model;
      } catch (error) {
        await model.dispose();
        throw error;
      }
    },
  };
}

/** By contents, so that readings of another forward pass than this one are never served. */
async function decodingCode(): Promise<string> {
  const [module, ...computedBy] = decodingModules;
  const { files, packages } = await sourcesOfKind({
    module: must(module, 'a module that decodes'),
    computedBy,
  });
  return digestOf({ files, packages });
}
