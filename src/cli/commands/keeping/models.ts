import { jsonText } from '../../wording/forms/json.ts';
import { EXIT } from '../../exit-codes.ts';
import { asUsageFailure, fetchModel } from '../../fetch-model.ts';
import { listenForInterrupts } from '../../terminal/interrupt.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { usageFailure } from '../../usage-failure.ts';
import { wordModels, wordPullStopped } from '../../wording/keeping/models.ts';

export interface ModelsOptions {
  readonly format: 'text' | 'json';
}

/** `assay models`: what is in the Hugging Face cache. */
export async function models({ out }: Terminal, { format }: ModelsOptions): Promise<number> {
  const { listCached } = await import('../../../model/hub/cache.ts');
  const { hubSettings } = await import('../../../model/hub/settings.ts');
  const { cache } = hubSettings();
  const found = listCached(cache);
  out.write(format === 'json' ? jsonText({ cache, models: found }) : wordModels(found, cache, out.colors));
  return EXIT.ok;
}

/** `assay models pull ID`: fetches what is missing, checks what is there; the folder on stdout. */
export async function pull({ out, err }: Terminal, { format }: ModelsOptions, ref = ''): Promise<number> {
  const { parseHubId } = await import('../../../model/hub/find-model.ts');
  const asked = parseHubId(ref);
  if (asked === undefined) {
    throw usageFailure('not-a-hub-id', `\`${ref}\` is no model of the hub`, {
      expected: 'org/name, or org/name@revision for a branch, tag or commit',
      next: 'for example assay models pull TinyLlama/TinyLlama-1.1B-Chat-v1.0',
    });
  }
  const interruption = listenForInterrupts(() => undefined);
  try {
    const model = await fetchModel(err, asked, interruption.signal);
    out.write(format === 'json' ? jsonText(model) : `${model.folder}\n`);
    return EXIT.ok;
  } catch (error) {
    const code = interruption.exitCode();
    if (code === undefined) throw asUsageFailure(error);
    err.write(wordPullStopped(ref));
    return code;
  } finally {
    interruption.release();
  }
}
