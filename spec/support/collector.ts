/**
 * Collects the garbage of a rig's store over and over, as if every file there had been written an hour ago, until the
 * spec says stop: `node --import tsx collector.ts DIR`. Sends how often it did, and how many things it removed.
 */
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { collectGarbage } from '../../src/engine/index.ts';
import { survey } from '../../src/engine/gc/survey.ts';

const [dir = ''] = process.argv.slice(2);
const store = join(dir, 'store');
const stop = new AbortController();
process.once('message', () => stop.abort());
process.send?.('ready');
let rounds = 0;
let removed = 0;
while (!stop.signal.aborted) {
  const { results, objects } = survey(store);
  const hourAgo = new Date(Date.now() - 3_600_000);
  for (const { path } of [...results, ...objects]) {
    try {
      utimesSync(path, hourAgo, hourAgo);
    } catch {
      // Replaced meanwhile.
    }
  }
  const { garbage } = await collectGarbage({ store, runsDir: join(dir, 'runs'), keepRuns: 0, maxBytes: 0 });
  rounds++;
  removed += garbage.length;
  await sleep(1);
}
process.send?.({ rounds, removed });
process.disconnect();
