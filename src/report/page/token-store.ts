import { decodeTokenTree, type TokenText, type TokenTree } from '../../engine/token-tree.ts';
import type { RowTexts, TokensIndex } from '../form.ts';
import { block } from './blocks.ts';
import { el } from './dom.ts';
import { nameOf, TokenView } from './token-view.ts';

/** The tokens of the run, read when they are first wanted. */
export class TokenStore {
  readonly #index: readonly TokensIndex[];
  readonly #trees = new Map<string, Promise<TokenTree>>();

  constructor(index: readonly TokensIndex[]) {
    this.#index = index;
  }

  /** The tokens of what a model was given for a row, if a stage of the run read them. */
  async viewOf({ prompt, targets }: RowTexts): Promise<TokenView | undefined> {
    for (const { stage } of this.#index) {
      const tree = await this.tree(stage);
      const isIt = (text: TokenText): boolean =>
        text.prompt === prompt && (targets.length === 0 || targets.includes(text.target));
      const text = tree?.texts.find(isIt);
      if (tree !== undefined && text !== undefined) return new TokenView(tree, text);
    }
    return undefined;
  }

  tree(stage: string): Promise<TokenTree> | undefined {
    const found = this.#index.find((each) => each.stage === stage);
    if (found === undefined) return undefined;
    const known = this.#trees.get(stage);
    if (known !== undefined) return known;
    const reading = block(found.block).then((bytes) => decodeTokenTree(new Uint8Array(bytes)));
    this.#trees.set(stage, reading);
    return reading;
  }

  /** Puts a choice of texts and the tokens of the one that is chosen into the places that are kept for them. */
  async fill(): Promise<void> {
    for (const place of document.querySelectorAll<HTMLElement>('.token-browser')) {
      const tree = await this.tree(place.dataset['stage'] ?? '');
      if (tree === undefined) continue;
      const choice = el('select', { 'aria-label': 'Text' });
      for (const [i, text] of tree.texts.entries()) choice.append(el('option', { value: i }, nameOf(text)));
      const show = (): void => {
        const text = tree.texts[Number(choice.value)];
        if (text !== undefined) place.replaceChildren(choice, new TokenView(tree, text).element);
      };
      choice.addEventListener('change', () => {
        show();
        choice.focus();
      });
      show();
    }
  }
}
