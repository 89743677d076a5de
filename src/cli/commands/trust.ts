import { loadPipeline, type ModuleContents } from '../../engine/index.ts';
import { stageKinds } from '../../../stages/index.ts';
import { EXIT } from '../exit-codes.ts';
import { packageMemo } from '../options/defaults.ts';
import { type Setting, settingsOf } from '../options/settings.ts';
import { findPipeline } from '../pipeline/find-pipeline.ts';
import { distrustModule, trustModule } from '../pipeline/trusted-modules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { UsageFailure } from '../usage-failure.ts';
import { jsonText } from '../wording/forms/json.ts';
import { wordTrust } from '../wording/trust.ts';

export interface TrustOptions {
  readonly format: 'text' | 'json';
  readonly set: readonly Setting[];
  /** Take it back. */
  readonly revoke?: boolean;
}

/** `assay trust [PIPELINE]`: lets the modules that a pipeline names run, as they are now. It runs nothing of them. */
export async function trust(
  { out, cwd }: Terminal,
  { format, set, revoke = false }: TrustOptions,
  given?: string,
): Promise<number> {
  const file = given ?? (await findPipeline(cwd));
  const modules: ModuleContents[] = [];
  const result = await loadPipeline(file, {
    kinds: stageKinds,
    set: settingsOf({ set }, { cwd, file }),
    packageMemo: packageMemo(),
    mayRun(module) {
      modules.push(module);
      return false;
    },
  });
  // What else is wrong with the file is for those commands that run it; without any module it may be what hides them.
  if (!result.ok && modules.length === 0) throw new UsageFailure(result.problems);
  for (const module of modules) {
    if (revoke) distrustModule(module);
    else trustModule(module);
  }
  const found = { file, trusted: !revoke, modules };
  out.write(format === 'json' ? jsonText(found) : wordTrust(found, out.colors));
  return EXIT.ok;
}
