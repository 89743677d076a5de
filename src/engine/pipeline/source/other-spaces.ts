import { isScalar, visit, type Document, type Node } from 'yaml';
import type { Problems } from '../problems.ts';

/** Spaces that look like one and are none to YAML: no-break, narrow, ideographic. Pages and word processors put them in. */
const other = '\\u00a0\\u1680\\u2000-\\u200b\\u202f\\u205f\\u3000\\ufeff';
const indented = new RegExp(`^[ \\t-]*([${other}])`, 'u');
const afterColon = new RegExp(`^[ \\t-]*[\\p{L}\\p{N}_.-]+:([${other}])`, 'u');

/**
 * Tells of a space that is none to YAML where the file is not what it looks like for its sake: it made a line unreadable, a
 * key begins with it, or a key and its value are one text. In texts that people mean it stays what it is.
 */
export function reportOtherSpaces(text: string, document: Document, problems: Problems): boolean {
  for (const line of suspectLines(text, document)) {
    const found = indented.exec(line.text) ?? afterColon.exec(line.text);
    const space = found?.[1]?.codePointAt(0);
    if (found === null || space === undefined) continue;
    const at = line.start + found[0].length - 1;
    const code = space.toString(16).toUpperCase().padStart(4, '0');
    problems.error(
      'yaml-space',
      'a space that YAML does not know as one',
      { place: problems.locator.range(at, at + 1) },
      { expected: 'a plain space', found: `U+${code}`, next: 'type the space anew' },
    );
    return true;
  }
  return false;
}

interface Line {
  readonly start: number;
  readonly text: string;
}

function suspectLines(text: string, document: Document): readonly Line[] {
  const offsets = document.errors.flatMap(({ pos }) => {
    const next = text.indexOf('\n', pos[1]) + 1;
    const end = next === 0 ? pos[1] : next;
    return [pos[0], ...starts(text, pos[0], end)];
  });
  visit(document, {
    Pair(_key, pair) {
      const key = pair.key as Node | null;
      if (isScalar(key) && key.type === 'PLAIN' && key.range) offsets.push(key.range[0]);
      const { value } = pair;
      if (!isScalar(value) || value.type !== 'PLAIN' || !key?.range || !value.range) return;
      // A text on a line of its own under its key is hardly meant: a map was.
      if (text.slice(key.range[1], value.range[0]).includes('\n')) offsets.push(value.range[0]);
    },
  });
  return offsets.sort((a, b) => a - b).map((offset) => lineAt(text, offset));
}

/** Where the lines between begin. */
function starts(text: string, from: number, to: number): readonly number[] {
  const found: number[] = [];
  for (let at = text.indexOf('\n', from) + 1; at > 0 && at <= to; at = text.indexOf('\n', at) + 1)
    found.push(at);
  return found;
}

function lineAt(text: string, offset: number): Line {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  return { start, text: text.slice(start, end === -1 ? undefined : end) };
}
