import { join } from 'node:path';
import { packageRoot } from '../../src/engine/package-root.ts';
import { chooseBackend } from '../../src/model/backends.ts';
import { findModel, locateModel } from '../../src/model/find-model.ts';
import { isOffline } from '../../src/model/hub/settings.ts';
import { identifyModel } from '../../src/model/identity.ts';
import { numericsOf } from '../../src/model/open-model.ts';
import type { LocalModelOptions, ModelSource } from './source.ts';

/** Models in folders of this machine and in the Hugging Face cache; `organism` is the one that ships with Assay. */
export function localModels({
  backend: requested,
  threads,
  memoFile,
  fetch,
}: LocalModelOptions): ModelSource {
  // One download at a time: each shows its progress.
  let fetched: Promise<unknown> = Promise.resolve();
  return {
    async find(ref, baseDir) {
      const absent = ref === 'organism' ? undefined : locateModel(ref, { baseDir });
      if (fetch !== undefined && absent?.type === 'absent' && !isOffline()) {
        fetched = fetched.catch(() => undefined).then(() => fetch(absent));
        await fetched;
      }
      const backend = chooseBackend(requested);
      const place =
        ref === 'organism'
          ? { folder: join(packageRoot, 'models', 'organism') }
          : await findModel(ref, { baseDir, download: false });
      const identity = await identifyModel(place.folder, memoFile);
      return {
        ref,
        folder: place.folder,
        identity,
        numerics: numericsOf(backend),
        ...('id' in place && place.id !== undefined && place.commit !== undefined
          ? { hub: { id: place.id, commit: place.commit } }
          : {}),
      };
    },
    async texts({ folder }) {
      const [{ openTokenizer }, { readConfig }] = await Promise.all([
        import('../../src/model/tokenizer.ts'),
        import('../../src/model/config.ts'),
      ]);
      return { tokenizer: await openTokenizer(folder), contextLength: readConfig(folder).context_length };
    },
    async open({ folder, identity, numerics: { backend } }, signal) {
      const { openModel } = await import('../../src/model/open-model.ts');
      return openModel(folder, {
        backend,
        identity,
        ...(threads !== undefined && { threads }),
        ...(signal !== undefined && { signal }),
      });
    },
  };
}
