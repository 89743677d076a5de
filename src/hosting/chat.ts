import type { StageContext } from '../engine/stage-kind.ts';
import { atOption } from './model-component.ts';
import { modelHost } from './model-host.ts';

/**
 * What puts a text, as the message of a user, into the chat template of the stage's model.
 *
 * @throws Failure at the option `model`; what it gives throws one where the model has no chat template
 */
export async function chatOf({
  options,
  baseDir,
  services,
}: StageContext<{ readonly model: string }>): Promise<(text: string) => string> {
  return atOption('model', async () => {
    const host = services.get(modelHost);
    const found = await host.identify(options.model, { baseDir });
    return host.lend(found, ({ tokenizer }) =>
      Promise.resolve((content: string) => tokenizer.chat([{ role: 'user', content }])),
    );
  });
}
