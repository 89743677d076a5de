import type { SpanChunk } from './chunk.ts';

/**
 * Cuts the chunks of a span into sweeps. The chunks of a sweep go through the layers together, so that weights that are streamed
 * are read once for all of them: as many as fit `bytes` with what they hold between two layers, at least one.
 */
export function* sweepsOf(
  chunks: Iterable<SpanChunk>,
  hidden_size: number,
  bytes: number,
): Generator<readonly SpanChunk[]> {
  let sweep: SpanChunk[] = [];
  let held = 0;
  for (const each of chunks) {
    const { tokens, parts } = each.chunk;
    const masks = parts.flatMap((part) => part.masks);
    const size =
      4 * tokens.length * 2 * hidden_size + masks.reduce((sum, { values }) => sum + values.byteLength, 0);
    if (sweep.length > 0 && held + size > bytes) {
      yield sweep;
      sweep = [];
      held = 0;
    }
    sweep.push(each);
    held += size;
  }
  if (sweep.length > 0) yield sweep;
}
