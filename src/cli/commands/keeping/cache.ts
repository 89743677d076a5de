import { jsonText } from '../../wording/forms/json.ts';
import { join } from 'node:path';
import { openReadingLog } from '../../../engine/store/reading-log.ts';
import { storeSizes } from '../../../engine/store/sizes.ts';
import { EXIT } from '../../exit-codes.ts';
import { openStatusLine } from '../../terminal/status-line.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { wordCache, wordChecking, wordVerdicts } from '../../wording/keeping/cache.ts';
import { modelMemo } from '../../options/defaults.ts';

export interface CacheOptions {
  readonly format: 'text' | 'json';
  readonly store: string;
}

/** `assay cache`: what is in the store and how large it is. */
export function cache({ out }: Terminal, { format, store }: CacheOptions): number {
  const rows = openReadingLog(join(store, 'rows'));
  const spaces = rows.spaces().map((name) => {
    const space = rows.space(name);
    return { name, model: modelOf(space.about()), rows: space.readAll().size, bytes: space.bytes };
  });
  const found = { store, ...storeSizes(store), rows: spaces };
  out.write(format === 'json' ? jsonText(found) : wordCache(found, out.colors));
  return EXIT.ok;
}

/** `assay cache verify`: computes a sample of the rows, a share of them, once more, and compares. */
export async function verify(
  { out, err }: Terminal,
  { format, store, sample }: CacheOptions & { readonly sample: number },
): Promise<number> {
  const { verifyRows } = await import('../../../hosting/readings/verify-readings.ts');
  const status = openStatusLine(err);
  const damaged: string[] = [];
  const rows = openReadingLog(join(store, 'rows'), (file) => damaged.push(file));
  const verdicts = [];
  for (const name of rows.spaces()) {
    status.show(wordChecking(name));
    verdicts.push(
      await verifyRows(rows.space(name), { share: sample, random: Math.random, memoFile: modelMemo() }),
    );
  }
  status.clear();
  const found = { store, damaged, verdicts };
  out.write(format === 'json' ? jsonText(found) : wordVerdicts(found, out.colors));
  const isRight = damaged.length === 0 && verdicts.every(({ mismatches }) => mismatches.length === 0);
  return isRight ? EXIT.ok : EXIT.failed;
}

function modelOf(about: unknown): string | undefined {
  const { model } = (about ?? {}) as { model?: { ref?: string } };
  return model?.ref;
}
