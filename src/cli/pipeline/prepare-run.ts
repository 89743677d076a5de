import { join } from 'node:path';
import { openStore, type PlannedPipeline, planPipeline, type Store } from '../../engine/index.ts';
import type { Diagnostic } from '../../engine/diagnostic.ts';
import { services, type Services } from '../../engine/stage-kind.ts';
import { openReadingLog, readingLog } from '../../engine/store/reading-log.ts';
import type { BackendName } from '../../hosting/backends.ts';
import { modelHost, type OpenModelHost } from '../../hosting/model-host.ts';
import { openModelHost, type ModelHostOptions } from '../../hosting/open-host.ts';
import { modelMemo, passSpeeds } from '../options/defaults.ts';
import { type Force, separateForce } from '../options/force.ts';
import type { Size } from '../options/parse.ts';
import { reportProblems } from '../report-failure.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { valueOf } from '../usage-failure.ts';
import { openPipeline, type PipelineOptions } from './open-pipeline.ts';

export interface ExecutionOptions extends PipelineOptions {
  readonly backend?: BackendName;
  readonly memory?: Size;
  readonly store: string;
  readonly runs: string;
  readonly force?: Force;
}

/** A pipeline, planned, and everything that is needed to run it. */
export interface PreparedRun {
  readonly file: string;
  /** Those of the pipeline file; told already, unless the form of the output is one document. */
  readonly warnings: readonly Diagnostic[];
  readonly planned: PlannedPipeline;
  readonly store: Store;
  readonly services: Services;
  readonly host: OpenModelHost;
  /** Gives back what the model host holds. */
  close(): Promise<void>;
}

/**
 * Reads, checks and plans a pipeline, and opens what its stages are lent.
 * @param fetch fetches models that are not on this machine; without it they are mistakes in the pipeline
 * @throws UsageFailure
 */
export async function prepareRun(
  terminal: Terminal,
  options: ExecutionOptions,
  given: string | undefined,
  fetch?: NonNullable<ModelHostOptions['fetch']>,
): Promise<PreparedRun> {
  const { force, file: named } = separateForce(options.force, given);
  const { file, pipeline, warnings } = await openPipeline(terminal, options, named);
  // A form that is one document takes them with all else.
  const warn = (news: readonly Diagnostic[]) => {
    if (news.length > 0 && options.format !== 'sarif') {
      reportProblems(news, terminal, options.format === 'github' ? 'github' : 'text');
    }
  };
  warn(warnings);
  const rows = openReadingLog(join(options.store, 'rows'), (where) => warn([damagedRows(where)]));
  const host = openModelHost({
    rows,
    memoFile: modelMemo(),
    speedsFile: passSpeeds(),
    ...(options.backend !== undefined && { backend: options.backend }),
    ...(options.memory !== undefined && { memory: options.memory.bytes }),
    // Who runs anew what is cached does not believe what is remembered either.
    ...(force !== undefined && { hashAnew: true }),
    ...(fetch !== undefined && { fetch }),
  });
  try {
    const store = openStore(options.store);
    const lent = services([modelHost, host], [readingLog, rows]);
    const context = { store, runsDir: options.runs, services: lent, ...(force !== undefined && { force }) };
    const planned = valueOf(await planPipeline(pipeline, context));
    return { file, warnings, planned, store, services: lent, host, close: () => host.dispose() };
  } catch (error) {
    await host.dispose();
    throw error;
  }
}

function damagedRows(where: string): Diagnostic {
  return {
    code: 'rows-damaged',
    severity: 'warning',
    message: 'rows in the store are damaged and are computed anew',
    where,
  };
}
