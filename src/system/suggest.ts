import { distance } from 'fastest-levenshtein';

/**
 * The candidate that was probably meant, if one is near enough: at most a third of its letters wrong, and two in
 * short names. Ties go to the first.
 */
export function suggest(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const far = distance(name.toLowerCase(), candidate.toLowerCase());
    const limit = Math.min(Math.max(2, Math.floor(candidate.length / 3)), candidate.length - 1);
    if (far <= limit && far < bestDistance) {
      best = candidate;
      bestDistance = far;
    }
  }
  return best;
}

/** What to do about a name that is not known; undefined when nothing is near. */
export function didYouMean(name: string, candidates: readonly string[]): string | undefined {
  const meant = suggest(name, candidates);
  return meant === undefined ? undefined : `did you mean \`${meant}\`?`;
}

/** Longest list of names in a message: past it people need the documentation, not the message. */
const namesShown = 24;

export function listNames(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const shown = names.slice(0, namesShown).join(', ');
  return names.length > namesShown ? `${shown}, and ${names.length - namesShown} more` : shown;
}
