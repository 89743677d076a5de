import { commitPattern, shardsOf } from './cache.ts';
import { failure, request, withRetries, type Transport } from './request.ts';

/** A file of a model at one commit, as the hub describes it. */
export interface HubFile {
  readonly name: string;
  readonly bytes: number;
  readonly digest: Digest;
}

/** LFS files are known by the SHA-256 of their contents, others by git's SHA-1 of `blob <size>\0` and contents. */
export interface Digest {
  readonly algorithm: 'sha256' | 'git-sha1';
  /** Lowercase hexadecimal; also the name of the blob in the cache. */
  readonly hex: string;
}

export interface HubModel {
  readonly id: string;
  /** As it was asked for. */
  readonly revision: string;
  readonly commit: string;
  readonly files: readonly HubFile[];
}

/** What is fetched besides weights, where the model has it. Nothing else of a repository is of use here. */
const sideFiles =
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|chat_template)\.json$|^chat_template.*\.jinja$/;

const weightFile = /^[\w][\w.-]*\.safetensors$/;

interface Sibling {
  readonly rfilename: string;
  readonly size?: number;
  readonly blobId?: string;
  readonly lfs?: { readonly sha256: string; readonly size: number };
}

/**
 * Asks the hub what `revision` of a model is: one answer with its commit and its files' sizes and digests
 * (`/api/models/{id}/revision/{revision}?blobs=true`, as Python's `model_info(files_metadata=True)`).
 */
export async function describeModel(transport: Transport, id: string, revision: string): Promise<HubModel> {
  const what = `${id}@${revision}`;
  const url = `${transport.settings.endpoint}/api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const answer = await askForJson(transport, url, what);
  const { sha, siblings } = (answer ?? {}) as { sha?: unknown; siblings?: unknown };
  if (typeof sha !== 'string' || !commitPattern.test(sha) || !Array.isArray(siblings)) {
    throw failure('hub-bad-answer', {
      message: `the hub does not describe ${what} as expected`,
      where: url,
      expected: 'JSON with a commit (`sha`) and files (`siblings`)',
      found: JSON.stringify(answer).slice(0, 200),
      next: 'check HF_ENDPOINT',
    });
  }
  const wanted = (siblings as Sibling[]).filter(
    ({ rfilename }) => sideFiles.test(rfilename) || weightFile.test(rfilename) || rfilename === indexName,
  );
  const files = await Promise.all(wanted.map((file) => describeFile(transport, { id, commit: sha, file })));
  refuseOtherFormats(what, files, siblings as Sibling[]);
  return { id, revision, commit: sha, files };
}

export const indexName = 'model.safetensors.index.json';

const singleName = 'model.safetensors';

/** Said before gigabytes are fetched that could not be used. */
function refuseOtherFormats(what: string, files: readonly HubFile[], siblings: readonly Sibling[]): void {
  const has = (name: string) => files.some((file) => file.name === name);
  const others = siblings
    .map(({ rfilename }) => rfilename)
    .filter((name) => /\.(bin|gguf|onnx|msgpack|h5|pth?|model)$/.test(name));
  const found = others.length > 0 ? others.slice(0, 5).join(', ') : 'no weights at all';
  if (!has('config.json') || !(has(singleName) || has(indexName))) {
    throw failure('hub-no-safetensors', {
      message: `${what} is not a model that can be run here`,
      expected: `config.json and ${singleName} (or ${indexName})`,
      found,
      next: 'choose a model in safetensors format, or convert this one with `save_pretrained` of Hugging Face transformers',
    });
  }
  if (!has('tokenizer.json')) {
    throw failure('hub-no-tokenizer', {
      message: `${what} has no tokenizer.json`,
      expected: 'tokenizer.json',
      found,
      next: 'convert it with `AutoTokenizer.from_pretrained(...).save_pretrained(...)` of Hugging Face transformers',
    });
  }
}

/**
 * The files to fetch: side files, then weights. Some repositories hold the weights twice (`consolidated.safetensors`), so
 * the index decides where there is no `model.safetensors`.
 * @param readIndex gives the text of `model.safetensors.index.json`
 */
export async function neededFiles(
  model: HubModel,
  readIndex: (index: HubFile) => Promise<string>,
): Promise<HubFile[]> {
  const side = model.files.filter(({ name }) => sideFiles.test(name));
  const byName = new Map(model.files.map((file) => [file.name, file]));
  const single = byName.get(singleName);
  const index = byName.get(indexName);
  if (single !== undefined || index === undefined) return [...side, ...(single ? [single] : [])];
  const shards = shardsOf(await readIndex(index)).map((name) => {
    const shard = byName.get(name);
    if (shard !== undefined) return shard;
    throw failure('hub-missing-shard', {
      message: `${model.id} lists weights that it does not have`,
      where: indexName,
      expected: `the file ${name}`,
      found: 'no such file in the repository',
      next: 'report this to the model’s owners',
    });
  });
  return [...side, index, ...shards];
}

/** Mirrors may leave sizes and digests out of the description; then each file's own headers have them. */
async function describeFile(
  transport: Transport,
  { id, commit, file }: { id: string; commit: string; file: Sibling },
): Promise<HubFile> {
  const { rfilename: name, lfs, blobId, size } = file;
  if (lfs !== undefined) return { name, bytes: lfs.size, digest: digestNamed(lfs.sha256, name) };
  if (blobId !== undefined && size !== undefined)
    return { name, bytes: size, digest: digestNamed(blobId, name) };
  const { headers } = await withRetries(
    transport,
    () =>
      request(transport, fileUrl(transport, { id, commit, name }), {
        method: 'HEAD',
        what: `${id}@${commit}`,
      }),
    { what: name },
  );
  const etag = headers.get('x-linked-etag') ?? headers.get('etag') ?? '';
  const bytes = Number(headers.get('x-linked-size') ?? headers.get('content-length') ?? NaN);
  if (!Number.isSafeInteger(bytes)) throw unknownDigest(name, 'no size');
  return { name, bytes, digest: digestNamed(etag.replace(/^(W\/)?"|"$/g, ''), name) };
}

export function fileUrl(
  { settings }: Transport,
  { id, commit, name }: { id: string; commit: string; name: string },
): string {
  return `${settings.endpoint}/${id}/resolve/${commit}/${name}`;
}

function digestNamed(hex: string, name: string): Digest {
  if (/^[0-9a-f]{64}$/.test(hex)) return { algorithm: 'sha256', hex };
  if (/^[0-9a-f]{40}$/.test(hex)) return { algorithm: 'git-sha1', hex };
  throw unknownDigest(name, hex || 'nothing');
}

function unknownDigest(name: string, found: string): Error {
  return failure('hub-bad-answer', {
    message: `the hub does not say what ${name} must be, so what comes could not be checked`,
    where: name,
    expected: 'its size, and a SHA-256 or git SHA-1',
    found,
    next: 'check HF_ENDPOINT',
  });
}

function askForJson(transport: Transport, url: string, what: string): Promise<unknown> {
  return withRetries(
    transport,
    async () => {
      const answer = await request(transport, url, { what });
      const text = await answer.text();
      try {
        return JSON.parse(text) as unknown;
      } catch {
        return text;
      }
    },
    { what },
  );
}
