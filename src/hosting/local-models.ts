import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sourcesOfKind } from '../engine/plan/source-digest.ts';
import { digestOf } from '../system/json.ts';
import { must } from '../system/internal-error.ts';
import { packageRoot } from '../system/package-root.ts';
import { chooseBackend } from '../model/machine/backends.ts';
import { checkModel } from '../model/checkpoint/check-model.ts';
import { findModel, locateModel } from '../model/hub/find-model.ts';
import { isOffline } from '../model/hub/settings.ts';
import { identifyModel } from '../model/checkpoint/identity.ts';
import type { ModelIdentity, Tokenizer } from '../model/language-model.ts';
import { Failure } from '../system/failure.ts';
import { decodingModules } from '../model/computing-modules.ts';
import { numericsOf } from '../model/machine/numerics.ts';
import type { FoundModel, LocalModelOptions, ModelSource } from './model-source.ts';

/** Models in folders of this machine and in the Hugging Face cache; `organism` is the one that ships with Assay. */
export function localModels({
  backend: requested,
  threads,
  memory,
  memoFile,
  fetch,
}: LocalModelOptions): ModelSource {
  // One download at a time: each shows its progress.
  let fetched: Promise<unknown> = Promise.resolve();
  const known = new Map<string, { readonly state: string; readonly identity: ModelIdentity }>();
  /** Asked again before and after every stage: a folder that rests is hashed once, also where there is no memo. */
  const identify = async (folder: string): Promise<ModelIdentity> => {
    const state = stateOf(folder);
    const before = known.get(folder);
    if (before !== undefined && before.state === state) return before.identity;
    checkModel(folder);
    const identity = await identifyModel(folder, memoFile);
    if (state !== undefined) known.set(folder, { state, identity });
    return identity;
  };
  /** By digest of the model. A large vocabulary takes half a second to read; templates want it before the model does. */
  const tokenizers = new Map<string, Promise<Tokenizer>>();
  const tokenizerOf = ({ folder, identity: { digest } }: FoundModel): Promise<Tokenizer> => {
    const known = tokenizers.get(digest);
    if (known !== undefined) return known;
    const opening = import('../model/text/tokenizer.ts').then(({ openTokenizer }) => openTokenizer(folder));
    tokenizers.set(digest, opening);
    // A failure is for whoever asked, not for who asks next.
    opening.catch(() => tokenizers.delete(digest));
    return opening;
  };
  return {
    async find(ref, baseDir) {
      const absent = ref === 'organism' ? undefined : locateModel(ref, { baseDir });
      if (fetch !== undefined && absent?.type === 'absent' && !isOffline()) {
        fetched = fetched.catch(() => undefined).then(() => fetch(absent));
        await fetched;
      }
      const backend = chooseBackend(requested);
      const location: Awaited<ReturnType<typeof findModel>> =
        ref === 'organism'
          ? { folder: join(packageRoot, 'models', 'organism') }
          : await findModel(ref, { baseDir, download: false });
      const { folder, id, commit } = location;
      return {
        ref,
        folder,
        identity: await identify(folder),
        numerics: numericsOf(backend, await decodingCode()),
        ...(id !== undefined && commit !== undefined && { hub: { id, commit } }),
      };
    },
    async texts(model) {
      const { readConfig } = await import('../model/checkpoint/config.ts');
      const tokenizer = await tokenizerOf(model);
      return { tokenizer, contextLength: readConfig(model.folder).context_length };
    },
    async open(found, signal) {
      const { folder, identity, numerics } = found;
      const { openModel } = await import('../model/open-model.ts');
      const model = await openModel(folder, {
        backend: numerics.backend,
        identity,
        tokenizer: tokenizerOf(found),
        ...(threads !== undefined && { threads }),
        ...(memory !== undefined && { memory }),
        ...(signal !== undefined && { signal }),
      });
      // What it reads is kept under this identity, for good.
      if ((await identify(folder)).digest === identity.digest) return model;
      await model.dispose();
      throw new Failure({
        code: 'model-changing',
        blame: 'machine',
        message: 'the model was changed while it was opened',
        where: folder,
        expected: `SHA-256 ${identity.digest}`,
        found: `SHA-256 ${(await identify(folder)).digest}`,
        next: 'wait until nothing writes there, then run again',
      });
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

/** Clocks of file systems tick coarsely: files younger than this may have been written again in the same tick. */
const racyMs = 2000;

/** Sizes, times and inodes of all files in a folder; undefined while it is too young to be told by them. */
function stateOf(folder: string): string | undefined {
  try {
    const files = readdirSync(folder)
      .sort()
      .map((name) => ({ name, ...statSync(join(folder, name), { bigint: true }) }));
    if (files.some(({ mtimeMs }) => Number(mtimeMs) > Date.now() - racyMs)) return undefined;
    return files.map(({ name, size, mtimeNs, ino }) => [name, size, mtimeNs, ino].join(' ')).join('\n');
  } catch {
    return undefined;
  }
}
