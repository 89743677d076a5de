import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkModel } from '../../../src/model/checkpoint/check-model.ts';
import { writeSafetensors } from '../../../src/model/checkpoint/safetensors-writer.ts';
import { Failure } from '../../../src/system/failure.ts';
import { copyModel, temporaryFolder } from '../../support/models/tiny-model.ts';

type Json = Record<string, unknown>;

function edit(file: string, change: (json: Json) => Json): void {
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')) as Json)));
}

const LFS = `version https://git-lfs.github.com/spec/v1\noid sha256:${'ab'.repeat(32)}\nsize 269060552\n`;
const PAGE =
  '<!doctype html>\n<html lang="en"><head><title>model.safetensors - Hugging Face</title></head></html>\n';
const ADAPTER = JSON.stringify({ peft_type: 'LORA', base_model_name_or_path: 'HuggingFaceTB/SmolLM2-135M' });

interface Case {
  readonly damage: (folder: string) => void;
  readonly code: string;
  readonly where: string;
  readonly found: string;
}
const put = (name: string, contents: string | Uint8Array) => (folder: string) =>
  writeFileSync(join(folder, name), contents);
const instead = (name: string, make: (file: string) => void) => (folder: string) => {
  rmSync(join(folder, name));
  make(join(folder, name));
};
const fifo = (file: string) => execFileSync('mkfifo', [file]);
const config = (fields: Json) => (folder: string) =>
  edit(join(folder, 'config.json'), (json) => ({ ...json, ...fields }));
const tokenizer = (change: (json: Json) => Json) => (folder: string) =>
  edit(join(folder, 'tokenizer.json'), change);
const added = (token: Json) =>
  tokenizer((json) => ({
    ...json,
    added_tokens: [
      ...(json['added_tokens'] as Json[]),
      { single_word: false, lstrip: false, rstrip: false, normalized: false, special: false, ...token },
    ],
  }));

