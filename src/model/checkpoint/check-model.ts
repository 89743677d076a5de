import { Checkpoint } from './checkpoint.ts';
import { readConfig } from './config.ts';
import { checkModelFiles } from './model-files.ts';
import { checkIds, checkTokenizer } from '../text/check-tokenizer.ts';
import { readTokenizerFiles } from '../text/tokenizer.ts';

/**
 * Everything about a model folder that can be wrong without looking at a weight: what its files are, config.json, the headers of the weights
 * and each tensor's name and shape, the files of the tokenizer. Reads some kilobytes; where a model that ties its head to the embedding
 * stores both, these too.
 * @throws Failure as opening the model would
 */
export function checkModel(folder: string): void {
  checkModelFiles(folder);
  const config = readConfig(folder);
  new Checkpoint(folder, config).close();
  const { json, file } = readTokenizerFiles(folder);
  checkIds(checkTokenizer(json, file), config.vocab_size, file);
}
