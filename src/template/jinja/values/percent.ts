import { JinjaError } from '../error.ts';
import { floatDigits, isNegative, type FloatKind } from './number-format.ts';
import { representationOf, textOf } from './text-of.ts';
import { typeName } from './type-name.ts';
import { isNumber, Tuple, type Value, Dict } from './value.ts';

const directive = /%(?:\(([^)]*)\))?([-+ #0]*)(\d+|\*)?(?:\.(\d+|\*)?)?[hlL]?(.)|%/gsu;

/** `format % values` of Python: printf-style, with a tuple of values, one value, or a mapping for `%(name)s`. @throws JinjaError */
export function formatPercent(format: string, values: Value): string {
  const list = values instanceof Tuple ? values.items : [values];
  let used = 0;
  const byName: string[] = [];
  const text = format.replace(directive, (whole: string, ...groups: (string | undefined)[]) => {
    const [key, flags = '', width, precision, conversion] = groups;
    if (conversion === undefined) throw new JinjaError('a format ends with an incomplete `%`');
    if (conversion === '%') return '%';
    if (width === '*' || precision === '*')
      throw new JinjaError(`\`${whole}\` is not supported: write the number itself`);
    let value: Value | undefined;
    if (key === undefined) {
      value = list[used];
      used += 1;
    } else {
      byName.push(key);
      value = values instanceof Dict ? values.get(key) : undefined;
    }
    if (value === undefined) throw new JinjaError(`there is no value for \`${whole}\` of the format`);
    const hasPrecision = whole.replace(/^%\([^)]*\)/, '').includes('.');
    return converted(value, conversion, {
      flags,
      width: Number(width ?? 0),
      precision: hasPrecision ? Number(precision ?? 0) : undefined,
    });
  });
  if (byName.length === 0 && used < list.length && !(values instanceof Dict)) {
    throw new JinjaError(`the format takes ${used} values, and was given ${list.length}`);
  }
  return text;
}

interface Layout {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
}

function converted(value: Value, conversion: string, layout: Layout): string {
  const { flags, precision } = layout;
  switch (conversion) {
    case 's':
    case 'r': {
      const text = conversion === 's' ? textOf(value) : representationOf(value);
      return padded('', Array.from(text).slice(0, precision).join(''), {
        ...layout,
        flags: flags.replaceAll('0', ''),
      });
    }
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
    case 'o':
      return integer(value, conversion, layout);
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G': {
      if (!isNumber(value)) throw new JinjaError(`\`%${conversion}\` takes a number, not ${typeName(value)}`);
      const x = Number(value);
      const kind = conversion.toLowerCase() as FloatKind;
      const digits = floatDigits(x, kind, precision ?? 6, { keepZeros: flags.includes('#') });
      const shown = kind === conversion ? digits : digits.toUpperCase();
      const finite = Number.isFinite(x) ? flags : flags.replaceAll('0', '');
      return padded(signOf(isNegative(x), flags), shown, { ...layout, flags: finite });
    }
    default:
      throw new JinjaError(`the format has \`%${conversion}\`, which is not supported: use %s, %d or %.2f`);
  }
}

function integer(value: Value, conversion: string, layout: Layout): string {
  if (!isNumber(value) || (typeof value === 'number' && !(conversion === 'd' && Number.isFinite(value)))) {
    throw new JinjaError(`\`%${conversion}\` takes a whole number, not ${typeName(value)}`);
  }
  const whole = BigInt(typeof value === 'number' ? Math.trunc(value) : value);
  const base = { x: 16, X: 16, o: 8 }[conversion] ?? 10;
  const digits = (whole < 0n ? -whole : whole).toString(base).padStart(layout.precision ?? 0, '0');
  const prefix = layout.flags.includes('#') && base !== 10 ? `0${conversion}` : '';
  const shown = conversion === 'X' ? digits.toUpperCase() : digits;
  return padded(signOf(whole < 0n, layout.flags) + prefix, shown, layout);
}

function signOf(negative: boolean, flags: string): string {
  if (negative) return '-';
  if (flags.includes('+')) return '+';
  return flags.includes(' ') ? ' ' : '';
}

function padded(before: string, body: string, { flags, width }: Layout): string {
  const missing = width - Array.from(before + body).length;
  if (missing <= 0) return before + body;
  if (flags.includes('-')) return before + body + ' '.repeat(missing);
  return flags.includes('0') ? before + '0'.repeat(missing) + body : ' '.repeat(missing) + before + body;
}
