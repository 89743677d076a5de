import type { StageContext } from '../engine/stage-kind.ts';
import type { Tokenizer } from '../model/language-model.ts';
import { atOption } from './model-component.ts';
import { modelHost } from './model-host.ts';

export interface ChatStageOptions {
  readonly model: string;
  /** The day that a chat template may write. */
  readonly date?: string;
}

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

/**
 * What puts messages into the chat template of the stage's model.
 *
 * @throws Failure at the option `model`; what it gives throws one where the model has no chat template
 */
export async function chatOf({
  options,
  baseDir,
  services,
}: StageContext<ChatStageOptions>): Promise<(messages: readonly ChatMessage[]) => string> {
  return atOption('model', async () => {
    const host = services.get(modelHost);
    const found = await host.identify(options.model, { baseDir });
    return host.lend(found, ({ tokenizer }) =>
      Promise.resolve((messages: readonly ChatMessage[]) =>
        tokenizer.chat(messages, options.date === undefined ? {} : { date: options.date }),
      ),
    );
  });
}

/** The tokenizer of the stage's model. @throws Failure at the option `model` */
export function tokenizerOf({
  options,
  baseDir,
  services,
}: StageContext<{ readonly model: string }>): Promise<Tokenizer> {
  return atOption('model', async () => {
    const host = services.get(modelHost);
    const found = await host.identify(options.model, { baseDir });
    return host.lend(found, ({ tokenizer }) => Promise.resolve(tokenizer));
  });
}
