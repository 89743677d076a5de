import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { CachedModel } from '../../../src/model/hub/cache.ts';
import { pullModel, type PullOptions } from '../../../src/model/hub/pull.ts';
import { etagOf, HubServer } from './hub-server.ts';

export const id = 'TinyOrg/tiny-model_1.0';

export const commit = '0123456789abcdef0123456789abcdef01234567';

export const weights = 'model.safetensors';

/** Large enough for several network packets, and for a slow server to be killed amid. */
export const contents = randomBytes(3_000_000);

export const files: Readonly<Record<string, Buffer>> = {
  'config.json': Buffer.from('{"model_type":"llama"}\n'),
  'generation_config.json': Buffer.from('{}'),
  'tokenizer.json': Buffer.from('{"version":"1.0"}'),
  'tokenizer_config.json': Buffer.from('{"a":1}'),
  'special_tokens_map.json': Buffer.from('{"b":2}'),
  'chat_template.jinja': Buffer.from('{{ messages }}'),
  [weights]: contents,
};

const unneeded: Readonly<Record<string, Buffer>> = {
  'README.md': Buffer.from('# Tiny'),
  'pytorch_model.bin': Buffer.from('bin'),
  'consolidated.safetensors': Buffer.from('the weights once more'),
  'onnx/model.onnx': Buffer.from('onnx'),
  'model-Q4.gguf': Buffer.from('gguf'),
  'original/config.json': Buffer.from('{}'),
};

/** A hub that serves one small model, and an empty Hugging Face home to pull it into. */
export class PullRig {
  readonly hub: HubServer;
  readonly home = mkdtempSync(join(tmpdir(), 'assay-hub-'));
  /** Keeps the address of the hub for specs that stop it: a stopped server no longer tells its port. */
  readonly env: NodeJS.ProcessEnv;

  private constructor(hub: HubServer) {
    this.hub = hub;
    this.env = { HF_ENDPOINT: hub.endpoint, HF_HOME: this.home };
  }

  static async open(): Promise<PullRig> {
    const hub = new HubServer();
    await hub.start();
    hub.models.set(id, { files: { ...files, ...unneeded }, commit });
    return new PullRig(hub);
  }

  async close(): Promise<void> {
    await this.hub.stop();
    rmSync(this.home, { recursive: true, force: true });
  }

  pull(options: PullOptions = {}): Promise<CachedModel> {
    return pullModel(id, 'main', { env: this.env, backoffMs: 5, ...options });
  }

  get repository(): string {
    return join(this.home, 'hub', 'models--TinyOrg--tiny-model_1.0');
  }

  get lock(): string {
    return join(this.home, 'hub', '.locks', 'models--TinyOrg--tiny-model_1.0', 'assay.lock');
  }

  blob(name: string): string {
    return join(this.repository, 'blobs', etagOf(name, files[name]!));
  }
}

export function isWhole(folder: string): void {
  for (const [name, bytes] of Object.entries(files)) {
    expect(readFileSync(join(folder, name)).equals(bytes), name).to.equal(true);
  }
}

/** A `fetch` by which the hub announces other sizes of large files than it has. */
export function announcing(sizeOf: (bytes: number) => number): typeof globalThis.fetch {
  return async (input, init) => {
    const answer = await fetch(input, init);
    if (!answer.url.includes('/api/')) return answer;
    const described = (await answer.json()) as { siblings: { lfs?: { size: number } }[] };
    for (const { lfs } of described.siblings) if (lfs) lfs.size = sizeOf(lfs.size);
    return Response.json(described);
  };
}

export function without(all: Readonly<Record<string, Buffer>>, name: string): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(all).filter(([key]) => key !== name));
}
