import { EXIT } from '../exit-codes.ts';

/**
 * Lets the program go on when nobody takes what it says any more. `assay run 2>&1 | head -1` closes the pipe early: that is
 * nobody's mistake, and a run that has begun ends as it would have. What cannot be written for another reason, as on a full
 * disk, is told on the other stream, and the program ends with an exit code that says so.
 */
export function outliveReaders(streams: readonly [NodeJS.WriteStream, NodeJS.WriteStream]): void {
  let isLost = false;
  for (const [index, stream] of streams.entries()) {
    stream.on('error', (error: Error & { readonly code?: string }) => {
      if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED' || isLost) return;
      isLost = true;
      const other = streams[1 - index];
      if (other?.writable) other.write(`error: the output cannot be written: ${error.message}\n`);
    });
  }
  // Streams fail later than they are written to: only now is all known.
  process.on('exit', () => {
    if (isLost && (process.exitCode ?? EXIT.ok) === EXIT.ok) process.exitCode = EXIT.failed;
  });
}