const CASES: Record<string, Case> = {
  'weights that are a pointer of Git LFS': {
    damage: put('model.safetensors', LFS),
    code: 'model-lfs-pointer',
    where: 'model.safetensors',
    found: 'a pointer of Git LFS',
  },
  'a tokenizer that is a pointer of Git LFS': {
    damage: put('tokenizer.json', LFS),
    code: 'model-lfs-pointer',
    where: 'tokenizer.json',
    found: 'a pointer of Git LFS',
  },
  'weights that are a web page': {
    damage: put('model.safetensors', PAGE),
    code: 'model-web-page',
    where: 'model.safetensors',
    found: 'a web page',
  },
  'a config that is a web page': {
    damage: put('config.json', `\n  ${PAGE.toUpperCase()}`),
    code: 'model-web-page',
    where: 'config.json',
    found: 'a web page',
  },
  'a chat template that is a web page': {
    damage: put('chat_template.jinja', `\uFEFF${PAGE}`),
    code: 'model-web-page',
    where: 'chat_template.jinja',
    found: 'a web page',
  },
  'weights that are what a server said': {
    damage: put('model.safetensors', 'Access to model org/name is restricted.\nLog in.\n'),
    code: 'model-other-weights',
    where: 'model.safetensors',
    found: '"Access to model org/name is restricted."',
  },
  'weights that are JSON': {
    damage: put('model.safetensors', '{"error":"Repository not found"}'),
    code: 'model-other-weights',
    where: 'model.safetensors',
    found: String.raw`"{\"error\":\"Repository not found\"}"`,
  },
  'weights in GGUF form': {
    damage: put('model.safetensors', Buffer.concat([Buffer.from('GGUF'), Buffer.alloc(64, 3)])),
    code: 'model-other-weights',
    where: 'model.safetensors',
    found: 'a GGUF file',
  },
  'weights of PyTorch under another name': {
    damage: put('model.safetensors', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(64)])),
    code: 'model-other-weights',
    where: 'model.safetensors',
    found: 'a zip archive, as PyTorch writes them',
  },
  'weights that are a pickle': {
    damage: put('model.safetensors', Buffer.from('8002636e756d70790a', 'hex')),
    code: 'model-other-weights',
    where: 'model.safetensors',
    found: 'a pickle, as PyTorch writes them',
  },
  'weights that are packed': {
    damage: put('model.safetensors', Buffer.from('1f8b0800000000000003', 'hex')),
    code: 'model-other-weights',
    where: 'model.safetensors',
    found: 'a gzip archive',
  },
  'weights that are empty': {
    damage: put('model.safetensors', ''),
    code: 'safetensors-truncated',
    where: 'model.safetensors',
    found: '0 bytes',
  },
  'weights that are a named pipe': {
    damage: instead('model.safetensors', fifo),
    code: 'model-not-a-file',
    where: 'model.safetensors',
    found: 'a named pipe',
  },
  'weights that are a folder': {
    damage: instead('model.safetensors', (file) => mkdirSync(file)),
    code: 'model-not-a-file',
    where: 'model.safetensors',
    found: 'a folder',
  },
  'weights that are a link to a device': {
    damage: instead('model.safetensors', (file) => symlinkSync('/dev/zero', file)),
    code: 'model-not-a-file',
    where: 'model.safetensors',
    found: 'a device',
  },
  'a config that is a named pipe': {
    damage: instead('config.json', fifo),
    code: 'model-not-a-file',
    where: 'config.json',
    found: 'a named pipe',
  },
  'a config that is a link to a device without end': {
    damage: instead('config.json', (file) => symlinkSync('/dev/zero', file)),
    code: 'model-not-a-file',
    where: 'config.json',
    found: 'a device',
  },
  'a tokenizer that is a named pipe': {
    damage: instead('tokenizer.json', fifo),
    code: 'model-not-a-file',
    where: 'tokenizer.json',
    found: 'a named pipe',
  },
  'a chat template that is a named pipe': {
    damage: (folder) => fifo(join(folder, 'chat_template.jinja')),
    code: 'model-not-a-file',
    where: 'chat_template.jinja',
    found: 'a named pipe',
  },
  'an index that is a named pipe': {
    damage(folder) {
      rmSync(join(folder, 'model.safetensors'));
      fifo(join(folder, 'model.safetensors.index.json'));
    },
    code: 'model-not-a-file',
    where: 'model.safetensors.index.json',
    found: 'a named pipe',
  },
  'a shard that is a pointer of Git LFS': {
    damage(folder) {
      renameSync(join(folder, 'model.safetensors'), join(folder, 'one.safetensors'));
      put('two.safetensors', LFS)(folder);
      put(
        'model.safetensors.index.json',
        JSON.stringify({ weight_map: { a: 'one.safetensors', b: 'two.safetensors' } }),
      )(folder);
    },
    code: 'model-lfs-pointer',
    where: 'two.safetensors',
    found: 'a pointer of Git LFS',
  },
  'a config of 20 MB': {
    damage: (folder) => truncateSync(join(folder, 'config.json'), 20_000_000),
    code: 'model-file-too-large',
    where: 'config.json',
    found: '20 MB long',
  },
  'an adapter alone': {
    damage(folder) {
      for (const name of ['config.json', 'model.safetensors']) rmSync(join(folder, name));
      put('adapter_config.json', ADAPTER)(folder);
      put('adapter_model.safetensors', '')(folder);
    },
    code: 'model-adapter',
    where: '',
    found: 'adapter_config.json, adapter_model.safetensors, for HuggingFaceTB/SmolLM2-135M',
  },
  'an adapter beside its base': {
    damage: put('adapter_config.json', ADAPTER),
    code: 'model-adapter',
    where: '',
    found: 'adapter_config.json, for HuggingFaceTB/SmolLM2-135M',
  },
  'the weights of an adapter beside its base, its config damaged': {
    damage(folder) {
      put('adapter_config.json', '{')(folder);
      put('adapter_model.bin', '')(folder);
    },
    code: 'model-adapter',
    where: '',
    found: 'adapter_config.json, adapter_model.bin',
  },
  'the weights of an adapter under the name of those of a model': {
    damage: (folder) =>
      writeSafetensors(join(folder, 'model.safetensors'), [
        {
          name: 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight',
          shape: [2, 4],
          values: new Float32Array(8),
          dtype: 'F32',
        },
      ]),
    code: 'model-adapter',
    where: 'model.safetensors, tensor base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight',
    found: 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight [2, 4]',
  },
  'a config with a billion layers': {
    damage: config({ num_hidden_layers: 1e9 }),
    code: 'config-field',
    where: 'config.json, num_hidden_layers',
    found: '1000000000',
  },
  'a config with more layers than the weights': {
    damage: config({ num_hidden_layers: 9999 }),
    code: 'tensor-missing',
    where: ', tensor model.layers.3.input_layernorm.weight',
    found: '',
  },
  'a config with a vocabulary of a billion': {
    damage: config({ vocab_size: 1e9 }),
    code: 'tensor-shape',
    where: 'model.safetensors, tensor model.embed_tokens.weight',
    found: '',
  },
  'a config with a width of a billion': {
    damage: config({ hidden_size: 1e9 }),
    code: 'tensor-shape',
    where: 'model.safetensors, tensor model.embed_tokens.weight',
    found: '',
  },
  'a config with an inner width of a billion': {
    damage: config({ intermediate_size: 1e9 }),
    code: 'tensor-shape',
    where: 'model.safetensors, tensor model.layers.0.mlp.gate_proj.weight',
    found: '',
  },
  'a config with a billion heads': {
    damage: config({ num_attention_heads: 1e9, num_key_value_heads: 1e9 }),
    code: 'tensor-shape',
    where: 'model.safetensors, tensor model.layers.0.self_attn.q_proj.weight',
    found: '',
  },
  'a config with heads of a billion': {
    damage: config({ head_dim: 1e9 }),
    code: 'tensor-shape',
    where: 'model.safetensors, tensor model.layers.0.self_attn.q_proj.weight',
    found: '',
  },
  'an added token with an id of a billion': {
    damage: added({ id: 1e9, content: 'Berlin' }),
    code: 'tokenizer-component-unverified',
    where: 'tokenizer.json',
    found: '1000000000',
  },
  'an added token beyond the embedding': {
    damage: added({ id: 96, content: 'Berlin' }),
    code: 'token-beyond-embedding',
    where: 'tokenizer.json, token "Berlin"',
    found: 'id 96',
  },
  'a special token beyond the embedding': {
    damage: added({ id: 96, content: '<pad>', special: true }),
    code: 'token-beyond-embedding',
    where: 'tokenizer.json, token "<pad>"',
    found: 'id 96',
  },
  'a token of the vocabulary with an id of a billion': {
    damage: tokenizer((json) => {
      const model = json['model'] as Json;
      return { ...json, model: { ...model, vocab: { ...(model['vocab'] as Json), '<extra_95>': 1e9 } } };
    }),
    code: 'token-beyond-embedding',
    where: 'tokenizer.json, token "<extra_95>"',
    found: 'id 1000000000',
  },
  'a token of the vocabulary with an id that is none': {
    damage: tokenizer((json) => {
      const model = json['model'] as Json;
      return { ...json, model: { ...model, vocab: { ...(model['vocab'] as Json), '<extra_95>': -1 } } };
    }),
    code: 'token-beyond-embedding',
    where: 'tokenizer.json, token "<extra_95>"',
    found: 'id -1',
  },
  'a token in front of texts beyond the embedding': {
    damage: tokenizer((json) => {
      const processor = json['post_processor'] as Json;
      return {
        ...json,
        post_processor: {
          ...processor,
          special_tokens: { '<s>': { id: '<s>', ids: [4711], tokens: ['<s>'] } },
        },
      };
    }),
    code: 'token-beyond-embedding',
    where: 'tokenizer.json, post_processor',
    found: 'id 4711',
  },
};

