import { existsSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DigestMemo } from '../../system/contents/digest-memo.ts';
import { type FileStates, nowNs, stateIn } from '../../system/contents/file-state.ts';
import { sha256, sha256OfFile } from '../../system/hash.ts';
import type { ModelIdentity } from '../language-model.ts';
import { weightFiles } from './weight-files.ts';
import { modelChanging } from './model-changing.ts';

/** Beside the weights, what determines a score. The last two may be absent. */
const others = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja'];

export interface IdentifyOptions {
  /** File in which the digests of unchanged files are remembered. Default: none, all files are hashed. */
  readonly memo?: string;
  /** Hashes all files, whatever is remembered of them. */
  readonly anew?: true;
}

/** Who a model is, and how its files were when that was found. */
export interface IdentifiedModel {
  readonly identity: ModelIdentity;
  /** By file name. */
  readonly states: FileStates;
}

/**
 * Who the model in a folder is, by the contents of its files. What the memo holds is believed of a file whose state is the
 * same as when it was hashed.
 * @throws Failure where files are missing or change while they are read
 */
export async function identifyModel(
  folder: string,
  { memo: memoFile, anew }: IdentifyOptions = {},
): Promise<IdentifiedModel> {
  const names = [...weightFiles(folder), ...others.filter((name) => existsSync(join(folder, name)))].sort();
  const memo = new DigestMemo(memoFile);
  const files: Record<string, string> = {};
  const states: Record<string, string> = {};
  for (const name of names) {
    // Folders of the Hugging Face cache hold links to blobs: the blob is what is remembered.
    const file = realpathSync(join(folder, name));
    const state = stateIn(statSync(file, { bigint: true }));
    states[name] = state.text;
    const known = anew === true ? undefined : memo.get(file, state);
    if (known !== undefined) {
      files[name] = known.sha256;
      continue;
    }
    const hashed = nowNs();
    const digest = await sha256OfFile(file);
    if (stateIn(statSync(file, { bigint: true })).text !== state.text) throw modelChanging(file);
    files[name] = digest;
    memo.put(file, state, { sha256: digest }, hashed);
  }
  memo.save();
  // RFC 8785 canonical JSON of a map of strings is this: keys sorted, no spaces.
  return { identity: { digest: sha256(JSON.stringify(files)), files }, states };
}
