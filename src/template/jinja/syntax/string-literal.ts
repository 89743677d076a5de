import { JinjaError } from '../error.ts';

const escape = /\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|([0-7]{1,3})|(\n)|([\s\S]))/gi;

const single: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
]);

/**
 * What the body of a string literal stands for: Python's escapes; a backslash before any other character stays.
 *
 * @param at where the literal begins, for the message
 * @throws JinjaError for an escape that is cut short, and for `\N{...}`
 */
export function unescaped(body: string, at: number): string {
  return body.replace(escape, (whole: string, ...groups: (string | undefined)[]) => {
    const [byte, short, long, octal, lineBreak, other] = groups;
    // The letters of these escapes have one case each; the flag is for the digits.
    const hex = whole[1] === 'x' ? byte : whole[1] === 'u' ? short : whole[1] === 'U' ? long : undefined;
    if (hex !== undefined) {
      const code = parseInt(hex, 16);
      if (code > 0x10ffff) throw new JinjaError(`\`${whole}\` is no character`, at);
      return String.fromCodePoint(code);
    }
    if (octal !== undefined) return String.fromCodePoint(parseInt(octal, 8));
    if (lineBreak !== undefined) return '';
    const letter = other ?? whole[1] ?? '';
    if (other !== undefined && /^[xuUN]$/.test(letter)) {
      throw new JinjaError(`\`\\${letter}\` in a text needs its digits, as in \`\\u00e9\``, at);
    }
    return single.get(letter) ?? whole;
  });
}
