import { basename, join } from 'node:path';
import type { ModelConfig } from '../decoder/config.ts';
import { embeddingTensor, expectedTensors } from '../decoder/weight-tensors.ts';
import type { StoredFloat } from './floats.ts';
import type { FileStates } from '../../system/contents/file-state.ts';
import { Failure } from '../../system/failure.ts';
import { must } from '../../system/internal-error.ts';
import { modelChanging } from './model-changing.ts';
import { weightFiles } from './weight-files.ts';
import { SafetensorsFile, type StoredTensor } from './safetensors.ts';

/**
 * The weights of a model folder: one safetensors file or shards, every tensor checked against the config. Tensors are read when they
 * are asked for.
 */
export class Checkpoint {
  readonly #files: readonly SafetensorsFile[];
  readonly #tensors: Entries;

  readonly #states: FileStates | undefined;

  /**
   * @param states of the files when they were hashed; without them, any files will do
   * @throws Failure for files that are missing, damaged or not those that were hashed, and tensors missing, unexpected or of
   * the wrong shape
   */
  constructor(folder: string, config: ModelConfig, states?: FileStates) {
    const open: SafetensorsFile[] = [];
    try {
      this.#tensors = collect(folder, open);
      checkTensors(folder, config, this.#tensors);
    } catch (error) {
      for (const file of open) file.close();
      throw error;
    }
    this.#files = open;
    this.#states = states;
    try {
      this.confirmUnchanged();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * To be called after reading and before anything is told of what was read: that what was read is what was hashed.
   * @throws Failure where a file was written since
   */
  confirmUnchanged(): void {
    if (this.#states === undefined) return;
    for (const weights of this.#files) {
      if (weights.state() !== this.#states[basename(weights.file)]) throw modelChanging(weights.file);
    }
  }

  /** Number of elements. */
  size(name: string): number {
    return this.#entry(name).tensor.size;
  }

  dtype(name: string): StoredFloat {
    return this.#entry(name).tensor.dtype as StoredFloat;
  }

  /** Reads a tensor as float32 into the front of `into`. */
  read(name: string, into: Float32Array): void {
    const { file, tensor } = this.#entry(name);
    file.readFloats(tensor, into);
  }

  /** Reads a tensor as it is stored into `into`, of exactly its length, off this thread; not after `close`. */
  readInto(name: string, into: Uint8Array): Promise<void> {
    const { file, tensor } = this.#entry(name);
    return file.readInto(tensor, into);
  }

  close(): void {
    for (const file of this.#files) file.close();
  }

  #entry(name: string): Entry {
    return must(this.#tensors.get(name), `a tensor ${name}`);
  }
}

interface Entry {
  readonly file: SafetensorsFile;
  readonly tensor: StoredTensor;
}

type Entries = ReadonlyMap<string, Entry>;

function collect(folder: string, open: SafetensorsFile[]): Entries {
  const entries = new Map<string, Entry>();
  const names = weightFiles(folder);
  for (const name of names) {
    const file = new SafetensorsFile(join(folder, name));
    open.push(file);
    for (const tensor of file.tensors.values()) {
      const other = entries.get(tensor.name);
      if (other !== undefined) {
        throw new Failure({
          code: 'tensor-twice',
          blame: 'user',
          message: 'two weight files hold the same tensor',
          where: `${file.file}, tensor ${tensor.name}`,
          expected: 'each tensor in one file',
          found: `also in ${other.file.file}`,
          next: 'fetch the model again',
        });
      }
      entries.set(tensor.name, { file, tensor });
    }
  }
  return entries;
}

function checkTensors(folder: string, config: ModelConfig, entries: Entries): void {
  const change = [...entries].find(([name]) => /\.lora_[A-Za-z]/.test(name));
  if (change !== undefined) throw adapterWeights(change);
  const expected = expectedTensors(config);
  for (const [name, shape] of expected) {
    const entry = entries.get(name);
    if (entry === undefined) {
      throw new Failure({
        code: 'tensor-missing',
        blame: 'user',
        message: 'the weights lack a tensor that config.json calls for',
        where: `${folder}, tensor ${name}`,
        expected: `${name} [${shape.join(', ')}]`,
        found: `${entries.size} other tensors`,
        next: 'check that config.json belongs to these weights; fetch the model again',
      });
    }
    const { tensor, file } = entry;
    if (tensor.shape.length !== shape.length || tensor.shape.some((side, axis) => side !== shape[axis])) {
      throw new Failure({
        code: 'tensor-shape',
        blame: 'user',
        message: 'a tensor does not have the shape that config.json calls for',
        where: `${file.file}, tensor ${name}`,
        expected: `[${shape.join(', ')}]`,
        found: `[${tensor.shape.join(', ')}]`,
        next: 'check that config.json belongs to these weights; fetch the model again',
      });
    }
    if (!['F32', 'F16', 'BF16'].includes(tensor.dtype)) {
      throw new Failure({
        code: 'safetensors-dtype',
        blame: 'user',
        message: 'a tensor has a type that is not supported',
        where: `${file.file}, tensor ${name}`,
        expected: 'F32, F16 or BF16',
        found: tensor.dtype,
        next: 'use an unquantised form of the model',
      });
    }
  }
  for (const [name, { file, tensor }] of entries) {
    if (expected.has(name) || /\.rotary_emb\.inv_freq$/.test(name)) continue;
    if (name === 'lm_head.weight' && equalToEmbedding({ file, tensor }, config, entries)) continue;
    throw new Failure({
      code: 'tensor-unexpected',
      blame: 'user',
      message: 'the weights hold a tensor that the model would not use',
      where: `${file.file}, tensor ${name}`,
      expected:
        name === 'lm_head.weight'
          ? 'none, or one equal to model.embed_tokens.weight, since tie_word_embeddings is true'
          : 'only tensors that config.json calls for',
      found: `${name} [${tensor.shape.join(', ')}]`,
      next: 'check that config.json belongs to these weights',
    });
  }
}

function adapterWeights([name, { file, tensor }]: readonly [string, Entry]): Failure {
  return new Failure({
    code: 'model-adapter',
    blame: 'user',
    message: 'the weights are those of an adapter (LoRA): changes to the weights of another model',
    where: `${file.file}, tensor ${name}`,
    expected: 'the weights of a whole model',
    found: `${name} [${tensor.shape.join(', ')}]`,
    next: 'merge it into its base (`merge_and_unload` of peft) and save the model that comes of it',
  });
}

/**
 * Some tied checkpoints store the head all the same; if it is another matrix, tied or not is anyone's guess. Plans check this too,
 * and wait for it, so it reads no further than the first difference; equal matrices are read whole, a buffer at a time.
 */
function equalToEmbedding(head: Entry, config: ModelConfig, entries: Entries): boolean {
  const embedding = entries.get(embeddingTensor(config).name);
  if (embedding === undefined || embedding.tensor.dtype !== head.tensor.dtype) return false;
  const [one, other] = [head.file.buffers(head.tensor), embedding.file.buffers(embedding.tensor)];
  for (const bytes of one) {
    const against = other.next();
    if (against.done === true || Buffer.compare(bytes, against.value) !== 0) return false;
  }
  return other.next().done === true;
}
