import type { PlacedToken } from '../../model/text/surprisal.ts';
import type { Region } from './regions.ts';

/** A region or a word of a text: code points from `start` up to, not including, `end`. */
export interface TextUnit {
  readonly name: string;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** A unit with the tokens that are counted in it. */
export interface MeasuredUnit extends TextUnit {
  readonly tokens: readonly PlacedToken[];
  /** How many tokens have characters of this unit and of another one. */
  readonly straddling: number;
}

const space = /^[\s\p{White_Space}]$/u;

/** The regions one after the other, with a delimiter between those that are not empty. */
export function joinRegions(
  regions: readonly Region[],
  delimiter: string,
): { readonly text: string; readonly units: readonly TextUnit[] } {
  const between = Array.from(delimiter).length;
  let text = '';
  let at = 0;
  const units = regions.map((region): TextUnit => {
    const length = Array.from(region.text).length;
    if (length > 0 && text !== '') {
      text += delimiter;
      at += between;
    }
    text += region.text;
    const start = at;
    at += length;
    return { ...region, start, end: at };
  });
  return { text, units };
}

/** Words: what stands between white space, with its punctuation. */
export function wordsOf(text: string): readonly TextUnit[] {
  const words: TextUnit[] = [];
  let word = '';
  let at = 0;
  const end = (): void => {
    if (word !== '') words.push({ name: word, text: word, start: at - Array.from(word).length, end: at });
    word = '';
  };
  for (const character of text) {
    if (space.test(character)) end();
    else word += character;
    at += 1;
  }
  end();
  return words;
}

/**
 * Counts each token in one unit: the one that its first character lies in that is no white space; so a space counts with the
 * word behind it. A token of white space alone counts where it lies; between two units, in the second; after all, in the last.
 */
export function measureUnits(
  text: string,
  units: readonly TextUnit[],
  tokens: readonly PlacedToken[],
): readonly MeasuredUnit[] {
  const characters = Array.from(text);
  const unitOf = unitsByPlace(units, characters.length);
  const own = units.map((): PlacedToken[] => []);
  const straddling = units.map(() => 0);
  for (const token of tokens) {
    const spelt = characters
      .slice(token.start, token.end)
      .flatMap((character, index) => (space.test(character) ? [] : [token.start + index]));
    const first = unitOf[spelt[0] ?? token.start] ?? -1;
    const last = unitOf[spelt.at(-1) ?? token.start] ?? -1;
    own[first]?.push(token);
    for (let unit = first; unit <= last && last > first; unit += 1)
      if (!isEmpty(units[unit])) straddling[unit] = (straddling[unit] ?? 0) + 1;
  }
  return units.map((unit, index) => ({
    ...unit,
    tokens: own[index] ?? [],
    straddling: straddling[index] ?? 0,
  }));
}

/** For each place, and the one behind the last, the unit that is there, or the next one, or the last; none that is empty. */
export function unitsByPlace(units: readonly TextUnit[], length: number): readonly number[] {
  const last = units.findLastIndex((each) => !isEmpty(each));
  const found = Array.from({ length: length + 1 }, () => last);
  let unit = 0;
  for (let place = 0; place < length; place += 1) {
    while (unit < units.length && (units[unit]?.end ?? 0) <= place) unit += 1;
    if (unit < units.length) found[place] = unit;
  }
  return found;
}

function isEmpty(unit: TextUnit | undefined): boolean {
  return unit === undefined || unit.start === unit.end;
}
