import { type CheckedPipeline, loadPipeline } from '../../engine/index.ts';
import type { Diagnostic } from '../../engine/diagnostic.ts';
import { stageKinds } from '../../../stages/index.ts';
import { packageMemo } from '../options/defaults.ts';
import type { Form } from '../options/form.ts';
import { type Setting, settingsOf } from '../options/settings.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { valueOf } from '../usage-failure.ts';
import { findPipeline } from './find-pipeline.ts';

export interface PipelineOptions {
  readonly format: Form;
  readonly set: readonly Setting[];
  readonly model?: string;
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
  { cwd }: Terminal,
  options: PipelineOptions,
  given: string | undefined,
): Promise<OpenedPipeline> {
  const file = given ?? (await findPipeline(cwd));
  const set = settingsOf(options, { cwd, file });
  const result = await loadPipeline(file, {
    kinds: stageKinds,
    set,
    packageMemo: packageMemo(),
    writeSetting: (setting) => `--set ${setting}`,
  });
  return { file, pipeline: valueOf(result), warnings: result.ok ? result.warnings : [] };
}
