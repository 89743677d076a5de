import type { Pattern, Stretch } from './pattern.ts';
import type { Piece, PreTokenizer } from './piece.ts';

/** What becomes of the matches that a text is split at. */
export type Behavior = (typeof behaviors)[number];

export const behaviors = [
  'Removed',
  'Isolated',
  'MergedWithPrevious',
  'MergedWithNext',
  'Contiguous',
] as const;

/**
 * Splits each piece at the matches of a pattern. Empty parts are dropped.
 * Source: tokenizers, `NormalizedString::split`.
 */
export function splitAt(pattern: Pattern, behavior: Behavior, { invert = false } = {}): PreTokenizer {
  return ({ text, atStart }) => {
    const found = pattern(text);
    const stretches = invert ? found.map((each) => ({ ...each, matches: !each.matches })) : found;
    const pieces: Piece[] = [];
    for (const { begin, end } of joined(stretches, behavior)) {
      if (end > begin) pieces.push({ text: text.slice(begin, end), atStart: atStart && begin === 0 });
    }
    return pieces;
  };
}

function joined(stretches: readonly Stretch[], behavior: Behavior): readonly Stretch[] {
  switch (behavior) {
    case 'Isolated':
      return stretches;
    case 'Removed':
      return stretches.filter(({ matches }) => !matches);
    case 'Contiguous':
      return merged(stretches, (before, each) => before.matches === each.matches);
    case 'MergedWithPrevious':
      return merged(stretches, (before, each) => each.matches && !before.matches);
    case 'MergedWithNext':
      // From the end: a match joins what follows it, unless that is a match.
      return merged([...stretches].reverse(), (after, each) => each.matches && !after.matches).reverse();
  }
}

/** Joins each stretch to the one before it in the list where `together` says so of the two as they were found. */
function merged(
  stretches: readonly Stretch[],
  together: (before: Stretch, each: Stretch) => boolean,
): Stretch[] {
  const found: Stretch[] = [];
  for (const [index, each] of stretches.entries()) {
    const before = stretches[index - 1];
    const last = found.at(-1);
    if (before === undefined || last === undefined || !together(before, each)) {
      found.push(each);
      continue;
    }
    const ends = { begin: Math.min(last.begin, each.begin), end: Math.max(last.end, each.end) };
    found[found.length - 1] = { ...last, ...ends };
  }
  return found;
}
