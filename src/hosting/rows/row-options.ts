import { Failure } from '../../system/failure.ts';
import type { JsonObject } from '../../system/json.ts';

export interface BadRowOptions {
  readonly onBad: 'fail' | 'skip';
}

export interface BlankOptions {
  readonly allow: readonly 'blank'[];
}

/** What is put before a target. */
export const promptOption = {
  prompt: {
    type: 'string',
    default: '{{ prompt }}',
    description: 'Jinja template of the prompt, over the columns of the row.',
  },
} as const satisfies JsonObject;

/** What to do with a row that cannot be read: of every kind that reads a model row by row. */
export const badRowOptions = {
  onBad: {
    type: 'string',
    enum: ['fail', 'skip'],
    default: 'fail',
    description:
      'A row that cannot be read (a null in a template, a blank target, a text longer than the context): fail ends the stage and names the row; skip leaves the row out, tells it in a warning and counts it in the record.',
  },
} as const satisfies JsonObject;

/** Whether a target may be nothing but whitespace. */
export const blankOptions = {
  allow: {
    type: 'array',
    items: { type: 'string', enum: ['blank'] },
    uniqueItems: true,
    default: [],
    description:
      'blank: a target may be nothing but whitespace. Otherwise such a row is bad: its answer is missing.',
  },
} as const satisfies JsonObject;

/** Whitespace, and what is drawn as nothing: an answer that was pasted may be a zero-width space alone. */
const blank = /^[\s\p{Default_Ignorable_Code_Point}]*$/u;

/**
 * Refuses a target of nothing but whitespace; one of nothing at all has no tokens, which is told when it is encoded.
 * @throws Failure `target-blank`
 */
export function refuseBlank(
  target: string,
  { allow }: BlankOptions,
  {
    where,
    ways = 'leave such rows out with `onBad: skip`, ',
  }: { readonly where?: string; readonly ways?: string } = {},
): void {
  if (target === '' || !blank.test(target) || allow.includes('blank')) return;
  throw new Failure({
    code: 'target-blank',
    blame: 'user',
    message: 'the target is blank: an answer is missing',
    path: ['target'],
    expected: 'a target that is more than whitespace',
    found: JSON.stringify(target),
    ...(where !== undefined && { where }),
    next: `correct the row, ${ways}or score them as they are with \`allow: [blank]\``,
  });
}
