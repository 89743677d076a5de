import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseConfig } from '../../../src/model/checkpoint/config.ts';
import { Failure } from '../../../src/system/failure.ts';
import { ropeFrequencies } from '../../../src/model/decoder/rope.ts';
import { checkpoints } from '../../support/models/tiny-model.ts';

function base(name = 'llama-gqa-f32', file = 'config.json'): Record<string, unknown> {
  return JSON.parse(readFileSync(join(checkpoints, name, file), 'utf8')) as Record<string, unknown>;
}

interface Refused {
  readonly change: Record<string, unknown>;
  readonly from?: string;
  readonly code: 'config-unsupported' | 'config-field';
  readonly field: string;
  readonly found: string;
}

const unsupported = (
  change: Record<string, unknown>,
  field: string,
  found: string,
  from?: string,
): Refused => ({
  change,
  code: 'config-unsupported',
  field,
  found,
  ...(from !== undefined && { from }),
});
const impossible = (
  change: Record<string, unknown>,
  field: string,
  found: string,
  from?: string,
): Refused => ({
  change,
  code: 'config-field',
  field,
  found,
  ...(from !== undefined && { from }),
});

const refused: Refused[] = [
  unsupported({ model_type: 'gpt2', architectures: ['GPT2LMHeadModel'] }, 'model_type', '"gpt2"'),
  unsupported({ model_type: undefined, architectures: ['PhiForCausalLM'] }, 'model_type', 'nothing'),
  unsupported({ architectures: ['LlamaForSequenceClassification'] }, 'architectures', '"LlamaForSequ'),
  unsupported({ hidden_act: 'gelu' }, 'hidden_act', '"gelu"'),
  unsupported({ quantization_config: { bits: 4 } }, 'quantization_config', '{"bits":4}'),
  unsupported({ partial_rotary_factor: 0.5 }, 'partial_rotary_factor', '0.5'),
  unsupported({ rope_interleaved: true }, 'rope_interleaved', 'true'),
  unsupported({ use_mrope: true }, 'use_mrope', 'true', 'qwen2'),
  unsupported({ rope_parameters: { rope_type: 'longrope' } }, 'rope_parameters.rope_type', '"longrope"'),
  unsupported({ rope_parameters: undefined, rope_scaling: { type: 'su' } }, 'rope_scaling.type', '"su"'),
  unsupported(
    { rope_parameters: { full_attention: { rope_type: 'default' } } },
    'rope_parameters.full_attention',
    '{"rope_type":"default"}',
  ),
  unsupported(
    { rope_parameters: { rope_type: 'default', partial_rotary_factor: 0.25 } },
    'rope_parameters.partial_rotary_factor',
    '0.25',
  ),
  unsupported({ layer_types: ['linear_attention', 'a', 'b'] }, 'layer_types', '"linear_attention"', 'qwen3'),
  impossible({ hidden_size: undefined }, 'hidden_size', 'nothing'),
  impossible({ hidden_size: '32' }, 'hidden_size', '"32"'),
  impossible({ hidden_size: 32.5 }, 'hidden_size', '32.5'),
  impossible({ num_hidden_layers: 0 }, 'num_hidden_layers', '0'),
  impossible({ vocab_size: -96 }, 'vocab_size', '-96'),
  impossible({ rms_norm_eps: 0 }, 'rms_norm_eps', '0'),
  impossible({ num_key_value_heads: 3 }, 'num_key_value_heads', '3'),
  impossible({ head_dim: 7 }, 'head_dim', '7'),
  impossible({ tie_word_embeddings: 'yes' }, 'tie_word_embeddings', '"yes"'),
  impossible({ rope_parameters: { rope_type: 'linear' } }, 'rope_parameters.factor', 'nothing'),
  impossible({ rope_parameters: { rope_type: 'linear', factor: 0 } }, 'rope_parameters.factor', '0'),
  impossible({ rope_parameters: 'default' }, 'config.json', '"default"'),
  impossible({ rope_scaling: { type: 'linear', factor: 2 } }, 'rope_scaling', '{"type":"linear","factor":2}'),
  impossible(
    {
      rope_parameters: {
        rope_type: 'llama3',
        factor: 8,
        low_freq_factor: 4,
        high_freq_factor: 1,
        original_max_position_embeddings: 16,
      },
    },
    'rope_parameters.high_freq_factor',
    '1',
  ),
  impossible({ layer_types: ['full_attention'] }, 'layer_types', '1', 'qwen3'),
  impossible({ sliding_window: 0 }, 'sliding_window', '0', 'mistral-sliding'),
];

