/** Runs the project in a folder, to be killed meanwhile: `node --import tsx killed-run.ts DIR`. */
import { join } from 'node:path';
import { organisms } from './models.ts';
import { planAndRun } from './runner.ts';

const [dir = ''] = process.argv.slice(2);
await planAndRun({
  file: join(dir, 'edited.yaml'),
  models: organisms,
  path: (...parts) => join(dir, ...parts),
});
