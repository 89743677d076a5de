// The one file that is needed: all of the package takes 20 ms to load, in every command.
import { diffArrays } from 'diff/lib/diff/array.js';
import type { TextDiff } from './run-diff.ts';

/** Unchanged lines shown around a change. */
const context = 2;

/**
 * Longest edit that is looked for, in lines added and removed: the time grows with its square. An edit of this length
 * takes about a quarter of a second to find.
 */
const maxEdit = 2000;

type Line = TextDiff['lines'][number];

/**
 * A shortest edit from one text to another, line by line. Of texts that differ in more than 2000 lines, what they have
 * in common at the beginning and at the end is unchanged, and all between is removed and added: that is an edit too,
 * though not always a shortest one.
 */
export function diffLines(before: string, after: string): TextDiff {
  const edits = editScript(linesOf(before), linesOf(after));
  return {
    added: edits.filter(({ op }) => op === '+').length,
    removed: edits.filter(({ op }) => op === '-').length,
    lines: edits.filter((_, index) => isNearChange(edits, index)),
  };
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function isNearChange(edits: readonly Line[], at: number): boolean {
  return edits.slice(Math.max(0, at - context), at + context + 1).some(({ op }) => op !== '=');
}

/** Pieces of a text in order: lines that were kept, removed or added. */
interface Piece {
  readonly op: Line['op'];
  readonly lines: readonly string[];
}

function editScript(before: readonly string[], after: readonly string[]): Line[] {
  // `line` counts from 1: in the text after, or, of what is removed, in the text before.
  let [old, now] = [0, 0];
  return piecesOf(before, after).flatMap(({ op, lines }) =>
    lines.map((text): Line => {
      if (op !== '+') old += 1;
      if (op !== '-') now += 1;
      return { op, line: op === '-' ? old : now, text };
    }),
  );
}

function piecesOf(before: readonly string[], after: readonly string[]): Piece[] {
  const found = diffArrays([...before], [...after], { maxEditLength: maxEdit });
  return (
    found?.map(({ added, removed, value }) => ({ op: added ? '+' : removed ? '-' : '=', lines: value })) ??
    wholePieces(before, after)
  );
}

function wholePieces(before: readonly string[], after: readonly string[]): Piece[] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  return [
    { op: '=', lines: after.slice(0, start) },
    { op: '-', lines: before.slice(start, before.length - end) },
    { op: '+', lines: after.slice(start, after.length - end) },
    { op: '=', lines: after.slice(after.length - end) },
  ];
}
