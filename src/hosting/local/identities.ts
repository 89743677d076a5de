import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type IdentifiedModel, identifyModel } from '../../model/checkpoint/identity.ts';
import { hadRested, nowNs, stateIn } from '../../system/contents/file-state.ts';
import { Failure } from '../../system/failure.ts';
import { CheckedFolders } from './checked-folders.ts';
import type { FoundModel, LocalModelOptions } from '../model-source.ts';

type Options = { readonly [Name in 'memoFile' | 'hashAnew']: LocalModelOptions[Name] | undefined };

/** Who is in which folder, asked again before and after every stage: a folder that rests is hashed once in a process. */
export class Identities {
  readonly #known = new Map<string, { readonly state: string; readonly identified: IdentifiedModel }>();
  readonly #options: Options;
  readonly #checked: CheckedFolders;

  constructor(options: Options) {
    this.#options = options;
    this.#checked = new CheckedFolders(options.memoFile);
  }

  /** @throws Failure for a folder that is no model that can be opened */
  async of(folder: string): Promise<IdentifiedModel> {
    const state = stateOf(folder);
    const before = this.#known.get(folder);
    if (before !== undefined && before.state === state) return before.identified;
    await this.#checked.check(folder, state);
    const { memoFile, hashAnew } = this.#options;
    const identified = await identifyModel(folder, {
      ...(memoFile !== undefined && { memo: memoFile }),
      ...(hashAnew !== undefined && { anew: hashAnew }),
    });
    if (state !== undefined) this.#known.set(folder, { state, identified });
    return identified;
  }

  /**
   * The model that was found in a folder, as it is there now: what is read of it is kept for good under its digest.
   * @throws Failure where another model is there by now
   */
  async confirm({ folder, identity: { digest } }: FoundModel): Promise<IdentifiedModel> {
    const identified = await this.of(folder);
    if (identified.identity.digest === digest) return identified;
    throw new Failure({
      code: 'model-changing',
      blame: 'machine',
      message: 'the model was changed while it was opened',
      where: folder,
      expected: `SHA-256 ${digest}`,
      found: `SHA-256 ${identified.identity.digest}`,
      next: 'wait until nothing writes there, then run again',
    });
  }
}

/** The states of all files in a folder; undefined while one is too young to be told by its state. */
function stateOf(folder: string): string | undefined {
  try {
    const now = nowNs();
    const files = readdirSync(folder)
      .sort()
      .map((name) => ({ name, state: stateIn(statSync(join(folder, name), { bigint: true })) }));
    if (!files.every(({ state }) => hadRested(state, now))) return undefined;
    return files.map(({ name, state }) => `${name} ${state.text}`).join('\n');
  } catch {
    return undefined;
  }
}
