import { join } from 'node:path';
import { openReadingLog } from '../../engine/store/reading-log.ts';
import { storeSizes } from '../../engine/store/sizes.ts';
import { EXIT } from '../exit-codes.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { usageFailure } from '../usage-failure.ts';
import { wordCache, wordVerdicts } from '../wording/cache.ts';
import { modelMemo } from '../pipeline/prepare-run.ts';

export interface CacheOptions {
  readonly format: 'text' | 'json';
  readonly store: string;
}

/** `assay cache`: what is in the store and how large it is. */
export function cache({ out }: Terminal, { format, store }: CacheOptions): Promise<number> {
  const rows = openReadingLog(join(store, 'rows'));
  const spaces = rows.spaces().map((name) => {
    const space = rows.space(name);
    return { name, model: modelOf(space.about()), rows: space.readAll().size, bytes: space.bytes };
  });
  const found = { store, ...storeSizes(store), rows: spaces };
  out.write(format === 'json' ? `${JSON.stringify(found, null, 2)}\n` : wordCache(found, out.colors));
  return Promise.resolve(EXIT.ok);
}

/** `assay cache verify`: computes a sample of the rows once more, and compares. */
export async function verify(
  { out, err }: Terminal,
  { format, store, sample }: CacheOptions & { readonly sample: string },
): Promise<number> {
  const share = shareOf(sample);
  const { verifyRows } = await import('../../hosting/verify-readings.ts');
  const damaged: string[] = [];
  const rows = openReadingLog(join(store, 'rows'), (file) => damaged.push(file));
  const verdicts = [];
  for (const name of rows.spaces()) {
    if (err.isTTY) err.write(`\r\x1b[2Kchecking ${name.slice(0, 12)} ...`);
    verdicts.push(await verifyRows(rows.space(name), { share, random: Math.random, memoFile: modelMemo() }));
  }
  if (err.isTTY) err.write('\r\x1b[2K');
  const found = { store, damaged, verdicts };
  out.write(format === 'json' ? `${JSON.stringify(found, null, 2)}\n` : wordVerdicts(found, out.colors));
  const isRight = damaged.length === 0 && verdicts.every(({ mismatches }) => mismatches.length === 0);
  return isRight ? EXIT.ok : EXIT.failed;
}

function modelOf(about: unknown): string | undefined {
  const { model } = (about ?? {}) as { model?: { ref?: string } };
  return model?.ref;
}

function shareOf(sample: string): number {
  const [, digits] = /^(\d+(?:\.\d+)?) ?%?$/.exec(sample) ?? [];
  const percent = Number(digits ?? NaN);
  if (percent > 0 && percent <= 100) return percent / 100;
  throw usageFailure('bad-sample', `--sample ${sample} is no share of the rows`, {
    expected: 'a percentage above 0 and up to 100',
    next: 'for example --sample 5%',
  });
}
