import { InternalError } from '../../system/internal-error.ts';
import type { ServiceToken, Services } from '../stage-kind.ts';

/** What goes with a call of a service besides the request. */
export interface CallOptions {
  /** Told of what happens until the answer is there. */
  readonly onEvent?: (event: unknown) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Asks the main thread's end of a service. Requests, events and answers are data. */
export type ServiceCall = (request: unknown, options?: CallOptions) => Promise<unknown>;

/** What a stage has of a service in the main thread, from when it first asks until it ends, however that is. */
export interface Connection {
  call(
    request: unknown,
    options: { readonly onEvent: (event: unknown) => void; readonly signal: AbortSignal },
  ): Promise<unknown>;
  /** Gives back what the stage has borrowed. */
  close(): void;
}

/** A service that stages of other threads use by message: the main thread's end. */
export interface ServedService {
  readonly name: string;
  connect(): Connection;
}

/** The other end: makes of calls what stages know as the service. */
export interface RemoteService {
  readonly name: string;
  use(call: ServiceCall): unknown;
}

export function serveService<T>(token: ServiceToken<T>, connect: () => Connection): ServedService {
  return { name: token.name, connect };
}

export function remoteService<T>(token: ServiceToken<T>, use: (call: ServiceCall) => T): RemoteService {
  return { name: token.name, use };
}

/** Services for one stage, each by calls. */
export function servicesBy(
  remote: readonly RemoteService[],
  callOf: (name: string) => ServiceCall,
): Services {
  const used = new Map<string, unknown>();
  return {
    get<T>({ name }: ServiceToken<T>): T {
      const service = remote.find((each) => each.name === name);
      if (service === undefined) throw new InternalError(`expected the service ${name}, was not lent`);
      if (!used.has(name)) used.set(name, service.use(callOf(name)));
      return used.get(name) as T;
    },
  };
}
