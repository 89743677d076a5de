import type { OptionProblem } from '../system/failure.ts';

/** A template and where it stands. */
export interface WrittenTemplate {
  readonly source: string;
  readonly path: readonly (string | number)[];
}

/** A block or a comment that ends a line, without a sign that says what becomes of the break. */
const ENDING_TAG = /(?:\{%(?:(?!%\}).)*[^+\-%]%\}|\{#(?:(?!#\}).)*[^+\-#]#\})\n(?=[^\n]*\S|\n)/gsu;
const TAGS = /\{%.*?%\}|\{#.*?#\}/gs;
const RAW = /\{%[-+]?\s*raw\s*-?%\}.*?\{%[-+]?\s*endraw\s*[-+]?%\}/gs;

/**
 * A block behind text in its line takes the line break behind it: two lines become one. That is `trim_blocks`, as chat templates have
 * it in transformers; Jinja2 by itself, and so a prompt that was written for lm-evaluation-harness or promptfoo, keeps the break. A
 * block alone in its line is hardly meant to leave an empty one, and nothing is said of it.
 */
export function lineBreakDoubts({ source, path }: WrittenTemplate): readonly OptionProblem[] {
  const text = source.replace(RAW, (raw) => raw.replace(/[^\n]|\n/g, '.'));
  const found = [...text.matchAll(ENDING_TAG)].filter(({ index }) => {
    const before = text.slice(text.lastIndexOf('\n', index - 1) + 1, index);
    return before.replace(TAGS, '').trim() !== '';
  });
  const [first] = found;
  if (first === undefined) return [];
  const tag = first[0].trimEnd();
  const more = found.length > 1 ? `, and so in ${found.length} lines` : '';
  return [
    {
      path,
      span: { start: first.index, end: first.index + tag.length },
      message: `\`${tag}\` takes the line break behind it, as in chat templates: two lines become one${more}`,
      expected: `\`${tag.slice(0, -2)}+${tag.slice(-2)}\`, which keeps the break, or \`${tag.slice(0, -2)}-${tag.slice(-2)}\`, which is meant to drop it`,
      found: tag,
      next: 'write one of them; Jinja2 without `trim_blocks` keeps the break',
    },
  ];
}
