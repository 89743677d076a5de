/** Runs the pipeline of a rig in a process of its own: `node --import tsx second-process.ts DIR [hang]`. */
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Rig } from './rig.ts';

const [dir = '', mode] = process.argv.slice(2);
const rig = Rig.at(dir);
rig.handles.hook = async ({ stage }) => {
  await appendFile(join(dir, 'runs.log'), `${stage}\n`);
  if (mode === 'hang' && stage === 'scaled') {
    process.send?.('hanging');
    await sleep(600_000);
  }
  await sleep(100);
};
process.send?.('ready');
if (mode !== 'hang') await new Promise((resolve) => process.once('message', resolve));
const { record } = await rig.run();
process.send?.(record.stages.map(({ name, state }) => [name, state]));
process.disconnect();
