import { AddedTokens } from './components/added-tokens.ts';
import { Component } from './components/component.ts';
import { readNormalizer } from './components/normalizers.ts';
import type { PreTokenizer } from './components/piece.ts';
import { readPreTokenizer } from './components/pre-tokenizers.ts';
import { tokenInFront } from './post-processor.ts';
import { checkWordModel, type CheckedModel, isIdBelow } from './words/word-model.ts';
import { Failure } from '../../system/failure.ts';

/** tokenizer.json, every component of which gives the ids of Python's tokenizers. */
export interface CheckedTokenizer {
  readonly model: CheckedModel;
  readonly addedTokens: AddedTokens;
  /** Id of the token that the post-processor puts in front of a text. */
  readonly tokenInFront: number | undefined;
  /** A normalized text, words. */
  readonly preTokenize: PreTokenizer;
}

/**
 * Checks tokenizer.json without opening it.
 * @param file what failures name.
 * @throws Failure `tokenizer-component-unverified`: its `where` is the component, by file and JSON path
 */
export function checkTokenizer(json: object, file: string): CheckedTokenizer {
  const whole = new Component(json, file, '$');
  // Python's tokenizers cuts and pads as these say, transformers as it is asked.
  whole.ignore('version', 'truncation', 'padding');
  const model = whole.part('model');
  if (model === undefined) throw whole.refuse('a model', undefined, 'model');
  const checked = checkWordModel(model);
  const normalizer = whole.part('normalizer');
  const preTokenizer = whole.part('pre_tokenizer');
  const normalize = normalizer && readNormalizer(normalizer);
  const preTokenize = preTokenizer && readPreTokenizer(preTokenizer);
  if (preTokenizer !== undefined) checkMarkAtStart(preTokenizer, normalizer);
  const addedTokens = new AddedTokens(
    whole.option('added_tokens') === undefined ? [] : whole.parts('added_tokens'),
    checked.vocabulary,
    normalize,
  );
  return {
    model: checked,
    addedTokens,
    tokenInFront: tokenInFront(whole.part('post_processor')),
    preTokenize: preTokenize ?? ((piece) => [piece]),
  };
}

/**
 * `prepend_scheme: first` asks where in the written text a piece begins. Pieces know whether they begin where it begins as long
 * as nothing before has put characters in or taken some away.
 * @throws Failure
 */
function checkMarkAtStart(preTokenizer: Component, normalizer: Component | undefined): void {
  const steps = stepsOf(preTokenizer, 'pretokenizers');
  const at = steps.findLastIndex((step) => step.option('prepend_scheme') === 'first');
  if (at < 0) return;
  const normalizers = normalizer === undefined ? [] : stepsOf(normalizer, 'normalizers');
  const change =
    normalizers.find((each) => at > 0 || cutsStart(each)) ??
    steps.slice(0, at).find(({ type }) => type === 'ByteLevel' || type === 'Metaspace');
  if (change === undefined) return;
  throw (steps[at] as Component).refuse(
    '`prepend_scheme: first` before all that changes a text',
    change.type,
  );
}

/** The components that a sequence, or a sequence in it, has; or the component itself. */
function stepsOf(component: Component, list: string): Component[] {
  return component.type === 'Sequence'
    ? component.parts(list).flatMap((part) => stepsOf(part, list))
    : [component];
}

/** Whether a text may begin later once it is normalized. */
function cutsStart(normalizer: Component): boolean {
  const { type } = normalizer;
  if (type === 'Strip') return normalizer.boolean('strip_left');
  if (type === 'Replace') return normalizer.text('content') === '';
  return type === 'BertNormalizer' || type === 'Nmt' || type === 'StripAccents';
}

/**
 * Holds the tokenizer to the weights: every id that it can give has a row in the embedding.
 * @param rows of the embedding
 * @throws Failure `token-beyond-embedding`
 */
export function checkIds(
  { model, addedTokens, tokenInFront: front }: CheckedTokenizer,
  rows: number,
  file: string,
): void {
  const added = [...addedTokens.ids].find(([, id]) => !isIdBelow(rows, id));
  const beyond = model.vocabulary.beyond(rows) ?? (added && { token: added[0], id: added[1] });
  const isFrontBeyond = front !== undefined && !isIdBelow(rows, front);
  if (beyond === undefined && !isFrontBeyond) return;
  throw new Failure({
    code: 'token-beyond-embedding',
    blame: 'user',
    message: 'the tokenizer gives a token that the model has no weights for',
    where: `${file}, ${beyond === undefined ? 'post_processor' : `token ${JSON.stringify(beyond.token)}`}`,
    expected: `ids from 0 to ${rows - 1}: the embedding has ${rows} rows`,
    found: `id ${JSON.stringify(beyond === undefined ? front : beyond.id)}`,
    next: 'fetch the tokenizer of this very model; where a token was added, resize the embedding and save both',
  });
}
