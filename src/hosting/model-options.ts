import type { JsonObject } from '../system/json.ts';
import type { BosPolicy, BoundaryPolicy, TruncatePolicy } from '../model/text/encode-pair.ts';

/** The option `model` of every kind that reads one. */
export const modelOption: JsonObject = {
  type: 'string',
  minLength: 1,
  default: 'organism',
  description:
    'The model: `organism` (the checkpoint that Assay ships), a folder relative to the pipeline file, or a Hugging Face id like `org/name`.',
};

export interface EncodingOptions {
  readonly bos: BosPolicy;
  readonly truncate: 'never' | 'left';
}

export interface JoinOptions {
  readonly bos: BosPolicy;
  readonly truncate: TruncatePolicy;
  readonly boundary: BoundaryPolicy;
}

/** How texts become tokens: of every kind that reads a model. */
export const encodingOptions = {
  bos: {
    type: 'string',
    enum: ['auto', 'always', 'never'],
    default: 'auto',
    description: 'BOS in front: as the tokenizer itself does, in any case, or in none. Never twice.',
  },
  truncate: {
    type: 'string',
    enum: ['never', 'left'],
    default: 'never',
    description:
      'Texts longer than the context (and one token, the last, which is not fed): a failure, or drop the oldest tokens of the prompt or text. What was dropped is told, and counted in a column.',
  },
} as const satisfies JsonObject;

/** How prompt and target are joined. */
export const joinOptions = {
  bos: encodingOptions.bos,
  truncate: {
    type: 'string',
    enum: ['never', 'left', 'lmeval'],
    default: 'never',
    description:
      'Texts of more tokens than the context and one: a failure, or drop the oldest tokens of the prompt. left keeps BOS; lmeval drops it first, as lm-evaluation-harness does.',
  },
  boundary: {
    type: 'string',
    enum: ['join', 'lmeval', 'separate'],
    default: 'join',
    description:
      'join: both are encoded together and split at the longest common prefix of tokens. lmeval: as lm-evaluation-harness splits. separate: each is encoded alone.',
  },
} as const satisfies JsonObject;

/** What to warn of where texts were cut; undefined where none was. */
export function truncationWarning(
  texts: readonly { readonly truncated: number }[],
  name: 'prompts' | 'texts',
): string | undefined {
  const cut = texts.filter(({ truncated }) => truncated > 0);
  if (cut.length === 0) return undefined;
  const dropped = cut.reduce((sum, { truncated }) => sum + truncated, 0);
  return `${cut.length} of ${texts.length} ${name} were cut to the model's context: ${dropped} tokens dropped`;
}
