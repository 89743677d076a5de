import { EXIT } from '../exit-codes.ts';

export interface Interruption {
  readonly signal: AbortSignal;
  /** The exit code that the signal asks for, once there was one. */
  exitCode(): number | undefined;
  /** Stops listening: the signals do what they always do. */
  release(): void;
}

/** The first Ctrl-C asks for a clean end, the second ends the program where it stands. */
export function listenForInterrupts(onFirst: () => void): Interruption {
  const stop = new AbortController();
  let exitCode: number | undefined;
  const listener = (signal: NodeJS.Signals) => {
    const code = signal === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted;
    if (exitCode !== undefined) process.exit(code);
    exitCode = code;
    onFirst();
    stop.abort();
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return {
    signal: stop.signal,
    exitCode: () => exitCode,
    release() {
      process.off('SIGINT', listener);
      process.off('SIGTERM', listener);
    },
  };
}
