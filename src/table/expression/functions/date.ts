import type { Value } from '../value.ts';
import { numberAt, Refusal, scalar, textAt, wholeAt, type Args, type ScalarFunction } from './function.ts';

const msDay = 86_400_000;
/** What a moment may be given as: a date, its ISO 8601 text, or milliseconds since 1970. */
const moment = 'date:date|text|number';

/** A function and its name with `utc` in front, which is the same: there are no other zones. */
function part(name: string, summary: string, compute: (date: Date) => number): readonly ScalarFunction[] {
  const both = (each: string, said: string): ScalarFunction =>
    scalar(each, moment, 'number', said, (args) => compute(momentAt(args, 0)));
  return [both(name, summary), both(`utc${name}`, `the same as ${name}`)];
}

function made(name: string, summary: string): ScalarFunction {
  const parameters =
    'year:number month?:number day?:number hours?:number minutes?:number seconds?:number milliseconds?:number';
  return scalar(name, parameters, 'date', summary, (args) => {
    const [year, month, day] = [wholeAt(args, 0, NaN), wholeAt(args, 1, 0), wholeAt(args, 2, 1)];
    const date = new Date(0);
    // `Date.UTC` takes the year 24 for 1924.
    date.setUTCFullYear(year, month, day);
    date.setUTCHours(wholeAt(args, 3, 0), wholeAt(args, 4, 0), wholeAt(args, 5, 0), wholeAt(args, 6, 0));
    return refuseInvalid(date);
  });
}

function formatted(name: string, summary: string): ScalarFunction {
  return scalar(name, `${moment} shorten?:boolean`, 'text', summary, (args) => {
    const text = momentAt(args, 0).toISOString();
    if (args[1] !== true) return text;
    return text
      .replace(/\.000Z$/, 'Z')
      .replace(/:00Z$/, 'Z')
      .replace(/T00:00Z$/, '');
  });
}

export const dateFunctions: readonly ScalarFunction[] = [
  scalar(
    'parse_date',
    'date:text|date|number',
    'date',
    'the moment that ISO 8601 text says, in UTC',
    (args) => momentAt(args, 0),
  ),
  made('datetime', 'a moment in UTC; months count from 0'),
  made('utcdatetime', 'the same as datetime'),
  formatted('format_date', 'ISO 8601 text in UTC; shortened without zeros at its end'),
  formatted('format_utcdate', 'the same as format_date'),
  scalar('timestamp', moment, 'number', 'milliseconds since 1970', (args) => momentAt(args, 0).getTime()),
  ...part('year', 'year', (date) => date.getUTCFullYear()),
  ...part('quarter', 'quarter of the year, from 0', (date) => Math.floor(date.getUTCMonth() / 3)),
  ...part('month', 'month, from 0', (date) => date.getUTCMonth()),
  ...['week', 'utcweek'].map((name) =>
    scalar(
      name,
      `${moment} firstday?:number`,
      'number',
      'week of the year, 0 before its first Sunday (or other first day, from 0)',
      (args) => weekOf(momentAt(args, 0), ((wholeAt(args, 1, 0) % 7) + 7) % 7),
    ),
  ),
  ...part('date', 'day of the month, from 1', (date) => date.getUTCDate()),
  ...part('dayofyear', 'day of the year, from 1', (date) => dayOfYear(date)),
  ...part('dayofweek', 'day of the week, from 0 for Sunday', (date) => date.getUTCDay()),
  ...part('hours', 'hour of the day', (date) => date.getUTCHours()),
  ...part('minutes', 'minute of the hour', (date) => date.getUTCMinutes()),
  ...part('seconds', 'second of the minute', (date) => date.getUTCSeconds()),
  ...part('milliseconds', 'milliseconds of the second', (date) => date.getUTCMilliseconds()),
];

/** ISO 8601 from the year to milliseconds; a zone, or else UTC. */
const iso =
  /^(\d{4}|[+-]\d{6})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?)?)?$/;

function momentAt(args: Args, index: number): Date {
  const value: Value = args[index] ?? null;
  if (value instanceof Date) return value;
  if (typeof value === 'number') return refuseInvalid(new Date(numberAt(args, index)));
  const text = textAt(args, index).trim();
  const fields = iso.exec(text);
  if (fields === null) throw notADate(text);
  const [year, month, day, hours, minutes, seconds] = [1, 2, 3, 4, 5, 6].map((field) => {
    const given = fields[field];
    return given === undefined ? undefined : Number(given);
  });
  const date = new Date(0);
  date.setUTCFullYear(year ?? NaN, (month ?? 1) - 1, day ?? 1);
  date.setUTCHours(
    hours ?? 0,
    minutes ?? 0,
    seconds ?? 0,
    Number((fields[7] ?? '').padEnd(3, '0').slice(0, 3)),
  );
  const there =
    date.getUTCMonth() === (month ?? 1) - 1 &&
    date.getUTCDate() === (day ?? 1) &&
    date.getUTCHours() === (hours ?? 0) &&
    date.getUTCMinutes() === (minutes ?? 0) &&
    date.getUTCSeconds() === (seconds ?? 0);
  // JavaScript makes March 2 of February 30.
  if (!there) throw notADate(text);
  return refuseInvalid(new Date(date.getTime() - offsetOf(fields[8] ?? 'Z')));
}

function offsetOf(zone: string): number {
  if (zone === 'Z') return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  if (hours > 23 || minutes > 59) throw notADate(zone);
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

function notADate(text: string): Refusal {
  return new Refusal('the text is no date', {
    expected: 'ISO 8601, as in 2024-01-31 or 2024-01-31T12:00:00Z',
    found: JSON.stringify(text),
  });
}

function refuseInvalid(date: Date): Date {
  if (Number.isNaN(date.getTime())) {
    throw new Refusal('there is no such date', { expected: 'a year from -271820 to 275759' });
  }
  return date;
}

function dayOfYear(date: Date): number {
  const first = new Date(0);
  first.setUTCFullYear(date.getUTCFullYear(), 0, 1);
  return 1 + Math.floor((date.getTime() - first.getTime()) / msDay);
}

/** Days before the first `firstDay` of the year are in week 0. */
function weekOf(date: Date, firstDay: number): number {
  const sinceFirstDay = (date.getUTCDay() + 7 - firstDay) % 7;
  return Math.floor((dayOfYear(date) + 6 - sinceFirstDay) / 7);
}
