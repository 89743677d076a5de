import type { Rank, Tensor, Tensor1D, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../../../src/model/decoder/config.ts';
import type { DecoderWeights, LayerWeights } from '../../../src/model/decoder/forward.ts';
import type { Tfjs } from '../../../src/model/decoder/tfjs.ts';
import type { TensorToWrite } from '../../../src/model/checkpoint/safetensors-writer.ts';
import { normals } from './random.ts';

/** Everything that is trained. The head is the embedding, transposed. */
export interface Parameters extends DecoderWeights {
  /** [vocab_size, hidden_size]. */
  readonly embed_tokens: Tensor2D;
  /** All of the above, by name. Matrices decay, norms do not. */
  readonly variables: readonly Variable[];
}

let parametersMade = 0;

/**
 * Fresh parameters: norms 1, everything else normal, kernels with the deviation 1 / sqrt(inputs) that keeps the size of what passes
 * through them (LeCun et al. 1998, "Efficient BackProp"), and so does the embedding, which is the head's kernel too. The
 * caller disposes of `variables`.
 */
export function initialParameters(tf: Tfjs, config: ModelConfig, random: () => number): Parameters {
  const { hidden_size: D, intermediate_size: F, head_dim: d, num_hidden_layers } = config;
  const H = config.num_attention_heads;
  const KV = config.num_key_value_heads;
  const serial = parametersMade++;
  const variables: Variable[] = [];
  const keep = <T extends Tensor>(name: string, value: T): T => {
    // tfjs wants a name once in a process; two trainings may live side by side.
    const variable = tf.variable(value, true, `${name}#${serial}`);
    value.dispose();
    variables.push(variable);
    return variable as unknown as T;
  };
  const ones = (name: string): Tensor1D => keep(name, tf.ones<Rank.R1>([D]));
  const drawn = (rows: number, columns: number, deviation: number): Tensor2D =>
    tf.tensor2d(normals(random, rows * columns, deviation), [rows, columns]);
  const matrix = (name: string, rows: number, columns: number, deviation: number): Tensor2D =>
    keep(name, drawn(rows, columns, deviation));
  const kernel = (name: string, inputs: number, outputs: number): { kernel: Tensor2D } => ({
    kernel: matrix(name, inputs, outputs, 1 / Math.sqrt(inputs)),
  });

  /** gate_proj and up_proj, drawn row by row side by side: a seed's organism depends on the order of its draws. */
  const gateAndUp = (layer: number): Pick<LayerWeights, 'gate_proj' | 'up_proj'> => {
    const both = drawn(D, 2 * F, 1 / Math.sqrt(D));
    const [gate, up] = tf.split(both, 2, 1) as [Tensor2D, Tensor2D];
    both.dispose();
    return {
      gate_proj: { kernel: keep(`${layer}.gate_proj`, gate) },
      up_proj: { kernel: keep(`${layer}.up_proj`, up) },
    };
  };

  const embed_tokens = matrix('embed_tokens', config.vocab_size, D, 1 / Math.sqrt(D));
  const layers = Array.from({ length: num_hidden_layers }, (_, layer): LayerWeights => ({
    input_layernorm: ones(`${layer}.input_layernorm`),
    qkv_proj: kernel(`${layer}.qkv_proj`, D, (H + 2 * KV) * d),
    o_proj: kernel(`${layer}.o_proj`, H * d, D),
    post_attention_layernorm: ones(`${layer}.post_attention_layernorm`),
    ...gateAndUp(layer),
    down_proj: kernel(`${layer}.down_proj`, F, D),
  }));
  return { embed_tokens, layers, norm: ones('norm'), variables };
}

/** The parameters under the names, and in the order, of a Hugging Face checkpoint: [out, in], nothing fused. */
export async function checkpointTensors(
  tf: Tfjs,
  config: ModelConfig,
  parameters: Parameters,
): Promise<TensorToWrite[]> {
  const { hidden_size: D, intermediate_size: F, head_dim: d } = config;
  const H = config.num_attention_heads;
  const KV = config.num_key_value_heads;
  const tensors: TensorToWrite[] = [];
  const write = async (name: string, tensor: Tensor): Promise<void> => {
    const values = (await tensor.data()) as Float32Array;
    tensors.push({ name: `${name}.weight`, shape: tensor.shape, values, dtype: 'BF16' });
  };
  /** Splits [in, out 1 + out 2 + ...] and writes each matrix transposed. */
  const split = async (kernel: Tensor2D, into: readonly (readonly [string, number])[]): Promise<void> => {
    let at = 0;
    for (const [name, width] of into) {
      const from = at;
      const matrix = tf.tidy(() => tf.transpose(tf.slice(kernel, [0, from], [-1, width])));
      await write(name, matrix);
      matrix.dispose();
      at += width;
    }
  };

  await write('model.embed_tokens', parameters.embed_tokens);
  for (const [index, layer] of parameters.layers.entries()) {
    const name = `model.layers.${index}`;
    await write(`${name}.input_layernorm`, layer.input_layernorm);
    await split(layer.qkv_proj.kernel, [
      [`${name}.self_attn.q_proj`, H * d],
      [`${name}.self_attn.k_proj`, KV * d],
      [`${name}.self_attn.v_proj`, KV * d],
    ]);
    await split(layer.o_proj.kernel, [[`${name}.self_attn.o_proj`, D]]);
    await write(`${name}.post_attention_layernorm`, layer.post_attention_layernorm);
    await split(layer.gate_proj.kernel, [[`${name}.mlp.gate_proj`, F]]);
    await split(layer.up_proj.kernel, [[`${name}.mlp.up_proj`, F]]);
    await split(layer.down_proj.kernel, [[`${name}.mlp.down_proj`, D]]);
  }
  await write('model.norm', parameters.norm);
  return tensors;
}
