import { join } from 'node:path';
import { sourcesOfKind } from '../engine/plan/source-digest.ts';
import { digestOf } from '../system/json.ts';
import { must } from '../system/internal-error.ts';
import { packageRoot } from '../system/package-root.ts';
import { chooseBackend } from '../model/machine/backends.ts';
import { findModel, locateModel } from '../model/hub/find-model.ts';
import { isOffline } from '../model/hub/settings.ts';
import type { Tokenizer } from '../model/language-model.ts';
import { decodingModules } from '../model/computing-modules.ts';
import { numericsOf } from '../model/machine/numerics.ts';
import { Identities } from './identities.ts';
import type { FoundModel, LocalModelOptions, ModelSource } from './model-source.ts';

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
  /** By digest of the model. A large vocabulary takes half a second to read; templates want it before the model does. */
  const tokenizers = new Map<string, Promise<Tokenizer>>();
  const tokenizerOf = (found: FoundModel): Promise<Tokenizer> => {
    const { digest } = found.identity;
    const known = tokenizers.get(digest);
    if (known !== undefined) return known;
    const open = async (): Promise<Tokenizer> => {
      const { openTokenizer } = await import('../model/text/tokenizer.ts');
      const tokenizer = await openTokenizer(found.folder);
      await identities.confirm(found);
      return tokenizer;
    };
    const opening = open();
    tokenizers.set(digest, opening);
    // A failure is for whoever asked, not for who asks next.
    opening.catch(() => tokenizers.delete(digest));
    return opening;
  };
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
    async texts(model) {
      const { readConfig } = await import('../model/checkpoint/config.ts');
      const tokenizer = await tokenizerOf(model);
      const contextLength = readConfig(model.folder).context_length;
      await identities.confirm(model);
      return { tokenizer, contextLength };
    },
    async open(found, signal) {
      const { openModel } = await import('../model/open-model.ts');
      // What it reads is kept for good under the digest of these very files.
      const identified = await identities.confirm(found);
      const model = await openModel(found.folder, {
        backend: found.numerics.backend,
        identified,
        tokenizer: tokenizerOf(found),
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
