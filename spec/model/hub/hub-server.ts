import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a server may do wrong while it sends one file. */
export interface Fault {
  /** The connection is cut after this many bytes of the body. */
  readonly cutAfter?: number;
  /** The byte at this offset of the file is sent with one bit flipped. */
  readonly flip?: number;
  readonly ignoreRange?: boolean;
  readonly status?: number;
  /** The body is sent in pieces of so many bytes, so many milliseconds apart. */
  readonly slow?: { readonly piece: number; readonly ms: number };
  /** Nothing is sent after the headers. */
  readonly stall?: boolean;
}

export interface ServedModel {
  readonly files: Readonly<Record<string, Buffer>>;
  readonly commit: string;
  readonly access?: 'gated' | 'private';
  /** The description gives no sizes and digests, as some mirrors'. */
  readonly bare?: boolean;
}

export interface Asked {
  readonly host: 'hub' | 'cdn';
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

export const goodToken = 'hf_good';

/**
 * A Hugging Face hub on loopback: model descriptions and small files from one port, large files (LFS: `*.safetensors`)
 * by redirect from another, which plays the CDN. It counts what it sends and can be told to misbehave.
 */
export class HubServer {
  readonly models = new Map<string, ServedModel>();
  readonly asked: Asked[] = [];
  /** Bytes of file bodies handed to the network, by file name. */
  readonly sent = new Map<string, number>();
  /** Asked before each file is sent: what to do wrong this time. */
  fault: (name: string, asked: Asked) => Fault = () => ({});
  /** Answer to the description of models, for servers that are down. */
  describeStatus: () => number = () => 200;
  readonly #hub: Server = createServer((request, response) => this.#answerHub(request, response));
  readonly #cdn: Server = createServer((request, response) => this.#answerCdn(request, response));

  async start(): Promise<void> {
    for (const server of [this.#hub, this.#cdn]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    }
  }

  async stop(): Promise<void> {
    for (const server of [this.#hub, this.#cdn]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#hub.address() as AddressInfo).port}`;
  }

  get #cdnOrigin(): string {
    return `http://127.0.0.1:${(this.#cdn.address() as AddressInfo).port}`;
  }

  sentOf(name: string): number {
    return this.sent.get(name) ?? 0;
  }

  #note(host: Asked['host'], request: IncomingMessage): Asked {
    const asked = {
      host,
      method: request.method ?? '',
      path: request.url ?? '',
      authorization: request.headers.authorization,
      range: request.headers.range,
    };
    this.asked.push(asked);
    return asked;
  }

  #answerHub(request: IncomingMessage, response: ServerResponse): void {
    const asked = this.#note('hub', request);
    const api = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/([^?]+)/.exec(asked.path);
    const file = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(asked.path);
    const [, id = '', revision = '', name] = api ?? file ?? [];
    const model = this.models.get(id);
    const known = asked.authorization === `Bearer ${goodToken}`;
    if (model === undefined || (model.access === 'private' && !known)) {
      // As the real one: whoever has no token is not told whether there is such a model.
      const [status, code] = known ? [404, 'RepoNotFound'] : [401, 'RepoNotFound'];
      refuse(response, status, code);
      return;
    }
    if (asked.authorization !== undefined && !known) {
      refuse(response, 401, '');
      return;
    }
    if (!['main', model.commit].includes(decodeURIComponent(revision))) {
      refuse(response, 404, 'RevisionNotFound');
      return;
    }
    if (name === undefined) {
      this.#describe(model, response);
      return;
    }
    if (model.access === 'gated') {
      refuse(response, known ? 403 : 401, 'GatedRepo');
      return;
    }
    const contents = model.files[name];
    if (contents === undefined) {
      refuse(response, 404, 'EntryNotFound');
      return;
    }
    const linked = {
      'x-repo-commit': model.commit,
      'x-linked-etag': `"${etagOf(name, contents)}"`,
      'x-linked-size': String(contents.length),
    };
    if (isLarge(name)) {
      const location = `${this.#cdnOrigin}/${id}/${name}?signature=secret`;
      response.writeHead(302, { ...linked, location }).end();
    } else if (asked.method === 'HEAD') {
      response.writeHead(200, { ...linked, 'content-length': contents.length }).end();
    } else {
      this.#send(name, contents, asked, response);
    }
  }

  #describe(model: ServedModel, response: ServerResponse): void {
    const status = this.describeStatus();
    if (status !== 200) {
      refuse(response, status, '');
      return;
    }
    const siblings = Object.entries(model.files).map(([rfilename, contents]) => {
      if (model.bare) return { rfilename };
      const etag = etagOf(rfilename, contents);
      const lfs = isLarge(rfilename)
        ? { lfs: { sha256: etag, size: contents.length, pointerSize: 134 } }
        : {};
      return { rfilename, size: contents.length, blobId: gitSha1(contents), ...lfs };
    });
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ sha: model.commit, siblings }));
  }

  #answerCdn(request: IncomingMessage, response: ServerResponse): void {
    const asked = this.#note('cdn', request);
    const [, id = '', name = ''] = /^\/([^/]+\/[^/]+)\/([^?]+)\?/.exec(asked.path) ?? [];
    const contents = this.models.get(id)?.files[name];
    if (contents === undefined) {
      refuse(response, 404, 'EntryNotFound');
      return;
    }
    this.#send(name, contents, asked, response);
  }

  #send(name: string, contents: Buffer, asked: Asked, response: ServerResponse): void {
    const fault = this.fault(name, asked);
    if (fault.status !== undefined) {
      refuse(response, fault.status, '');
      return;
    }
    const start = fault.ignoreRange ? 0 : Number(/^bytes=(\d+)-$/.exec(asked.range ?? '')?.[1] ?? 0);
    const body = Buffer.from(contents.subarray(start));
    const flipped = (fault.flip ?? -1) - start;
    if (flipped >= 0 && flipped < body.length) body[flipped]! ^= 1;
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': body.length,
      ...(start > 0 ? { 'content-range': `bytes ${start}-${contents.length - 1}/${contents.length}` } : {}),
    });
    if (fault.stall) {
      response.flushHeaders();
      return;
    }
    void this.#pour(name, body, fault, response);
  }

  async #pour(name: string, body: Buffer, fault: Fault, response: ServerResponse): Promise<void> {
    const end = Math.min(fault.cutAfter ?? body.length, body.length);
    const piece = fault.slow?.piece ?? 64 * 1024;
    for (let at = 0; at < end && !response.destroyed; at += piece) {
      const bytes = body.subarray(at, Math.min(at + piece, end));
      await new Promise((resolve) => response.write(bytes, resolve));
      this.sent.set(name, this.sentOf(name) + bytes.length);
      if (fault.slow) await new Promise((resolve) => setTimeout(resolve, fault.slow?.ms));
    }
    if (end < body.length) response.destroy();
    else response.end();
  }
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'x-error-code': code, 'x-error-message': `said the hub (${status})` }).end();
}

export function isLarge(name: string): boolean {
  return /\.(safetensors|bin)$/.test(name);
}

export function etagOf(name: string, contents: Buffer): string {
  return isLarge(name) ? createHash('sha256').update(contents).digest('hex') : gitSha1(contents);
}

function gitSha1(contents: Buffer): string {
  return createHash('sha1').update(`blob ${contents.length}\0`).update(contents).digest('hex');
}
