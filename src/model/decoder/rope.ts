import type { FieldReader } from '../checkpoint/config-fields.ts';

/** Rotary position embedding as config.json asks for it; names are config.json's. */
export type Rope =
  | { readonly rope_type: 'default'; readonly rope_theta: number }
  | { readonly rope_type: 'linear'; readonly rope_theta: number; readonly factor: number }
  | {
      readonly rope_type: 'dynamic';
      readonly rope_theta: number;
      readonly factor: number;
      readonly max_position_embeddings: number;
    }
  | {
      readonly rope_type: 'llama3';
      readonly rope_theta: number;
      readonly factor: number;
      readonly low_freq_factor: number;
      readonly high_freq_factor: number;
      readonly original_max_position_embeddings: number;
    }
  | {
      readonly rope_type: 'yarn';
      readonly rope_theta: number;
      readonly factor: number;
      readonly original_max_position_embeddings: number;
      readonly attention_factor: number;
      readonly beta_fast: number;
      readonly beta_slow: number;
      readonly truncate: boolean;
    };

/** Reads `rope_parameters` (current form) or `rope_theta` and `rope_scaling` (older form). */
export function readRope(fields: FieldReader, max_position_embeddings: number): Rope {
  const current = fields.has('rope_parameters');
  const rope_theta = fields.positive('rope_theta', 10_000);
  if (!current && !fields.has('rope_scaling')) return { rope_type: 'default', rope_theta };
  if (current && fields.has('rope_scaling')) {
    const [one, other] = [fields.raw('rope_parameters'), fields.raw('rope_scaling')];
    if (JSON.stringify(one) !== JSON.stringify(other)) {
      throw fields.impossible('rope_scaling', 'nothing beside rope_parameters', other);
    }
  }

  const outer = current ? 'rope_parameters' : 'rope_scaling';
  const scaling = fields.inner(outer);
  for (const kind of ['full_attention', 'sliding_attention']) {
    if (scaling.has(kind)) throw scaling.unsupported(kind, 'one RoPE for all layers');
  }
  const rotary = scaling.raw('partial_rotary_factor') ?? 1;
  if (rotary !== 1) throw scaling.unsupported('partial_rotary_factor', '1');

  const base = { rope_theta: scaling.positive('rope_theta', rope_theta) };
  const name = scaling.has('rope_type') ? 'rope_type' : 'type';
  const rope_type = scaling.text(name) ?? 'default';
  switch (rope_type) {
    case 'default':
      return { rope_type, ...base };
    case 'linear':
      return { rope_type, ...base, factor: scaling.positive('factor') };
    case 'dynamic':
      return { rope_type, ...base, factor: scaling.positive('factor'), max_position_embeddings };
    case 'llama3': {
      const low_freq_factor = scaling.positive('low_freq_factor');
      const high_freq_factor = scaling.positive('high_freq_factor');
      if (high_freq_factor <= low_freq_factor) {
        throw scaling.impossible('high_freq_factor', `more than low_freq_factor, ${low_freq_factor}`);
      }
      return {
        rope_type,
        ...base,
        factor: scaling.positive('factor'),
        low_freq_factor,
        high_freq_factor,
        original_max_position_embeddings: scaling.count(
          'original_max_position_embeddings',
          fields.has('original_max_position_embeddings')
            ? fields.count('original_max_position_embeddings')
            : undefined,
        ),
      };
    }
    case 'yarn':
      return { rope_type, ...base, ...readYarn(scaling, max_position_embeddings) };
    default:
      throw scaling.unsupported(name, 'default, linear, dynamic, llama3 or yarn');
  }
}

function readYarn(scaling: FieldReader, max_position_embeddings: number) {
  const factor = scaling.positive('factor');
  const mscale = scaling.has('mscale') ? scaling.positive('mscale') : undefined;
  const allDim = scaling.has('mscale_all_dim') ? scaling.positive('mscale_all_dim') : undefined;
  const magnitude = (weight: number): number => (factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1);
  const inferred =
    mscale !== undefined && allDim !== undefined ? magnitude(mscale) / magnitude(allDim) : magnitude(1);
  return {
    factor,
    original_max_position_embeddings: scaling.count(
      'original_max_position_embeddings',
      max_position_embeddings,
    ),
    attention_factor: scaling.positive('attention_factor', inferred),
    beta_fast: scaling.positive('beta_fast', 32),
    beta_slow: scaling.positive('beta_slow', 1),
    truncate: scaling.flag('truncate', true),
  };
}

