import { isMap, type Json, type Path } from '../../../system/json.ts';
import { entriesOf } from '../../../system/names-in-order.ts';
import type { At, Problems } from '../problems.ts';

/**
 * Warns of data that YAML reads as something else than what stands there: an answer `007` is the number 7, `3.10` is
 * 3.1, `True` is true. What is asked and answered is text, so that such a value would be scored as another one.
 */
export function warnOfReadings(value: Json, path: Path, problems: Problems): void {
  if (Array.isArray(value)) {
    value.forEach((item: Json, index) => {
      warnOfReadings(item, [...path, index], problems);
    });
  } else if (isMap(value)) {
    for (const [name, item] of entriesOf(value)) {
      warnOfKey(name, path, problems);
      warnOfReadings(item, [...path, name], problems);
    }
  } else if (typeof value === 'number' || typeof value === 'boolean' || value === null) {
    const written = problems.locator.written(path);
    const read = String(value);
    // Nothing and `~` are how one writes that there is no value.
    if (written === undefined || written === read || (value === null && /^~?$/.test(written))) return;
    warnOfReading(problems, { value: path }, written, read);
  }
}

/** Warns of names, of whatever options, that YAML reads as something else. */
export function warnOfKeys(value: Json, path: Path, problems: Problems): void {
  if (Array.isArray(value)) {
    value.forEach((item: Json, index) => {
      warnOfKeys(item, [...path, index], problems);
    });
  } else if (isMap(value)) {
    for (const [name, item] of entriesOf(value)) {
      warnOfKey(name, path, problems);
      warnOfKeys(item, [...path, name], problems);
    }
  }
}

/** Warns of a name that YAML reads as something else than what stands there: a format `1.10` is the format `1.1`. */
function warnOfKey(name: string, holder: Path, problems: Problems): void {
  const written = problems.locator.writtenKey([...holder, name]);
  if (written !== undefined && written !== name)
    warnOfReading(problems, { key: [...holder, name] }, written, name);
}

export function warnOfReading(problems: Problems, at: At, written: string, read: string): void {
  problems.warning('reads-otherwise', `YAML reads \`${written}\` as \`${read}\``, at, {
    found: written,
    next: `quote it to keep it as it is: "${written}"; or write \`${read}\``,
  });
}
