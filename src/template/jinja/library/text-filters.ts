import { capitalize, lowercase, uppercase } from '../../../transforms/case.ts';
import { shownText, type Context } from '../context.ts';
import { JinjaError } from '../error.ts';
import { itemsOf } from '../values/iterate.ts';
import { formatPercent } from '../values/percent.ts';
import { center, replaceText, splitAtFromEnd, splitLines, strip } from '../values/text.ts';
import { isTrue } from '../values/compare.ts';
import { typeName } from '../values/type-name.ts';
import { Markup, Tuple, type Value, Dict } from '../values/value.ts';
import { integerArgument, named, textArgument } from './arguments.ts';
import { filter, type Filters } from './filter.ts';
import { pythonJson, unicodeEscape } from './json.ts';
import { valueAtPath } from './paths.ts';

/** A filter that takes any value as text, as Jinja2's `soft_str` does. */
function ofText(name: string, run: (text: string) => Value): ReturnType<typeof filter> {
  return filter(name, [], (value, _, context, what) =>
    run(shownText(context, value, `the value for ${what}`)),
  );
}

/** Filters that give texts, by name. */
export const textFilters: Filters = new Map([
  ofText('upper', uppercase),
  ofText('lower', lowercase),
  ofText('capitalize', capitalize),
  ofText('string', (text) => text),
  ofText('title', (text) => text.split(wordStart()).map(capitalizedWord).join('')),
  ofText('wordcount', (text) => BigInt(text.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0)),

  filter('trim', [named('chars')], (value, [set], context, what) =>
    strip(
      shownText(context, value, `the value for ${what}`),
      set === null ? undefined : textArgument(what, set),
    ),
  ),
  filter('center', [named('width', 80n)], (value, [width], context, what) =>
    center(shownText(context, value, `the value for ${what}`), integerArgument(what, width)),
  ),
  filter(
    'replace',
    [{ name: 'old' }, { name: 'new' }, named('count')],
    (value, [old = null, by = null, count], context, what) => {
      const [text, from, to] = [value, old, by].map((each) =>
        shownText(context, each, `the value for ${what}`),
      );
      return replaceText(
        text ?? '',
        from ?? '',
        to ?? '',
        count === null ? -1 : integerArgument(what, count),
      );
    },
  ),
  filter(
    'indent',
    [named('width', 4n), named('first', false), named('blank', false)],
    (value, [width = null, first = null, blank = null], _, what) => {
      const margin = typeof width === 'string' ? width : ' '.repeat(integerArgument(what, width));
      return indented(textArgument(what, value), margin, { first: isTrue(first), blank: isTrue(blank) });
    },
  ),
  filter(
    'truncate',
    [named('length', 255n), named('killwords', false), named('end', '...'), named('leeway', 5n)],
    (value, [length, killWords = null, end, leeway], _, what) => {
      const text = Array.from(textArgument(what, value));
      const [most, ellipsis] = [integerArgument(what, length), textArgument(what, end)];
      const kept = most - Array.from(ellipsis).length;
      if (kept < 0) throw new JinjaError(`${what} needs a length that its end fits into`);
      if (text.length <= most + (leeway === null ? 5 : integerArgument(what, leeway))) return value;
      const cut = text.slice(0, kept).join('');
      return (isTrue(killWords) ? cut : (splitAtFromEnd(cut, ' ', 1)[0] ?? '')) + ellipsis;
    },
  ),
  filter('join', [named('d', ''), named('attribute')], (value, [by = null, path = null], context, what) => {
    const items = itemsOf(value).map((item) => (path === null ? item : valueAtPath(context, item, path)));
    const texts = items.map((item) => shownText(context, item, `an item for ${what}`));
    return texts.join(shownText(context, by, `the separator of ${what}`));
  }),
  filter('urlencode', [], (value, _, __, what) =>
    encodeURIComponent(textArgument(what, value))
      .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
      .replaceAll('%2F', '/'),
  ),
  filter('safe', [], (value, _, context, what) =>
    value instanceof Markup ? value : new Markup(shownText(context, value, `the value for ${what}`), 'safe'),
  ),
  filter('escape', [], escaped),
  filter('e', [], escaped),
  [
    'format',
    (context, value, { positional, named: byName }) => {
      if (positional.length > 0 && byName.size > 0) {
        throw new JinjaError('the filter `format` takes values by position or by name, not both');
      }
      const format = shownText(context, value, 'the value for the filter `format`');
      return formatPercent(format, byName.size > 0 ? new Dict(byName) : new Tuple(positional));
    },
  ],
  filter(
    'tojson',
    [named('indent'), named('ensure_ascii'), named('separators'), named('sort_keys')],
    (value, [indent = null, ascii = null, separators = null, sort = null], { dialect }, what) => {
      const { htmlJson } = dialect;
      if (htmlJson && [ascii, separators, sort].some((each) => each !== null)) {
        throw new JinjaError(`${what} takes no argument but \`indent\` in Jinja2`);
      }
      const margin =
        typeof indent === 'string' || indent === null ? indent : ' '.repeat(integerArgument(what, indent));
      const json = pythonJson(value, {
        indent: margin ?? undefined,
        ensureAscii: htmlJson || isTrue(ascii),
        sortKeys: htmlJson || isTrue(sort),
        separators: separatorsOf(separators, margin === null ? ', ' : ',', what),
      });
      return htmlJson ? new Markup(json.replace(/[<>&']/g, unicodeEscape), 'tojson') : json;
    },
  ),
]);

/** Where the filter `title` sees a word begin. */
function wordStart(): RegExp {
  return /([-\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000({[<]+)/u;
}

function capitalizedWord(word: string): string {
  const [first = '', ...rest] = Array.from(word);
  return uppercase(first) + lowercase(rest.join(''));
}

function indented(
  text: string,
  margin: string,
  { first, blank }: { readonly first: boolean; readonly blank: boolean },
): string {
  const lines = splitLines(`${text}\n`);
  const moved = lines.map((line, index) => (index === 0 || (line === '' && !blank) ? line : margin + line));
  return (first ? margin : '') + moved.join('\n');
}

function escaped(value: Value, _: readonly Value[], context: Context, what: string): Value {
  if (value instanceof Markup) return value;
  const text = shownText(context, value, `the value for ${what}`);
  return new Markup(
    text.replace(/[&<>"']/g, (character) => entities.get(character) ?? character),
    'escape',
  );
}

/** As MarkupSafe writes them. */
const entities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&#34;'],
  ["'", '&#39;'],
]);

function separatorsOf(value: Value, item: string, what: string): readonly [string, string] {
  if (value === null) return [item, ': '];
  const items = itemsOf(value);
  if (items.length !== 2) throw new JinjaError(`${what} takes two separators, not ${typeName(value)}`);
  return [textArgument(what, items[0]), textArgument(what, items[1])];
}
