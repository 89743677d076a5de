import type { OptionProblem } from '../system/failure.ts';
import { listNames } from '../system/suggest.ts';
import { lineBreakDoubts, type WrittenTemplate } from './line-breaks.ts';

type Path = readonly (string | number)[];

/**
 * Names in the braces of other languages, as `{question}` of Python's `format` and `%(question)s`: to Jinja they are text
 * like any other, and the model is asked about the word. Between {% raw %} and {% endraw %} they are meant. And names of
 * fields that Jinja reads as constants.
 *
 * @param names what the template may name
 */
export function braceDoubts(
  { source, path }: WrittenTemplate,
  names: readonly string[],
): readonly OptionProblem[] {
  const constants = wordsIn(source).flatMap((word) =>
    CONSTANTS.has(word) && names.includes(word)
      ? [
          {
            path,
            message: `\`${word}\` is a constant of Jinja, and not the column of that name`,
            expected: 'a name that is none',
            found: word,
            next: 'rename the column first, with a `table` stage',
          },
        ]
      : [],
  );
  const braces = [...textOf(source).matchAll(OTHER_BRACES)].flatMap(
    ({ 0: found, 1: braced, 2: percent, index }) => {
      const name = braced ?? percent ?? '';
      if (!names.includes(name)) return [];
      return [
        {
          path,
          span: { start: index, end: index + found.length },
          message: `\`${found}\` is text to Jinja, and stays as it is`,
          expected: `\`{{ ${name} }}\``,
          found,
          next: `write \`{{ ${name} }}\`; where the text itself is meant, put it between {% raw %} and {% endraw %}`,
        },
      ];
    },
  );
  return [...constants, ...braces];
}

/** Doubts of a template whose text a model reads: there every line break counts. */
export function promptDoubts(template: WrittenTemplate, names: readonly string[]): readonly OptionProblem[] {
  return [...braceDoubts(template, names), ...lineBreakDoubts(template)];
}

/** What Jinja reads as values: no field of that name can be asked for. */
const CONSTANTS = new Set(['true', 'false', 'none', 'True', 'False', 'None']);

/**
 * Templates of which none names a field: they say the same of every item.
 *
 * @param path of the option that they make up, `what` it is called
 */
export function itemDoubts(
  templates: readonly WrittenTemplate[],
  { path, what, fields }: { readonly path: Path; readonly what: string; readonly fields: readonly string[] },
): readonly OptionProblem[] {
  if (templates.some(({ source }) => wordsIn(source).some((word) => fields.includes(word)))) return [];
  return [
    {
      path,
      message: `${what} names no field of its item: it is the same for every item`,
      expected: `one of ${listNames(fields)}`,
      next: `put a field in, as in \`{{ ${fields[0] ?? 'question'} }}\``,
    },
  ];
}

/** `{name}`, `{name.member}`, `{name[0]}`, not beside further braces; `%(name)s`. */
const OTHER_BRACES =
  /(?<!\{)\{[^\S\n]*([\p{ID_Start}_]\p{ID_Continue}*)(?:\.\w[\w.]*|\[[^\]{}\n]*\])*[^\S\n]*\}(?!\})|%\(([\p{ID_Start}_]\p{ID_Continue}*)\)[sdrf]/gu;

/** What stands outside of Jinja's marks, with spaces for all else: offsets are those of the source. */
function textOf(source: string): string {
  const raw = /\{%-?\s*raw\s*-?%\}.*?\{%-?\s*endraw\s*-?%\}/gs;
  const marks = /\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}/gs;
  return source.replace(raw, blanked).replace(marks, blanked);
}

function blanked(text: string): string {
  return ' '.repeat(text.length);
}

/** Words inside Jinja's marks: every name that could be asked for is among them. */
export function wordsIn(source: string): readonly string[] {
  return (source.match(/\{\{.*?\}\}|\{%.*?%\}/gs) ?? []).flatMap(
    (mark) => mark.match(/[\p{ID_Start}_]\p{ID_Continue}*/gu) ?? [],
  );
}

/** What makes the prompt of a format, as far as templates do. */
interface FormatTemplates {
  readonly template?: string;
  readonly system?: string;
  readonly chat?: boolean | readonly (Said | { readonly examples: readonly Said[] })[];
}

interface Said {
  readonly content: string;
}

interface FormatSetting {
  /** The template of formats that have none of their own. */
  readonly text: string;
  readonly path: Path;
  readonly fields: readonly string[];
  /** There may be fields besides: then nobody knows that none is named. */
  readonly isOpen: boolean;
}

/** Doubts of a format of prompts. Turns of examples are not about the item. */
export function formatDoubts(
  { template, system = '', chat = false }: FormatTemplates,
  { text, path, fields, isOpen }: FormatSetting,
): readonly OptionProblem[] {
  const turns = typeof chat === 'boolean' ? [] : chat;
  const own: readonly WrittenTemplate[] =
    typeof chat === 'boolean'
      ? [{ source: template ?? text, path: template === undefined ? ['text'] : [...path, 'template'] }]
      : turns.flatMap((turn, at) =>
          'content' in turn ? [{ source: turn.content, path: [...path, 'chat', at, 'content'] }] : [],
        );
  const whole = [{ source: system, path: [...path, 'system'] }, ...own];
  const braces = whole.flatMap((each) => braceDoubts(each, fields));
  const breaks = whole.flatMap(lineBreakDoubts);
  if (braces.length > 0 || isOpen) return [...braces, ...breaks];
  return [...breaks, ...itemDoubts(whole, { path, what: 'the format', fields })];
}
