import type { Block, Piece } from './document.ts';

/**
 * For a comment or a summary of continuous integration. Texts of data stand in code, where no sign of theirs makes a link,
 * an image, a mention or another cell.
 */
export function wordMarkdown(blocks: readonly Block[]): string {
  return `${blocks.map(blockText).join('\n\n')}\n`;
}

function blockText(block: Block): string {
  switch (block.type) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${block.text.map((piece) => pieceText(piece)).join('')}`;
    case 'line':
      return block.text.map((piece) => pieceText(piece)).join('');
    case 'lines':
      return fenced(block.lines.join('\n'));
    case 'table':
      return [
        rowText(block.columns.map(({ name }) => name)),
        rowText(block.columns.map(({ align }) => (align === 'right' ? '---:' : '---'))),
        ...block.rows.map((cells) => rowText(cells.map((cell) => inCell(pieceText(cell))))),
      ].join('\n');
  }
}

function rowText(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function pieceText(piece: Piece): string {
  return typeof piece === 'string' ? piece : inCode(piece.data);
}

/** A bar ends a cell also in code, unless a backslash stands before it. */
function inCell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function inCode(text: string): string {
  const line = text.replaceAll(/\r\n?|\n/g, '\\n');
  if (line.trim() === '') return line === '' ? '' : '` `';
  const ticks = '`'.repeat(longestRun(line) + 1);
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${ticks}${pad}${line}${pad}${ticks}`;
}

function fenced(text: string): string {
  const ticks = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${ticks}text\n${text}\n${ticks}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}