describe('checking a model before it is opened', () => {
  let folder: string;
  let remove: () => void;
  let model: string;
  beforeEach(() => {
    ({ folder, remove } = temporaryFolder());
    model = copyModel('llama-gqa-f32', folder);
  });
  afterEach(() => remove());

  it('accepts a model, its files or links to them, and other files beside them', () => {
    checkModel(model);
    for (const name of ['model.safetensors', 'config.json']) {
      renameSync(join(model, name), join(folder, name));
      symlinkSync(join(folder, name), join(model, name));
    }
    mkdirSync(join(model, 'onnx'));
    copyFileSync(join(model, 'config.json'), join(model, 'adapter-notes.md'));
    checkModel(model);
  });

  for (const [title, { damage, code, where, found }] of Object.entries(CASES)) {
    it(`refuses ${title}, by what it is`, () => {
      damage(model);
      let failure: unknown;
      try {
        checkModel(model);
      } catch (error) {
        failure = error;
      }
      expect(failure).to.be.instanceOf(Failure);
      const { details } = failure as Failure;
      expect(details).to.include({ code, blame: 'user' });
      const at = details.where?.replace(model, '').replace(/^\//, '') ?? '';
      expect(at.startsWith(where.replace(/^\//, '')), details.where).to.equal(true);
      if (found !== '') expect(details.found).to.equal(found);
      expect(details).to.include.keys('expected', 'next');
    });
  }
});
