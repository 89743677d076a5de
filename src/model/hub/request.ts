import { codeOf } from '../../system/errno.ts';
import { Failure } from '../../system/failure.ts';
import { retrying } from '../../system/retry.ts';
import type { HubSettings } from './settings.ts';

export interface Transport {
  readonly settings: HubSettings;
  readonly fetch: typeof globalThis.fetch;
  readonly signal?: AbortSignal | undefined;
  /** First pause before a retry, in milliseconds; doubles each time. */
  readonly backoffMs: number;
  /** No answer, or no byte of it, for this long means that the connection is dead. */
  readonly idleMs: number;
}

export const patience = { backoffMs: 500, idleMs: 30_000 } as const;

/** No pause before a retry is longer, in milliseconds, whatever the hub asks for. */
const longestPauseMs = 60_000;

/** How often in a row something may fail in passing before it counts as failed. */
const attempts = 5;

/** More hops than any CDN needs; a loop ends here (fetch's own limit is 20). */
const maxRedirects = 8;

/** Something that may go better in a moment: a dropped connection, a 503. */
export class Transient extends Error {
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfterMs?: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Tries `attempt` until it succeeds, fails for good, or has failed in passing 5 times in a row without progress.
 * @param progress a figure that grows while attempts get somewhere; growth starts the count anew
 * @throws Failure `hub-unreachable` when patience is over
 */
export async function withRetries<T>(
  { backoffMs, signal, settings }: Transport,
  attempt: () => Promise<T>,
  { what, progress }: { what: string; progress?: () => number },
): Promise<T> {
  return retrying(attempt, {
    signal,
    ...(progress && { progress }),
    pauseAfter(error, failures) {
      signal?.throwIfAborted();
      if (!(error instanceof Transient)) return undefined;
      if (failures >= attempts) {
        throw unreachable(settings, `fetching ${what} failed ${attempts} times in a row`, error.message);
      }
      // Programs that were cut off together must not come back together.
      const jitter = 0.75 + Math.random() / 2;
      return Math.min(error.retryAfterMs ?? backoffMs * 2 ** (failures - 1) * jitter, longestPauseMs);
    },
  });
}

/**
 * One GET or HEAD, redirects followed. The token goes to the endpoint's own origin only, never to where a redirect
 * leads (the hub sends large files to a CDN with its own signature in the URL).
 *
 * @throws Transient, or Failure `hub-unreachable`, `hub-not-found`, `hub-needs-token`, `hub-gated`, ...
 */
export async function request(
  transport: Transport,
  url: string,
  { method = 'GET', headers = {}, what, signal = transport.signal }: RequestOptions,
): Promise<Response> {
  const { settings } = transport;
  const home = new URL(settings.endpoint).origin;
  let target = new URL(url);
  for (let hop = 0; hop <= maxRedirects; hop += 1) {
    const mayKnow = target.origin === home && settings.token !== undefined;
    const answer = await send(transport, target, {
      method,
      redirect: 'manual',
      headers: {
        'user-agent': 'assay',
        'accept-encoding': 'identity',
        ...headers,
        ...(mayKnow ? { authorization: `Bearer ${settings.token}` } : {}),
      },
      ...(signal ? { signal } : {}),
    });
    const location = answer.headers.get('location');
    if (answer.status < 300 || answer.status >= 400 || location === null)
      return judged(answer, settings, what);
    if (method === 'HEAD' && answer.headers.has('x-linked-etag')) return answer;
    await answer.body?.cancel();
    target = new URL(location, target);
  }
  throw failure('hub-bad-answer', {
    message: 'the hub redirects in circles',
    where: url,
    expected: `at most ${maxRedirects} redirects`,
    found: `one more, to ${target.origin}`,
    next: 'check HF_ENDPOINT',
  });
}

export interface RequestOptions {
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  /** What is asked for, for messages: `org/name@main`. */
  readonly what: string;
  readonly signal?: AbortSignal;
}

async function send(transport: Transport, target: URL, init: RequestInit): Promise<Response> {
  try {
    return await transport.fetch(target, init);
  } catch (error) {
    transport.signal?.throwIfAborted();
    throw networkError(error, transport.settings, target);
  }
}

/** A dropped connection may come back; a host that does not exist, or refuses, means that there is no network. */
export function networkError(error: unknown, settings: HubSettings, target: URL): Error {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = codeOf(cause);
  const message = cause instanceof Error ? cause.message : undefined;
  const lasting = ['ENOTFOUND', 'ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH', 'CERT_HAS_EXPIRED'];
  const text = [code, message].filter(Boolean).join(': ') || 'connection failed';
  if (code !== undefined && (lasting.includes(code) || /CERT|SELF_SIGNED|TLS/.test(code))) {
    return unreachable(settings, `${target.host} can not be reached`, text);
  }
  return new Transient(text);
}

async function judged(answer: Response, settings: HubSettings, what: string): Promise<Response> {
  const { status } = answer;
  if (answer.ok || status === 416) return answer;
  const code = answer.headers.get('x-error-code') ?? '';
  const said = [`${status} ${answer.statusText}`.trim(), answer.headers.get('x-error-message')]
    .filter(Boolean)
    .join(', ');
  await answer.body?.cancel();
  if ([408, 425, 429, 500, 502, 503, 504].includes(status)) {
    const seconds = Number(answer.headers.get('retry-after') ?? NaN);
    throw new Transient(`the hub answered ${said}`, Number.isFinite(seconds) ? seconds * 1000 : undefined);
  }
  const page = `${settings.endpoint}/${what.replace(/@.*/, '')}`;
  if (code === 'GatedRepo' || (status === 403 && settings.token !== undefined)) {
    throw failure('hub-gated', {
      message: `access to ${what} is granted by its owners, and not to you yet`,
      where: page,
      expected: 'a token of an account that has accepted its terms',
      found: settings.token === undefined ? `no token; ${said}` : said,
      next: `accept the terms at ${page}, and set HF_TOKEN to a token of that account that may read gated models`,
    });
  }
  if (status === 401 || status === 403) {
    throw settings.token === undefined
      ? failure('hub-needs-token', {
          message: `the hub does not show ${what} to strangers: it is private, or there is no such model`,
          where: page,
          expected: `a model that is public, or a token in HF_TOKEN or ${settings.tokenFile}`,
          found: `no token; ${said}`,
          next: 'check the spelling; for a private model set HF_TOKEN',
        })
      : failure('hub-needs-token', {
          message: `the hub refuses the token for ${what}`,
          where: page,
          expected: 'a token that may read this model',
          found: said,
          next: `make a new token at ${settings.endpoint}/settings/tokens, and check the spelling of the model`,
        });
  }
  if (status === 404) {
    const of = code === 'RevisionNotFound' ? 'revision' : code === 'EntryNotFound' ? 'file' : 'model';
    throw failure('hub-not-found', {
      message: `the hub has no such ${of}: ${what}`,
      where: page,
      found: said,
      next: 'check the spelling: `org/name`, or `org/name@revision` for a branch, tag or commit',
    });
  }
  throw failure('hub-bad-answer', {
    message: `the hub does not answer as expected for ${what}`,
    where: page,
    found: said,
    next: 'check HF_ENDPOINT, and try again later',
  });
}

/** @param message what can not be reached, or what went wrong how often */
function unreachable({ endpoint }: HubSettings, message: string, found: string): Failure {
  return new Failure({
    code: 'hub-unreachable',
    blame: 'machine',
    message,
    where: endpoint,
    expected: 'an answer',
    found,
    next: 'check the network (HF_ENDPOINT names another hub) and try again: what came is kept, and the download goes on from it',
  });
}

export function failure(
  code: string,
  words: { message: string; where?: string; expected?: string; found?: string; next: string },
): Failure {
  return new Failure({ code, blame: 'user', ...words });
}
