import type { TextDiff } from './run-diff.ts';

/** Unchanged lines shown around a change. */
const CONTEXT = 2;

type Line = TextDiff['lines'][number];

/** A shortest edit from one text to another, line by line (Myers, "An O(ND) difference algorithm", 1986). */
export function diffLines(before: string, after: string): TextDiff {
  const a = lines(before);
  const b = lines(after);
  const edits = editScript(a, b);
  const added = edits.filter(({ op }) => op === '+').length;
  const removed = edits.filter(({ op }) => op === '-').length;
  return { added, removed, lines: edits.filter((_, i) => nearChange(edits, i)) };
}

function lines(text: string): string[] {
  const all = text.split(/\r?\n/);
  if (all.at(-1) === '') all.pop();
  return all;
}

function nearChange(edits: readonly Line[], at: number): boolean {
  for (let i = Math.max(0, at - CONTEXT); i <= Math.min(edits.length - 1, at + CONTEXT); i += 1) {
    if (edits[i]?.op !== '=') return true;
  }
  return false;
}

function editScript(a: readonly string[], b: readonly string[]): Line[] {
  const most = a.length + b.length;
  // reach.get(k): how far into `a` the furthest path on diagonal k (x - y) comes with d edits.
  const reach = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  for (let d = 0; d <= most; d += 1) {
    trace.push(new Map(reach));
    for (let k = -d; k <= d; k += 2) {
      let x = down(reach, k, d) ? at(reach, k + 1) : at(reach, k - 1) + 1;
      let y = x - k;
      while (x < a.length && y < b.length && a[x] === b[y]) {
        x += 1;
        y += 1;
      }
      reach.set(k, x);
      if (x >= a.length && y >= b.length) return walkBack(a, b, trace);
    }
  }
  return [];
}

function walkBack(a: readonly string[], b: readonly string[], trace: readonly Map<number, number>[]): Line[] {
  const edits: Line[] = [];
  let x = a.length;
  let y = b.length;
  for (let d = trace.length - 1; d >= 0; d -= 1) {
    const reach = trace[d] ?? new Map<number, number>();
    const k = x - y;
    const previous = down(reach, k, d) ? k + 1 : k - 1;
    const fromX = d === 0 ? 0 : at(reach, previous);
    const fromY = d === 0 ? 0 : fromX - previous;
    while (x > fromX && y > fromY) {
      edits.push({ op: '=', line: y, text: b[y - 1] ?? '' });
      x -= 1;
      y -= 1;
    }
    if (y > fromY) edits.push({ op: '+', line: y, text: b[y - 1] ?? '' });
    else if (x > fromX) edits.push({ op: '-', line: x, text: a[x - 1] ?? '' });
    x = fromX;
    y = fromY;
  }
  return edits.reverse();
}

/** Whether diagonal k is reached from above (a line of `b` inserted) rather than from the left. */
function down(reach: ReadonlyMap<number, number>, k: number, d: number): boolean {
  return k === -d || (k !== d && at(reach, k - 1) < at(reach, k + 1));
}

function at(reach: ReadonlyMap<number, number>, k: number): number {
  return reach.get(k) ?? 0;
}