describe('config', () => {
  for (const { change, from, code, field, found } of refused) {
    it(`refuses ${JSON.stringify(change)}${from === undefined ? '' : ` in ${from}`}`, () => {
      let failure: unknown;
      try {
        parseConfig({ ...base(from), ...change });
      } catch (error) {
        failure = error;
      }
      expect(failure).to.be.instanceOf(Failure);
      const { details } = failure as Failure;
      expect(details).to.deep.include({ code, blame: 'user' });
      expect(details.where).to.include(field);
      expect(details.found).to.include(found);
    });
  }

  for (const json of [null, [], 'x', 3]) {
    it(`refuses ${JSON.stringify(json)} for a config`, () => {
      expect(() => parseConfig(json)).to.throw(Failure, 'does not hold an object');
    });
  }

  it('reads both forms to the same', () => {
    for (const name of [
      'llama-gqa-f32',
      'llama-rope-linear',
      'llama-rope-llama3',
      'llama-tied-odd-heads-bf16',
    ]) {
      expect(parseConfig(base(name, 'config.legacy.json')), name).to.deep.equal(parseConfig(base(name)));
    }
  });

  it('knows what each family implies', () => {
    const qwen2 = parseConfig(base('qwen2'));
    expect(qwen2.bias).to.deep.equal({ qkv: true, o: false, mlp: false });
    expect(qwen2.qk_norm).to.equal(false);
    const qwen3 = parseConfig({ ...base('qwen3'), head_dim: undefined });
    expect(qwen3.qk_norm).to.equal(true);
    expect(qwen3.head_dim).to.equal(128);
    expect(parseConfig({ ...base(), attention_bias: true }).bias).to.deep.equal({
      qkv: true,
      o: true,
      mlp: false,
    });
    expect(parseConfig({ ...base(), head_dim: null }).head_dim).to.equal(8);
    expect(parseConfig({ ...base(), num_key_value_heads: null }).num_key_value_heads).to.equal(4);
    expect(parseConfig({ ...base(), rope_parameters: undefined }).rope).to.deep.equal({
      rope_type: 'default',
      rope_theta: 10_000,
    });
  });

  it('gives sliding windows to the layers that have them', () => {
    const sliding = { ...base('qwen2'), use_sliding_window: true, sliding_window: 5 };
    const types = ['full_attention', 'sliding_attention', 'sliding_attention'];
    const windows = (json: object) => parseConfig(json).windows;
    expect(windows({ ...sliding, layer_types: types })).to.deep.equal([undefined, 5, 5]);
    expect(windows({ ...sliding, layer_types: null, max_window_layers: 2 })).to.deep.equal([
      undefined,
      undefined,
      5,
    ]);
    expect(windows({ ...sliding, use_sliding_window: false, layer_types: null })).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ]);
    expect(windows(base('mistral-sliding'))).to.deep.equal([8, 8, 8]);
    expect(windows({ ...base('mistral-sliding'), sliding_window: null })).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('llama3 frequencies: short waves kept, long ones slowed by the factor', () => {
    const { rope, head_dim } = parseConfig(base('llama-rope-llama3'));
    const { inv_freq } = ropeFrequencies(rope, head_dim, 1);
    // theta 500000, d 8, factor 8, original 16: wavelengths 6.28, 167, 4443, 118143; kept below 4, slowed above 16.
    const plain = [1, 500_000 ** -0.25, 500_000 ** -0.5, 500_000 ** -0.75];
    const smooth = (16 / (2 * Math.PI) - 1) / 3;
    const expected = [((1 - smooth) * 1) / 8 + smooth, plain[1]! / 8, plain[2]! / 8, plain[3]! / 8];
    for (const [i, value] of expected.entries()) expect(inv_freq[i]! / value).to.be.closeTo(1, 1e-6);
  });
});
