import { EXIT } from '../exit-codes.ts';

/** How long what has to end first is waited for at the second signal, in milliseconds. */
const PATIENCE_MS = 500;

export interface Interruption {
  readonly signal: AbortSignal;
  /** The exit code that the signal asks for, once there was one. */
  exitCode(): number | undefined;
  /** Takes the signals from here on. */
  listen(): void;
  /** From here on the signals do what they always do; not any more after the first of them has come. */
  ignore(): void;
  /** Says what an exit would wait for: it is told to end at the second signal. */
  endFirst(end: () => Promise<void>): void;
  /** To be called when all is done: does not return after a signal where an exit would wait for what does not end. */
  ended(): Promise<void>;
  /** Stops listening for good. */
  release(): void;
}

/** The first Ctrl-C asks for a clean end, the second ends the program where it stands. */
export function listenForInterrupts(onFirst: () => void): Interruption {
  const stop = new AbortController();
  let first: NodeJS.Signals | undefined;
  let isDying = false;
  let end: () => Promise<void> = () => Promise.resolve();
  let isListening = false;

  // A signal that comes while the same listener is taken off and put on again is lost.
  const listen = (): void => {
    if (isListening) return;
    isListening = true;
    process.on('SIGINT', listener);
    process.on('SIGTERM', listener);
  };
  const release = (): void => {
    isListening = false;
    process.off('SIGINT', listener);
    process.off('SIGTERM', listener);
  };
  const listener = (signal: NodeJS.Signals): void => {
    if (isDying) dieBy(signal);
    if (first !== undefined) {
      isDying = true;
      void endOr(() => dieBy(signal)).then(() => process.exit(codeOf(signal)));
      return;
    }
    first = signal;
    onFirst();
    stop.abort();
  };
  /** An exit waits for threads, and one that is in native code does not end: then the program dies by the signal. */
  const dieBy = (signal: NodeJS.Signals): void => {
    release();
    process.kill(process.pid, signal);
  };
  const endOr = async (otherwise: () => void): Promise<void> => {
    const timer = setTimeout(otherwise, PATIENCE_MS);
    await end();
    clearTimeout(timer);
  };

  listen();
  return {
    signal: stop.signal,
    exitCode: () => (first === undefined ? undefined : codeOf(first)),
    listen,
    ignore() {
      if (first === undefined) release();
    },
    endFirst: (what) => (end = what),
    async ended() {
      const signal = first;
      if (signal !== undefined) await endOr(() => dieBy(signal));
    },
    release,
  };
}

function codeOf(signal: NodeJS.Signals): number {
  return signal === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted;
}
