/** Pulls one model in a process of its own, which a spec can kill. Arguments: id. The hub and cache are in the environment. */
import { pullModel } from '../../../src/model/hub/pull.ts';

const { folder } = await pullModel(process.argv[2] ?? '', 'main', { backoffMs: 10 });
process.stdout.write(folder);
