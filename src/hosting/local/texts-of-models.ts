import type { Tokenizer } from '../../model/language-model.ts';
import type { FoundModel, ModelTexts } from '../model-source.ts';

type Confirm = (model: FoundModel) => Promise<unknown>;

/** Reads what texts need of models, each tokenizer once: a large vocabulary takes half a second. */
export class TextsOfModels {
  /** By digest of the model. */
  readonly #tokenizers = new Map<string, Promise<Tokenizer>>();

  /** @param confirm throws a Failure where another model is in the folder by now */
  async of(model: FoundModel, confirm: Confirm): Promise<ModelTexts> {
    const { readConfig } = await import('../../model/checkpoint/config.ts');
    const tokenizer = await this.#tokenizer(model, confirm);
    const contextLength = readConfig(model.folder).context_length;
    await confirm(model);
    return { tokenizer, contextLength };
  }

  #tokenizer(found: FoundModel, confirm: Confirm): Promise<Tokenizer> {
    const { digest } = found.identity;
    const known = this.#tokenizers.get(digest);
    if (known !== undefined) return known;
    const open = async (): Promise<Tokenizer> => {
      const { openTokenizer } = await import('../../model/text/tokenizer.ts');
      const tokenizer = await openTokenizer(found.folder);
      await confirm(found);
      return tokenizer;
    };
    const opening = open();
    this.#tokenizers.set(digest, opening);
    // A failure is for whoever asked, not for who asks next.
    opening.catch(() => this.#tokenizers.delete(digest));
    return opening;
  }
}
