import { property16, whitespace, word16 } from './unicode.ts';

/** What a pattern has that is not verified: `found` quotes it. */
export class UnverifiedPattern extends Error {
  override readonly name = 'UnverifiedPattern';
}

/** Reads a pattern from left to right, by code points. */
export class Cursor {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get ended(): boolean {
    return this.at >= this.text.length;
  }

  /** Steps over `expected` if it comes next. */
  take(expected: string): boolean {
    if (!this.text.startsWith(expected, this.at)) return false;
    this.at += expected.length;
    return true;
  }

  /** Steps over what `pattern`, sticky, matches here. */
  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text) ?? undefined;
    if (found !== undefined) this.at = pattern.lastIndex;
    return found;
  }

  next(): string {
    const point = this.text.codePointAt(this.at);
    if (point === undefined) throw new UnverifiedPattern(`the end of ${this.text}`);
    const character = String.fromCodePoint(point);
    this.at += character.length;
    return character;
  }

  refuse(from: number): UnverifiedPattern {
    return new UnverifiedPattern(`${this.text.slice(from, from + 24)} in ${this.text}`);
  }
}

/** `\x{2028}`, `\u00a0` and `\x41`; the escapes of control characters; and of a sign, itself. */
export function escapedCharacter(cursor: Cursor): string | undefined {
  const code = cursor.match(/\\(?:x\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2}))/y);
  if (code !== undefined) return String.fromCodePoint(parseInt(code[1] ?? code[2] ?? code[3] ?? '', 16));
  const control = cursor.match(/\\([tnrfvae])/y)?.[1];
  if (control !== undefined) return controls[control];
  return cursor.match(/\\([ -\/:-@\[-`{-~])/y)?.[1];
}

const controls: Readonly<Record<string, string>> = {
  t: '\t',
  n: '\n',
  r: '\r',
  f: '\f',
  v: '\v',
  a: '\x07',
  e: '\x1b',
};

/** `\s`, `\p{Lu}`, `\P{Han}`, `\p{^L}` and their like, as a class. */
export function escapedClass(cursor: Cursor): string | undefined {
  const shorthand = cursor.match(/\\([sSdDwWhH])/y)?.[1];
  if (shorthand !== undefined) {
    const set = shorthands[shorthand.toLowerCase()] as string;
    return shorthand === shorthand.toLowerCase() ? set : `[^${set}]`;
  }
  const from = cursor.at;
  const property = cursor.match(/\\([pP])\{(\^?)([A-Za-z_]+)\}/y);
  if (property === undefined) return undefined;
  const [, p, caret, name = ''] = property;
  const set = propertyClass(name);
  if (set === undefined) throw cursor.refuse(from);
  return (p === 'P') !== (caret === '^') ? `[^${set}]` : set;
}

const shorthands: Readonly<Record<string, string>> = {
  s: whitespace,
  d: property16('Nd'),
  w: word16,
  h: '[0-9A-Fa-f]',
};

/** Properties that are verified: general categories, scripts, and the names that Oniguruma adds. */
function propertyClass(name: string): string | undefined {
  const added: Readonly<Record<string, string>> = {
    Alpha: property16('Alphabetic'),
    Alphabetic: property16('Alphabetic'),
    Alnum: `[${property16('Alphabetic')}${property16('Nd')}]`,
    Digit: property16('Nd'),
    Lower: property16('Lowercase'),
    Lowercase: property16('Lowercase'),
    Upper: property16('Uppercase'),
    Uppercase: property16('Uppercase'),
    Ideographic: property16('Ideographic'),
    Punct: property16('P'),
    Space: whitespace,
    White_Space: whitespace,
  };
  if (Object.hasOwn(added, name)) return added[name];
  // Oniguruma counts unassigned characters otherwise, and has older emoji.
  if (/^(?:Other|Unassigned|Any|Assigned|ASCII|Cased_Letter|LC|Zyyy|Zinh|Unknown|Emoji.*)$/.test(name))
    return undefined;
  if (isProperty(name)) return isCategory(name) ? property16(name) : undefined;
  return isProperty(`Script=${name}`) && name.length > 4 ? property16(`Script=${name}`) : shortScript(name);
}

/** Scripts whose long names have up to four letters; codes of scripts are not verified. */
function shortScript(name: string): string | undefined {
  return /^(?:Ahom|Cham|Han|Kawi|Lao|Lisu|Miao|Modi|Mro|Newa|Nko|Thai|Toto|Vai|Yi)$/.test(name)
    ? property16(`Script=${name}`)
    : undefined;
}

function isCategory(name: string): boolean {
  return isProperty(`General_Category=${name}`);
}

function isProperty(name: string): boolean {
  try {
    return new RegExp(`\\p{${name}}`, 'v') instanceof RegExp;
  } catch {
    return false;
  }
}

const posix: Readonly<Record<string, string>> = {
  alpha: property16('Alphabetic'),
  alnum: `[${property16('Alphabetic')}${property16('Nd')}]`,
  blank: '[\\t\\p{Zs}]',
  cntrl: '\\p{Cc}',
  digit: property16('Nd'),
  lower: property16('Lowercase'),
  punct: `[${property16('P')}${property16('S')}]`,
  space: whitespace,
  upper: property16('Uppercase'),
  word: word16,
  xdigit: '[0-9A-Fa-f]',
};

/**
 * A class in brackets, from its `[`. Classes stand in classes and `&&` intersects, as in the flag `v`, where every operand is
 * made a class of its own.
 */
export function characterClass(cursor: Cursor, { foldCase }: { readonly foldCase: boolean }): string {
  const from = cursor.at;
  cursor.take('[');
  const negated = cursor.take('^');
  const operands: string[] = [];
  let items = '';
  let last: 'nothing' | 'character' | 'set' = 'nothing';
  for (let first = true; ; first = false) {
    if (cursor.ended) throw cursor.refuse(from);
    if (cursor.take(']')) {
      // A bracket that closes nothing is a character to Oniguruma, which warns of it.
      if (first || items === '') throw cursor.refuse(from);
      break;
    }
    if (cursor.take('&&')) {
      if (items === '') throw cursor.refuse(from);
      operands.push(`[${items}]`);
      [items, last] = ['', 'nothing'];
      continue;
    }
    const set = nestedClass(cursor, { foldCase });
    if (set !== undefined) {
      items += set;
      last = 'set';
      continue;
    }
    const begin = classCharacter(cursor);
    const dash = begin === '-' && cursor.text[cursor.at - 1] === '-' && cursor.text[cursor.at - 2] !== '\\';
    const closes = cursor.text[cursor.at] === ']' || cursor.text.startsWith('&&', cursor.at);
    if (dash && last !== 'nothing' && !closes) throw cursor.refuse(from);
    last = 'character';
    const end = rangeEnd(cursor);
    const range = folded(begin, end, foldCase);
    if (range === undefined) throw cursor.refuse(from);
    items += range;
  }
  operands.push(`[${items}]`);
  return operands.length === 1 && !negated
    ? (operands[0] as string)
    : `[${negated ? '^' : ''}${operands.join('&&')}]`;
}

/** A set inside a class; undefined where a character comes next. */
function nestedClass(cursor: Cursor, { foldCase }: { readonly foldCase: boolean }): string | undefined {
  const from = cursor.at;
  const named = cursor.match(/\[:(\^?)([a-z]+):\]/y);
  if (named !== undefined) {
    const [, caret, name = ''] = named;
    const set = Object.hasOwn(posix, name) ? posix[name] : undefined;
    if (set === undefined || (foldCase && /upper|lower/.test(name))) throw cursor.refuse(from);
    return caret === '^' ? `[^${set}]` : set;
  }
  if (cursor.text[cursor.at] === '[') return characterClass(cursor, { foldCase });
  const set = escapedClass(cursor);
  if (set !== undefined && foldCase && dependsOnCase(cursor.text.slice(from, cursor.at)))
    throw cursor.refuse(from);
  return set;
}

/** Whether a property is not closed under folding case. */
export function dependsOnCase(escape: string): boolean {
  return /\{\^?(?:L[ult]|(?:Upper|Lower|Title)case.*|Upper|Lower|Script.*|Latin|Greek|Cyrillic)\}/.test(
    escape,
  );
}

function classCharacter(cursor: Cursor): string {
  const from = cursor.at;
  const escaped = escapedCharacter(cursor);
  if (escaped !== undefined) return escaped;
  const character = cursor.next();
  if (character === '\\') throw cursor.refuse(from);
  return character;
}

function rangeEnd(cursor: Cursor): string | undefined {
  const following = cursor.text[cursor.at + 1];
  if (cursor.text[cursor.at] !== '-' || following === ']' || following === undefined) return undefined;
  if (cursor.text.startsWith('-&&', cursor.at)) return undefined;
  const from = cursor.at;
  cursor.take('-');
  if (following === '[' || /\\[sSdDwWhHpP]/.test(cursor.text.slice(cursor.at, cursor.at + 2)))
    throw cursor.refuse(from);
  return classCharacter(cursor);
}

/** A character or a range, with what it folds to where case does not count; undefined where that is not verified. */
function folded(begin: string, end: string | undefined, foldCase: boolean): string | undefined {
  if (end === undefined) {
    if (!foldCase) return point(begin);
    if (hasOtherCase(begin)) return undefined;
    return /[A-Za-z]/.test(begin) ? letter(begin) : point(begin);
  }
  const [first, last] = [begin.codePointAt(0) as number, end.codePointAt(0) as number];
  if (first > last || (foldCase && !/^[0-9][0-9]$/.test(begin + end))) return undefined;
  return `${point(begin)}-${point(end)}`;
}

/** Whether a character beyond ASCII may fold to another. */
export function hasOtherCase(character: string): boolean {
  return character > '\x7f' && /[\p{L}\p{M}\p{Changes_When_Casemapped}]/u.test(character);
}

/** A letter of ASCII in both cases, with the two letters beyond ASCII that fold to one: ſ and the Kelvin sign. */
export function letter(character: string): string {
  const lower = character.toLowerCase();
  const beyond: Readonly<Record<string, string>> = { s: '\\u017f', k: '\\u212a' };
  return `${lower}${lower.toUpperCase()}${beyond[lower] ?? ''}`;
}

/** A character as itself, whatever it means in a class. */
export function point(character: string): string {
  return `\\u{${(character.codePointAt(0) as number).toString(16)}}`;
}
