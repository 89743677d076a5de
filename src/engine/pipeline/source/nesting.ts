import { Lexer } from 'yaml';

/** The YAML parser recurses per level and dies, without an exception, some thousands of levels deep. */
export const maxNesting = 200;

/**
 * Whether a text is nested too deeply to be parsed. Levels are counted in texts that look deep, so that all others cost
 * next to nothing. One that does not look deep may exceed the limit by some hundreds of levels, which the parser bears.
 */
export function isTooDeep(text: string): boolean {
  return (
    (mayNestBlocks(text) && deepestBlock(text) > maxNesting) ||
    (mayNestBrackets(text) && deepestBrackets(text) > maxNesting)
  );
}

/** `- - - x` is three lists in each other: a line may open a level with each mark before its text. */
const manyMarks = /(?:[-?:][ \t]+){100}/;

/** Else levels are opened line by line, each further in than the one before, and people indent by two spaces. */
const farIndented = new RegExp(`^ {${2 * maxNesting}}`, 'm');

function mayNestBlocks(text: string): boolean {
  return manyMarks.test(text) || farIndented.test(text);
}

/** Levels of block nesting: how many different indentations are open at once, and the marks of the line besides. */
function deepestBlock(text: string): number {
  const open: number[] = [];
  let deepest = 0;
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const marks = /^[ ]*((?:[-?:][ \t]+)*)/.exec(line)?.[1] ?? '';
    const indent = line.length - line.trimStart().length;
    while (open.length > 0 && (open.at(-1) ?? 0) >= indent) open.pop();
    open.push(indent);
    deepest = Math.max(deepest, open.length + (marks.match(/[-?:]/g)?.length ?? 0));
  }
  return deepest;
}

/** Counts brackets as if none of them were quoted. */
function mayNestBrackets(text: string): boolean {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    if (bracket === '[' || bracket === '{') depth += 1;
    else if (depth > 0) depth -= 1;
    if (depth > maxNesting) return true;
  }
  return false;
}

function deepestBrackets(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth -= 1;
    deepest = Math.max(deepest, depth);
    if (deepest > maxNesting) break;
  }
  return deepest;
}
