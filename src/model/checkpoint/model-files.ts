import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { Failure, type FailureDetails } from '../../system/failure.ts';
import { weightFiles } from './weight-files.ts';

const MB = 1_000_000;

/**
 * Files that are read whole, with the most bytes that each may have: many times what any published model has, and far from
 * the 512 MB at which a text is longer than the engine can hold.
 */
const textFiles: Readonly<Record<string, number>> = {
  'config.json': 16 * MB,
  'tokenizer.json': 256 * MB,
  'tokenizer_config.json': 16 * MB,
  'chat_template.jinja': 16 * MB,
  'model.safetensors.index.json': 64 * MB,
};

/**
 * Refuses a folder whose files are not what their names say, by what they are, before any is read: pointers of Git LFS, web
 * pages, weights in another form, pipes, devices; and adapters, which change what weights compute. What is missing is told
 * by whoever reads it.
 * @throws Failure `model-*`
 */
export function checkModelFiles(folder: string): void {
  refuseAdapter(folder);
  for (const [name, mostBytes] of Object.entries(textFiles)) {
    const file = join(folder, name);
    if (!existsSync(file)) continue;
    const { size } = regularFile(file);
    if (size > mostBytes) throw tooLarge(file, size, mostBytes);
    refuseOtherContents(file, headOf(file));
  }
  for (const name of weightFiles(folder)) {
    const file = join(folder, name);
    if (!existsSync(file)) continue;
    regularFile(file);
    const head = headOf(file);
    refuseOtherContents(file, head);
    refuseOtherWeights(file, head);
  }
}

/** Opening a pipe waits for whoever writes to it, and a device has no end. */
function regularFile(file: string): Stats {
  const found = statSync(file);
  if (found.isFile()) return found;
  throw refusal(file, 'model-not-a-file', {
    is: wordKind(found),
    expected: 'a file, or a link to one',
    next: 'put the file there',
  });
}

function wordKind(found: Stats): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a named pipe';
  if (found.isSocket()) return 'a socket';
  return 'a device';
}

function tooLarge(file: string, bytes: number, most: number): Failure {
  return refusal(file, 'model-file-too-large', {
    is: `${Math.ceil(bytes / MB)} MB long`,
    expected: `at most ${most / MB} MB`,
    next: 'fetch the file again',
  });
}

/** Enough to know any of the forms by. */
const HEAD_BYTES = 512;

function headOf(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    return head.subarray(0, readSync(descriptor, head, 0, HEAD_BYTES, 0));
  } finally {
    closeSync(descriptor);
  }
}

function refuseOtherContents(file: string, head: Buffer): void {
  const text = head.toString('latin1');
  if (text.startsWith('version https://git-lfs.github.com/spec/')) {
    const bytes = /^size (\d+)$/m.exec(text)?.[1];
    throw refusal(file, 'model-lfs-pointer', {
      is: 'a pointer of Git LFS',
      expected:
        bytes === undefined ? 'the file that it stands for' : `the file of ${bytes} bytes that it stands for`,
      next: 'run `git lfs pull` in the folder, or fetch the model again',
    });
  }
  if (/^(?:\xEF\xBB\xBF)?\s*<(?:!doctype html|html|head)\b/i.test(text)) {
    throw refusal(file, 'model-web-page', {
      is: 'a web page',
      expected: 'the file itself',
      next: 'fetch the file, not the page that shows it: the address of a file has `resolve` where that of its page has `blob`',
    });
  }
}

/** By how the files begin; the format of PyTorch is a zip archive of a pickle, or in old versions a pickle. */
const otherWeights: readonly (readonly [RegExp, string])[] = [
  [/^GGUF/, 'a GGUF file'],
  [/^PK\x03\x04/, 'a zip archive, as PyTorch writes them'],
  [/^\x80[\x02-\x05]/, 'a pickle, as PyTorch writes them'],
  [/^\x89HDF/, 'an HDF5 file'],
  [/^\x1f\x8b/, 'a gzip archive'],
];

function refuseOtherWeights(file: string, head: Buffer): void {
  const text = head.toString('latin1');
  const other = otherWeights.find(([begins]) => begins.test(text));
  if (other !== undefined) {
    throw refusal(file, 'model-other-weights', {
      is: other[1],
      expected: 'weights in safetensors form',
      next: 'fetch the safetensors files of the model, or convert it',
    });
  }
  // Eight bytes of length, of which a real one has zeros, then JSON: what servers say in place of a file has neither.
  if (head.length > 0 && /^[\t\n\r -~]+$/.test(text.slice(0, 16))) {
    throw refusal(file, 'model-other-weights', {
      is: 'a text',
      expected: 'weights in safetensors form',
      found: JSON.stringify((text.split(/[\r\n]/, 1)[0] ?? '').slice(0, 80)),
      next: 'fetch the file again; what it says may be why it did not come',
    });
  }
}

/**
 * Beside its base an adapter is loaded by transformers, silently: which of the two models is meant is for the user to say.
 */
function refuseAdapter(folder: string): void {
  const names = namesIn(folder).filter((name) => /^adapter_(?:config\.json$|model\.)/.test(name));
  if (names.length === 0) return;
  const base = baseOf(join(folder, 'adapter_config.json'));
  const isAlone = !existsSync(join(folder, 'config.json'));
  throw new Failure({
    code: 'model-adapter',
    blame: 'user',
    message: isAlone
      ? 'this is an adapter (LoRA), not a model: it holds changes to the weights of another one'
      : 'beside the weights there is an adapter (LoRA), which would change what they compute',
    where: folder,
    expected: 'a model whose weights are all there is to it',
    found: `${names.join(', ')}${base === undefined ? '' : `, for ${base}`}`,
    next: isAlone
      ? 'merge it into its base (`merge_and_unload` of peft) and save the model that comes of it'
      : 'merge it into the weights (`merge_and_unload` of peft), or take it out of the folder to use the base alone',
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    // A folder that is not there is told of by whoever reads it.
    return [];
  }
}

/** The model that an adapter is for, as it says itself. */
function baseOf(file: string): string | undefined {
  try {
    if (!statSync(file).isFile()) return undefined;
    const { base_model_name_or_path: base } = JSON.parse(readFileSync(file, 'utf8')) as Record<
      string,
      unknown
    >;
    return typeof base === 'string' && base !== '' ? base : undefined;
  } catch {
    return undefined;
  }
}

function refusal(
  file: string,
  code: string,
  {
    is,
    found = is,
    ...details
  }: Pick<FailureDetails, 'expected' | 'found' | 'next'> & { readonly is: string },
): Failure {
  return new Failure({
    code,
    blame: 'user',
    message: `${basename(file)} of the model is not what its name says`,
    where: file,
    found,
    ...details,
  });
}