export interface RopeFrequencies {
  /** [head_dim / 2]: radians per position. */
  readonly inv_freq: Float32Array;
  /** What cos and sin are multiplied by. */
  readonly attention_scaling: number;
}

/**
 * Frequencies for a sequence of `length` tokens; only dynamic RoPE depends on the length. Every step is rounded to float32 where
 * the reference rounds (transformers, modeling_rope_utils.py).
 */
export function ropeFrequencies(rope: Rope, head_dim: number, length: number): RopeFrequencies {
  const plain = (theta: number): Float32Array =>
    Float32Array.from(
      { length: head_dim / 2 },
      (_, i) => 1 / Math.fround(theta ** Math.fround((2 * i) / head_dim)),
    );
  switch (rope.rope_type) {
    case 'default':
      return { inv_freq: plain(rope.rope_theta), attention_scaling: 1 };
    case 'linear':
      return { inv_freq: plain(rope.rope_theta).map((inv) => inv / rope.factor), attention_scaling: 1 };
    case 'dynamic': {
      const { factor, max_position_embeddings: trained } = rope;
      const stretch = (factor * Math.max(length, trained)) / trained - (factor - 1);
      return {
        inv_freq: plain(rope.rope_theta * stretch ** (head_dim / (head_dim - 2))),
        attention_scaling: 1,
      };
    }
    case 'llama3':
      return { inv_freq: plain(rope.rope_theta).map((inv) => llama3(inv, rope)), attention_scaling: 1 };
    case 'yarn':
      return { inv_freq: yarn(rope, head_dim), attention_scaling: rope.attention_factor };
  }
}

/** Long waves are slowed by `factor`, short ones kept, those between blended (Llama 3.1). */
function llama3(inv: number, rope: Extract<Rope, { rope_type: 'llama3' }>): number {
  const { factor, low_freq_factor, high_freq_factor, original_max_position_embeddings: original } = rope;
  const wavelength = (2 * Math.PI) / inv;
  if (wavelength > original / low_freq_factor) return inv / factor;
  if (wavelength < original / high_freq_factor) return inv;
  const smooth = (original / wavelength - low_freq_factor) / (high_freq_factor - low_freq_factor);
  return ((1 - smooth) * inv) / factor + smooth * inv;
}

/** YaRN, arXiv 2309.00071: interpolate the slow dimensions, keep the fast ones, ramp between. */
function yarn(rope: Extract<Rope, { rope_type: 'yarn' }>, head_dim: number): Float32Array {
  const { rope_theta, factor, original_max_position_embeddings: original, truncate } = rope;
  const dimension = (rotations: number): number =>
    (head_dim * Math.log(original / (rotations * 2 * Math.PI))) / (2 * Math.log(rope_theta));
  const [fast, slow] = [dimension(rope.beta_fast), dimension(rope.beta_slow)];
  const low = Math.max(truncate ? Math.floor(fast) : fast, 0);
  let high = Math.min(truncate ? Math.ceil(slow) : slow, head_dim - 1);
  if (low === high) high += 0.001;
  return Float32Array.from({ length: head_dim / 2 }, (_, i) => {
    const wave = Math.fround(rope_theta ** Math.fround((2 * i) / head_dim));
    const interpolated = Math.min(Math.max((i - low) / (high - low), 0), 1);
    return (1 / (factor * wave)) * interpolated + (1 / wave) * (1 - interpolated);
  });
}

/** cos and sin, each [positions, head_dim / 2], as row-major float32. */
export function ropeAngles(
  { inv_freq, attention_scaling }: RopeFrequencies,
  positions: ArrayLike<number>,
): { cos: Float32Array; sin: Float32Array } {
  const half = inv_freq.length;
  const cos = new Float32Array(positions.length * half);
  const sin = new Float32Array(positions.length * half);
  for (let at = 0; at < positions.length; at += 1) {
    for (let i = 0; i < half; i += 1) {
      const angle = Math.fround((positions[at] as number) * (inv_freq[i] as number));
      cos[at * half + i] = Math.cos(angle) * attention_scaling;
      sin[at * half + i] = Math.sin(angle) * attention_scaling;
    }
  }
  return { cos, sin };
}
