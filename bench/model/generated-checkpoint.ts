import { copyFileSync, createWriteStream, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../src/model/checkpoint/config.ts';
import type { ModelConfig } from '../../src/model/decoder/config.ts';
import { expectedTensors } from '../../src/model/decoder/weight-tensors.ts';
import { packageRoot } from '../../src/engine/index.ts';

const shapes = {
  small: {
    vocab_size: 8000,
    hidden_size: 576,
    intermediate_size: 1536,
    num_hidden_layers: 8,
    heads: 9,
    kv: 3,
  },
  tinyllama: {
    vocab_size: 32_000,
    hidden_size: 2048,
    intermediate_size: 5632,
    num_hidden_layers: 22,
    heads: 32,
    kv: 4,
  },
} as const;

/** A model folder of that shape with random weights: generated once, then found again. */
export async function generatedCheckpoint(
  shape: keyof typeof shapes,
): Promise<{ folder: string; config: ModelConfig }> {
  const { heads, kv, ...sizes } = shapes[shape];
  const configJson = {
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    ...sizes,
    num_attention_heads: heads,
    num_key_value_heads: kv,
    max_position_embeddings: 2048,
    rms_norm_eps: 1e-5,
  };
  const config = parseConfig(configJson);
  const folder = join(tmpdir(), `assay-bench-${shape}`);
  if (!existsSync(join(folder, 'complete'))) await generate(folder, configJson, config);
  return { folder, config };
}

/** A checkpoint of random BF16 weights small enough to keep activations finite, written piece by piece. */
async function generate(into: string, configJson: object, config: ModelConfig): Promise<void> {
  mkdirSync(into, { recursive: true });
  writeFileSync(join(into, 'config.json'), JSON.stringify(configJson));
  // Benchmarks ask by token ids; with a tokenizer whole pipelines run on the folder too.
  for (const file of ['tokenizer.json', 'tokenizer_config.json']) {
    copyFileSync(join(packageRoot, 'models/organism', file), join(into, file));
  }
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const [name, shape] of expectedTensors(config)) {
    const bytes = 2 * shape.reduce((product, side) => product * side, 1);
    header[name] = { dtype: 'BF16', shape, data_offsets: [end, end + bytes] };
    end += bytes;
  }
  const json = Buffer.from(JSON.stringify(header).padEnd(8 * Math.ceil(JSON.stringify(header).length / 8)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const out = createWriteStream(join(into, 'model.safetensors'));
  out.write(length);
  out.write(json);
  const random = generator(3);
  // bf16 of +-[2^-6, 2^-5): sign and fraction are random, the exponent is not.
  const block = Uint16Array.from(
    { length: 1 << 20 },
    () => ((random() & 1) << 15) | (121 << 7) | (random() & 127),
  );
  const bytes = Buffer.from(block.buffer);
  for (let left = end; left > 0; left -= bytes.length) {
    if (!out.write(bytes.subarray(0, Math.min(left, bytes.length)))) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
  writeFileSync(join(into, 'complete'), '');
}

/** xorshift32: the same checkpoint and workload every time. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
