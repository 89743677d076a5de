import stringWidth from 'string-width';
import { tokensOf, type TokenText, type TokenTree } from '../../engine/token-tree.ts';
import { groupTokens, percent, spelling, surprisalClass, visibleSpace } from '../../report/token-cells.ts';
import type { Colors } from '../terminal/terminal.ts';
import { alignColumns } from './parts/columns.ts';
import { wordNumber } from './parts/table.ts';
import { wordValue } from './parts/values.ts';

/** One bar for each class of surprisal: from probabilities of a half and more to less than one in 2,048. */
const BARS = ['▁', '▂', '▃', '▅', '▆', '█'] as const;

/** A token of a text, for programs; numbers in nats. */
export interface TokenRow {
  readonly position: number;
  readonly part: 'bos' | 'prompt' | 'target' | 'merged';
  readonly token: string;
  readonly id: number;
  readonly start: number;
  readonly end: number;
  readonly logProb: number | null;
  readonly rank: number | null;
  readonly entropy: number | null;
  readonly top: readonly { readonly id: number; readonly token: string; readonly logProb: number }[];
}

export function tokenRows(tree: TokenTree, text: TokenText): readonly TokenRow[] {
  const groups = groupTokens(text, tokensOf(tree, text));
  return groups.flatMap((group) =>
    group.tokens.map(({ index, token: { id, bytes, start, end, reading }, part }) => ({
      position: index + 1,
      part,
      token: spelling(bytes),
      id,
      start,
      end,
      logProb: reading?.logProb ?? null,
      rank: reading?.rank ?? null,
      entropy: reading?.entropy ?? null,
      top: (reading?.top ?? []).map((each) => ({ id: each.id, token: spelling(each.bytes), logProb: each.logProb })), // prettier-ignore
    })),
  );
}

/**
 * ```
 * format "chat", item "What is the capital of Germany?"
 *
 * <s>│User│:│·What│·is│·the│·capital│·of│·Germany│?│↵
 * Assistant│:⟦·Berlin⟧
 *
 *     token     surprisal (nats)  p  rank  more likely
 *  1  <s>                                    nothing is before it
 *  2  User      █ 8.1203      0.03 %    41  ·The 31 %, ·It 11 %
 * ```
 */
export function wordTokens(
  tree: TokenTree,
  text: TokenText,
  { colors, columns }: { readonly colors: Colors; readonly columns: number },
): string {
  const rows = tokenRows(tree, text);
  const name = Object.entries(text.key).map(([column, cell]) => `${column} ${wordValue(cell as string)}`);
  const lines = rows.map(({ position, token, part, logProb, rank, top }) => {
    const isTarget = part === 'target' || part === 'merged';
    const shown = shortened(visibleSpace(token));
    return [
      String(position),
      isTarget ? colors.green(`⟦${shown}⟧`) : shown,
      logProb === null ? '' : `${BARS[surprisalClass(logProb)] ?? ''} ${wordNumber(-logProb)}`,
      logProb === null ? '' : percent(logProb),
      rank === null ? '' : String(rank),
      instead(rank, top),
    ];
  });
  const heading = ['', 'token', 'surprisal (nats)', 'p', 'rank', 'more likely'].map((word) =>
    colors.dim(word),
  );
  const table = alignColumns([heading, ...lines], ['right', 'left', 'left', 'right', 'right', 'left']);
  return `${colors.bold(name.join(', '))}\n\n${strip(tree, text, columns, colors)}\n\n${table.join('\n')}\n`;
}

/** What the model would rather have said there. */
function instead(rank: number | null, top: TokenRow['top']): string {
  if (rank === null) return 'nothing is before it';
  if (rank === 1) return '';
  return top
    .slice(0, 3)
    .map((each) => `${shortened(visibleSpace(each.token))} ${percent(each.logProb)}`)
    .join(', ');
}

/** The text, its tokens divided by bars, those of one character together, and broken where it breaks. */
function strip(tree: TokenTree, text: TokenText, columns: number, colors: Colors): string {
  const lines: string[] = [];
  let [line, width, isTarget] = ['', 0, false];
  for (const group of groupTokens(text, tokensOf(tree, text))) {
    const [first] = group.tokens;
    // A tokenizer's own space in front, which stands for no byte of the text.
    if (group.text === '' && first?.part !== 'bos') continue;
    const begins = !isTarget && (first?.part === 'target' || first?.part === 'merged');
    isTarget ||= begins;
    const shown = first?.part === 'bos' ? spelling(first.token.bytes) || '<s>' : visibleSpace(group.text);
    const cell = (begins ? '⟦' : width === 0 ? '' : '│') + shown;
    if (width > 0 && width + stringWidth(cell) > columns - 1) {
      lines.push(line);
      [line, width] = ['', 0];
    }
    const least = Math.min(...group.tokens.map(({ token }) => token.reading?.logProb ?? 0));
    line += tinted(cell, surprisalClass(least), colors);
    width += stringWidth(cell);
    if (!group.text.endsWith('\n')) continue;
    lines.push(line);
    [line, width] = ['', 0];
  }
  return [...lines, isTarget ? `${line}⟧` : line].filter((each) => each !== '').join('\n');
}

/** The most surprising stand out; bars in the table say the same without colour. */
function tinted(text: string, least: number, colors: Colors): string {
  if (least >= 5) return colors.bgRed(text);
  if (least === 4) return colors.red(text);
  return least === 3 ? colors.yellow(text) : text;
}

function shortened(text: string): string {
  return text.length > 24 ? `${text.slice(0, 23)}…` : text;
}
