import type { Cell } from '../../table/table.ts';
import type { Results } from '../pipeline/results.ts';
import type { Channel } from '../terminal/terminal.ts';
import { alignColumns } from './parts/columns.ts';
import { wordGates } from './parts/gates.ts';
import { wordFile } from './diagnostics.ts';
import { wordCell, wordTable } from './parts/table.ts';
import { shorten } from './parts/values.ts';

const MOST_ROWS = 30;
const MOST_VALUES = 16;

/** The ranked tables, the correlations, the findings, and where the figures are. */
export function wordResults(results: Results, out: Channel, cwd: string): string {
  const { colors } = out;
  const blocks: string[][] = [
    ...results.tables.map(({ stage, table }) => [
      colors.bold(stage),
      ...wordTable(table, { colors, columns: out.columns, indent: '  ' }, MOST_ROWS),
    ]),
    ...results.values.map(({ stage, value }) => [colors.bold(stage), ...wordTree(value)]),
    ...results.texts.map(({ stage, text }) => [
      colors.bold(stage),
      ...text.trimEnd().split('\n').map(indented),
    ]),
    ...results.unreadable.map(({ stage, reason }) => [`${colors.red(stage)}: cannot be read: ${reason}`]),
  ];
  if (results.figures.length > 0) {
    blocks.push([colors.bold('figures'), ...results.figures.map((path) => `  ${wordFile(path, cwd)}`)]);
  }
  blocks.push(...results.gates.map((of) => wordGates(of, colors)));
  return blocks.map((lines) => `\n${lines.join('\n')}\n`).join('');
}

/** Named values under each other; what is deep or long is shortened. */
function wordTree(value: Cell): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [indented(wordCell(value))];
  const entries = Object.entries(value as { readonly [name: string]: Cell });
  const shown = entries.slice(0, MOST_VALUES).map(([name, cell]) => [`  ${name}`, wordLeaf(cell)]);
  const rest = entries.length - shown.length;
  return [...alignColumns(shown), ...(rest > 0 ? [`  ... and ${rest} more`] : [])];
}

function wordLeaf(cell: Cell): string {
  const coefficient = wordCoefficient(cell);
  if (coefficient !== undefined) return coefficient;
  if (typeof cell === 'string') return shorten(cell.replaceAll('\n', ' '), 70);
  if (typeof cell !== 'object' || cell === null) return wordCell(cell);
  if (Array.isArray(cell)) {
    const each = (cell as readonly Cell[]).map((inner) =>
      typeof inner === 'object' && inner !== null ? `(${wordLeaf(inner)})` : wordLeaf(inner),
    );
    return shorten(each.join(', '), 70);
  }
  const parts = Object.entries(cell as { readonly [name: string]: Cell });
  return shorten(parts.map(([name, inner]) => `${name} ${wordLeaf(inner)}`).join(', '), 70);
}

/** `-0.7506 (95 % interval -0.8990 to -0.4474), p 0.0040: supported over ...`, as `correlate` gives a coefficient. */
function wordCoefficient(cell: Cell): string | undefined {
  if (typeof cell !== 'object' || cell === null || !('coefficient' in cell)) return undefined;
  const { coefficient, why, ci, p, finding } = cell as {
    readonly coefficient: Cell;
    readonly why?: Cell;
    readonly ci?: Readonly<Record<string, Cell>> | null;
    readonly p?: Cell;
    readonly finding?: Cell;
  };
  if (coefficient === null && typeof why === 'string') return `undefined: ${why}`;
  const level = typeof ci?.level === 'number' ? Number((100 * ci.level).toPrecision(3)) : undefined;
  const interval =
    level === undefined ? '' : ` (${level} % interval ${wordCell(ci?.low)} to ${wordCell(ci?.high)})`;
  const chance = typeof p === 'number' ? `, p ${wordCell(p)}` : '';
  return `${wordCell(coefficient)}${interval}${chance}${typeof finding === 'string' ? `: ${finding}` : ''}`;
}

function indented(line: string): string {
  return line === '' ? '' : `  ${line}`;
}
