import { type CheckedPipeline, loadPipeline, type ModuleContents } from '../../engine/index.ts';
import type { Diagnostic } from '../../engine/diagnostic.ts';
import { stageKinds } from '../../../stages/index.ts';
import { packageMemo } from '../options/defaults.ts';
import type { Form } from '../options/form.ts';
import { type Setting, settingsOf } from '../options/settings.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { valueOf } from '../usage-failure.ts';
import { codeOf } from '../../system/errno.ts';
import { findPipeline } from './find-pipeline.ts';
import { shellWord } from '../wording/parts/words.ts';
import { threadModule } from './threads/thread-module.ts';
import { isTrusted, trustModule } from './trusted-modules.ts';

export interface PipelineOptions {
  readonly format: Form;
  readonly set: readonly Setting[];
  readonly model?: string;
  /** Modules of the pipeline's own may run, and may from now on. */
  readonly trust?: boolean;
  /** The pipeline may bring no modules, and read nothing outside its folder but what the user names. */
  readonly untrusted?: boolean;
}

export interface OpenedPipeline {
  /** As people name it: relative to the current folder, unless they gave an absolute path. */
  readonly file: string;
  readonly pipeline: CheckedPipeline;
  /** Of which nobody was told yet. */
  readonly warnings: readonly Diagnostic[];
}

/** The pipeline file that is meant, read and checked. @throws UsageFailure with all that is wrong with it */
export async function openPipeline(
  { cwd, err }: Terminal,
  options: PipelineOptions,
  given: string | undefined,
): Promise<OpenedPipeline> {
  const file = given ?? (await findPipeline(cwd));
  const set = settingsOf(options, { cwd, file });
  const result = await loadPipeline(file, {
    kinds: stageKinds,
    set,
    packageMemo: packageMemo(),
    apart: { thread: threadModule('module-thread'), print: (lines) => err.write(lines) },
    mayRun: (module) => isTrusted(module) || (options.trust === true && remember(module)),
    ...(options.untrusted === true && { confined: { given: Object.values(set) } }),
    writeSetting: (setting) => `--set ${shellWord(setting)}`,
  });
  return { file, pipeline: valueOf(result), warnings: result.ok ? result.warnings : [] };
}

/** Says that a module may run, this time and later. Where that cannot be kept, it is asked again. */
function remember(module: ModuleContents): true {
  try {
    trustModule(module);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
  }
  return true;
}
