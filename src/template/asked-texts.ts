import { Failure, type OptionProblem } from '../system/failure.ts';
import type { JsonObject } from '../system/json.ts';
import type { Cell, Row } from '../table/table.ts';
import { namesOfColumns, type KnownNames } from './known.ts';
import { checkTemplate, compileTemplate } from './template.ts';

/** What a row asks, and what rows of one format may name for themselves. */
export interface Asked {
  readonly target: string;
  readonly forms: readonly string[];
  readonly choice: string;
  readonly premise?: string;
  readonly contentFree: readonly string[];
}

export interface AskedOptions extends Asked {
  readonly prompt: string;
  /** The column whose values name some of this for themselves. */
  readonly by: string;
  readonly own: Readonly<Record<string, Partial<Asked>>>;
}

/** The texts of one row. */
export interface AskedTexts {
  readonly prompt: string;
  readonly target: string;
  readonly forms: readonly string[];
  /** The closed set that the target is one of; empty: there is none. */
  readonly choices: readonly string[];
  readonly premise?: string;
  readonly contentFree: readonly string[];
}

const template = (description: string): JsonObject => ({ type: 'string', minLength: 1, description });

/** As JSON Schema. */
export const askedOptions: Readonly<Record<keyof Asked, JsonObject>> = {
  target: template('Jinja template of the target; usually with a space in front.'),
  forms: {
    type: 'array',
    items: { type: 'string', minLength: 1 },
    uniqueItems: true,
    description: 'Jinja templates of other ways to write the target, summed with it.',
  },
  choice: template('Jinja template of a choice, over `candidate` and the columns of the row.'),
  premise: {
    type: 'string',
    description:
      'Jinja template of a prompt in the format of the row that says nothing of the item: for mutual information.',
  },
  contentFree: {
    type: 'array',
    items: { type: 'string' },
    uniqueItems: true,
    description:
      'Jinja templates of prompts in the format of the row without content, as with `N/A` for the question.',
  },
};

/** What is wrong with the templates. */
export function askedProblems(
  { target, forms = [], choice, premise, contentFree = [] }: Partial<Asked>,
  path: readonly string[],
  known: KnownNames,
  open: boolean,
): readonly OptionProblem[] {
  const ofChoice: KnownNames = new Map([...known, ...namesOfColumns([{ name: 'candidate', type: 'json' }])]);
  return [
    ...(target === undefined ? [] : checkTemplate(target, [...path, 'target'], known, { open })),
    ...(choice === undefined ? [] : checkTemplate(choice, [...path, 'choice'], ofChoice, { open })),
    ...(premise === undefined ? [] : checkTemplate(premise, [...path, 'premise'], known, { open })),
    ...forms.flatMap((each, index) =>
      checkTemplate(each, [...path, 'forms', String(index)], known, { open }),
    ),
    ...contentFree.flatMap((each, index) =>
      checkTemplate(each, [...path, 'contentFree', String(index)], known, { open }),
    ),
  ];
}

/**
 * What makes the texts of a row, the templates of each format compiled once.
 *
 * @param givenOf the cells that the choices are made of; undefined where the set of answers is open
 * @throws Failure `answer-unknown` where the target is none of the choices
 */
export function askedTexts(
  options: AskedOptions,
  givenOf: ((row: Row) => readonly Cell[]) | undefined,
): (row: Row) => AskedTexts {
  const { by, own } = options;
  const promptOf = compileTemplate(options.prompt, ['prompt']);
  const compiled = new Map<string, ReturnType<typeof compiledAsked>>();
  return (row) => {
    const value = row[by] ?? null;
    const name = typeof value === 'string' ? value : JSON.stringify(value);
    const asked =
      compiled.get(name) ?? compiledAsked({ ...options, ...(Object.hasOwn(own, name) && own[name]) });
    compiled.set(name, asked);
    const target = asked.target.render(row);
    const choices = (givenOf?.(row) ?? []).map((candidate) => asked.choice.render({ ...row, candidate }));
    if (givenOf !== undefined && !choices.includes(target)) throw notAChoice(target, choices);
    return {
      prompt: promptOf.render(row),
      target,
      forms: exclusive(
        target,
        asked.forms.map((each) => each.render(row)),
      ),
      choices,
      ...(asked.premise !== undefined && { premise: asked.premise.render(row) }),
      contentFree: asked.contentFree.map((each) => each.render(row)),
    };
  };
}

function compiledAsked({ target, forms, choice, premise, contentFree }: Asked) {
  return {
    target: compileTemplate(target, ['target']),
    forms: forms.map((each, index) => compileTemplate(each, ['forms', index])),
    choice: compileTemplate(choice, ['choice']),
    premise: premise === undefined ? undefined : compileTemplate(premise, ['premise']),
    contentFree: contentFree.map((each, index) => compileTemplate(each, ['contentFree', index])),
  };
}

/** Forms without those that begin with the target or with another form: whatever has these has been counted. */
function exclusive(target: string, forms: readonly string[]): readonly string[] {
  const all = [...new Set([target, ...forms])];
  return all.slice(1).filter((form) => !all.some((other) => other !== form && form.startsWith(other)));
}

function notAChoice(target: string, texts: readonly string[]): Failure {
  return new Failure({
    code: 'answer-unknown',
    blame: 'user',
    message: 'the target is none of the choices',
    path: ['target'],
    expected: texts
      .slice(0, 5)
      .map((text) => JSON.stringify(text))
      .join(', '),
    found: JSON.stringify(target),
    next: 'write `choice` as `target` is written',
  });
}
