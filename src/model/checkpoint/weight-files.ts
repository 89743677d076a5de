import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../system/failure.ts';

const indexName = 'model.safetensors.index.json';

/** Names of the weight files in a model folder, relative to it: the shards that the index lists, or the one file. */
export function weightFiles(folder: string): string[] {
  if (existsSync(join(folder, 'model.safetensors'))) return ['model.safetensors'];
  const index = join(folder, indexName);
  if (existsSync(index)) return [...new Set(Object.values(readIndex(index)))].sort();
  throw new Failure({
    code: 'weights-missing',
    blame: 'user',
    message: 'the model folder has no weights in safetensors form',
    where: folder,
    expected: `model.safetensors, or ${indexName} and its shards`,
    found: existsSync(join(folder, 'pytorch_model.bin')) ? 'pytorch_model.bin' : 'neither',
    next: 'fetch the safetensors files of the model, or convert it',
  });
}

function readIndex(file: string): Record<string, string> {
  const refuse = (found: string): Failure =>
    new Failure({
      code: 'weights-index',
      blame: 'user',
      message: 'the index of the weight files cannot be used',
      where: file,
      expected: '{ "weight_map": { "<tensor>": "<file in the same folder>" } }',
      found,
      next: 'fetch the file again',
    });
  let index: { weight_map?: unknown } | null;
  try {
    index = JSON.parse(readFileSync(file, 'utf8')) as { weight_map?: unknown } | null;
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
  const map = index?.weight_map;
  if (typeof map !== 'object' || map === null) throw refuse('no weight_map');
  for (const [tensor, shard] of Object.entries(map)) {
    // A plain name only: an index must not reach outside its folder.
    if (typeof shard !== 'string' || shard === '..' || !/^[^/\\]+$/.test(shard)) {
      throw refuse(`${tensor}: ${JSON.stringify(shard)}`);
    }
  }
  return map as Record<string, string>;
}
