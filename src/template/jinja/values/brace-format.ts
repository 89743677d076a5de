import { JinjaError } from '../error.ts';
import { floatDigits, isNegative, type FloatKind } from './number-format.ts';
import { floatText } from './numbers.ts';
import { representationOf, textOf } from './text-of.ts';
import { typeName } from './type-name.ts';
import { isNumber, type CallArguments, type Value } from './value.ts';

const field = /\{\{|\}\}|\{([^{}!:]*)(?:!([rs]))?(?::([^{}]*))?\}|[{}]/g;

/**
 * `format.format(...)` of Python: `{}`, `{0}`, `{name}`, `{row.name[key]}`, each with `!r` and a format such as `:>8.2f`.
 *
 * @param memberOf what a value has under a name or at a place
 * @throws JinjaError
 */
export function formatBraces(
  format: string,
  { positional, named }: CallArguments,
  memberOf: (value: Value, key: Value) => Value | undefined,
): string {
  let next = 0;
  return format.replace(field, (whole: string, name?: string, conversion?: string, written?: string) => {
    if (whole === '{{' || whole === '}}') return whole.charAt(0);
    const spec = written ?? '';
    if (name === undefined)
      throw new JinjaError('a `{` or `}` of the format stands alone: double it, or put a name in');
    const [first = '', ...steps] = name.split(/[.[]/);
    let key = first;
    if (first === '') {
      key = String(next);
      next += 1;
    }
    let value = /^\d+$/.test(key) ? positional[Number(key)] : named.get(key);
    for (const step of steps) {
      if (value === undefined) break;
      value = memberOf(value, step.endsWith(']') ? itemOf(step.slice(0, -1)) : step);
    }
    if (value === undefined) throw new JinjaError(`there is no value for \`${whole}\` of the format`);
    if (conversion === 'r') return formatted(representationOf(value), spec);
    return formatted(conversion === 's' ? textOf(value) : value, spec);
  });
}

function itemOf(key: string): Value {
  return /^\d+$/.test(key) ? BigInt(key) : key;
}

interface Specification {
  readonly fill: string;
  readonly align: string;
  readonly sign: string;
  readonly alternate: boolean;
  readonly width: number;
  readonly grouping: string;
  readonly precision: number | undefined;
  readonly kind: string;
}

const specification = /^(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([a-zA-Z%])?$/su;

/** `format(value, spec)` of Python: `[[fill]align][sign][#][0][width][,][.precision][type]`. @throws JinjaError */
export function formatted(value: Value, spec: string): string {
  if (spec === '') return textOf(value);
  const parts = specification.exec(spec);
  if (parts === null) throw new JinjaError(`\`:${spec}\` is not a format that is supported here`);
  const [, fill, align, sign = '-', alternate, zero, width = '0', grouping = '', precision, kind = ''] =
    parts;
  const numeric = isNumber(value);
  const layout: Specification = {
    fill: fill ?? (zero === undefined ? ' ' : '0'),
    align: align ?? (zero !== undefined && numeric ? '=' : numeric ? '>' : '<'),
    sign,
    alternate: alternate !== undefined,
    width: Number(width),
    grouping,
    precision: precision === undefined ? undefined : Number(precision),
    kind,
  };
  if (typeof value === 'string') return formattedText(value, layout, parts[3] ?? alternate ?? grouping);
  if (isNumber(value)) return formattedNumber(value, layout);
  throw new JinjaError(`${typeName(value)} takes no format such as \`:${spec}\``);
}

function formattedText(text: string, layout: Specification, unfit: string): string {
  if ((layout.kind !== '' && layout.kind !== 's') || unfit !== '' || layout.align === '=') {
    throw new JinjaError('a text takes a format of fill, alignment, width and precision only');
  }
  return aligned('', Array.from(text).slice(0, layout.precision).join(''), layout);
}

function formattedNumber(value: boolean | bigint | number, layout: Specification): string {
  const { kind, precision, grouping, alternate } = layout;
  const number = typeof value === 'boolean' ? BigInt(value) : value;
  const before = isNegative(number) ? '-' : layout.sign === '-' ? '' : layout.sign;
  if (typeof number === 'bigint' && /^[dxXobn]?$/.test(kind)) {
    if (precision !== undefined)
      throw new JinjaError('a whole number takes no precision: use a type such as `f`');
    if (grouping === ',' && /^[xXob]$/.test(kind)) throw new JinjaError(`\`,\` does not go with \`${kind}\``);
    const base = { x: 16, X: 16, o: 8, b: 2 }[kind] ?? 10;
    const digits = (number < 0n ? -number : number).toString(base);
    const prefix = alternate && base !== 10 ? `0${kind}` : '';
    const shown = kind === 'X' ? digits.toUpperCase() : digits;
    return aligned(before + prefix, grouped(shown, grouping, base === 10 ? 3 : 4), layout);
  }
  const x = Number(number);
  if (kind === '%') {
    return aligned(before, `${grouped(floatDigits(x * 100, 'f', precision ?? 6), grouping, 3)}%`, layout);
  }
  if (kind === '' && precision === undefined) {
    return aligned(before, grouped(floatText(Math.abs(x)), grouping, 3), layout);
  }
  if (!/^[eEfFgG]$/.test(kind)) throw new JinjaError(`a number takes no format of the type \`${kind}\``);
  const digits = floatDigits(x, kind.toLowerCase() as FloatKind, precision ?? 6, { keepZeros: alternate });
  return aligned(before, grouped(/[EFG]/.test(kind) ? digits.toUpperCase() : digits, grouping, 3), layout);
}

function grouped(digits: string, separator: string, size: number): string {
  if (separator === '') return digits;
  const [, whole = '', rest = ''] = /^([0-9a-fA-F]*)(.*)$/s.exec(digits) ?? [];
  const groups: string[] = [];
  for (let end = whole.length; end > 0; end -= size)
    groups.unshift(whole.slice(Math.max(0, end - size), end));
  return groups.join(separator) + rest;
}

function aligned(before: string, body: string, { fill, align, width, grouping }: Specification): string {
  const missing = Math.max(0, width - Array.from(before + body).length);
  if (missing > 0 && align === '=' && grouping !== '' && fill === '0') {
    throw new JinjaError('zeros in front of grouped digits are not supported: leave the `0` or the `,` out');
  }
  switch (align) {
    case '<':
      return before + body + fill.repeat(missing);
    case '^': {
      const left = Math.floor(missing / 2);
      return fill.repeat(left) + before + body + fill.repeat(missing - left);
    }
    case '=':
      return before + fill.repeat(missing) + body;
    default:
      return fill.repeat(missing) + before + body;
  }
}
