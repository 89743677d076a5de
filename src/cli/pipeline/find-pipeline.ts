import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../system/errno.ts';
import { usageFailure } from '../usage-failure.ts';

/** What is run where a folder has several pipelines: the experiment that Assay ships with. */
const MAIN_PIPELINE = 'training-distribution.yaml';

/**
 * The pipeline that a command means when it names none: the only one in the folder, else the only one in
 * `pipelines/`, else `pipelines/training-distribution.yaml`. Relative to `cwd`.
 */
export async function findPipeline(cwd: string): Promise<string> {
  for (const folder of ['.', 'pipelines']) {
    const files = await pipelinesIn(join(cwd, folder));
    const [only] = files;
    const names = files.map((file) => join(folder, file));
    if (files.length === 1 && only !== undefined) return join(folder, only);
    if (folder === 'pipelines' && files.includes(MAIN_PIPELINE)) return join(folder, MAIN_PIPELINE);
    if (files.length > 1) {
      throw usageFailure('pipeline-ambiguous', 'there are several pipelines here', {
        found: names.join(', '),
        next: `name one: assay run ${names[0] ?? ''}`,
      });
    }
  }
  throw usageFailure('pipeline-not-found', 'there is no pipeline here', {
    expected: 'a YAML file with `stages:` in this folder or in pipelines/',
    next: 'name one: assay run path/to/pipeline.yaml',
  });
}

/** YAML files that have `stages:` at the top level: a folder may hold other YAML too. */
async function pipelinesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await listing(folder)) {
    if (!/\.ya?ml$/.test(entry)) continue;
    const text = await readFile(join(folder, entry), 'utf8').catch(() => '');
    if (/^["']?stages["']?\s*:/m.test(text)) found.push(entry);
  }
  return found;
}

async function listing(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
