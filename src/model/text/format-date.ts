const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/**
 * A day at midnight as C's `strftime` writes it, in English.
 *
 * @param date `2024-07-26`
 * @returns the text, or the first directive that is not known here
 */
export function formatDate(
  date: string,
  format: string,
): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly directive: string } {
  const day = new Date(`${date}T00:00:00Z`);
  const two = (value: number): string => String(value).padStart(2, '0');
  const [weekday, month] = [days[day.getUTCDay()] ?? '', months[day.getUTCMonth()] ?? ''];
  const yearStart = Date.UTC(day.getUTCFullYear(), 0, 1);
  const written: Readonly<Record<string, string>> = {
    '%Y': String(day.getUTCFullYear()),
    '%y': two(day.getUTCFullYear() % 100),
    '%m': two(day.getUTCMonth() + 1),
    '%d': two(day.getUTCDate()),
    '%-d': String(day.getUTCDate()),
    '%-m': String(day.getUTCMonth() + 1),
    '%e': String(day.getUTCDate()).padStart(2, ' '),
    '%j': String((day.getTime() - yearStart) / 86_400_000 + 1).padStart(3, '0'),
    '%A': weekday,
    '%a': weekday.slice(0, 3),
    '%B': month,
    '%b': month.slice(0, 3),
    '%F': date,
    '%H': '00',
    '%I': '12',
    '%M': '00',
    '%S': '00',
    '%p': 'AM',
    '%%': '%',
  };
  const directives = format.match(/%-?[\s\S]?/g) ?? [];
  const unknown = directives.find((directive) => !Object.hasOwn(written, directive));
  if (unknown !== undefined) return { ok: false, directive: unknown };
  return { ok: true, text: format.replace(/%-?[\s\S]/g, (directive) => written[directive] ?? directive) };
}
