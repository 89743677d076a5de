import type { Cell, Column } from '../../table/table.ts';
import type { StageTable } from '../collect.ts';
import { isShown } from '../blocks.ts';
import { wordNumber } from '../numbers.ts';
import { cellHtml, columnHead, isNumeric } from './cells.ts';
import { dataText, markup, raw, type Html } from './html.ts';

/** Rows that are in the page itself, for readers without JavaScript and for print. */
const STATIC_ROWS = 50;
const BINS = 16;

/** The table of a stage, its first rows. The page puts all rows in their stead. */
export function tableHtml({ stage, table }: StageTable, leftOut: readonly string[], exporting: string): Html {
  const shown = table.columns.filter(
    (column) => isShown(column, table.key) && !leftOut.includes(column.name),
  );
  const hidden = table.columns.filter((column) => !shown.includes(column) && !leftOut.includes(column.name));
  const rows = table.rows.slice(0, STATIC_ROWS);
  const more = table.rows.length - rows.length;
  return markup`<div class="table" data-stage="${stage.name}">
    <div class="scroll grid" tabindex="0" role="region" aria-label="${`Table of ${stage.name}`}">
      <table>
        <thead>
          <tr>
            ${shown.map((column) =>
              headHtml(
                column,
                table.rows.map((row) => row[column.name] ?? null),
              ),
            )}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              markup`<tr>
                ${shown.map((column) => markup`<td class="${isNumeric(column) ? 'number' : ''}">${cellHtml(row[column.name])}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="quiet static-note">
      ${more > 0 ? `The first ${rows.length} of ${table.rows.length} rows. ` : ''}${hidden.length > 0 ? markup`Not shown: ${dataText(hidden.map(({ name }) => name).join(', '))}.` : ''}
    </p>
    ${leftOut.length > 0 ? markup`<p class="warning">Left out, or this file would be too large: ${dataText(leftOut.join(', '))}. <code>${dataText(exporting)}</code> gives them.</p>` : undefined}
  </div>`;
}

function headHtml(column: Column, cells: readonly Cell[]): Html {
  const title = column.description === undefined ? undefined : markup` title="${column.description}"`;
  return markup`<th
    scope="col"
    class="${isNumeric(column) ? 'number' : ''}"
    data-column="${column.name}"
    ${title}
  >
    ${columnHead(column)}${isNumeric(column) ? histogram(cells) : undefined}
  </th>`;
}

/** How the values of a column are spread, as bars from the lowest to the highest. */
function histogram(cells: readonly Cell[]): Html | undefined {
  const values = cells.filter((cell): cell is number => typeof cell === 'number' && Number.isFinite(cell));
  if (values.length < 2) return undefined;
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (low === high) return undefined;
  const counts = new Array<number>(BINS).fill(0);
  for (const value of values) {
    const bin = Math.min(BINS - 1, Math.floor((BINS * (value - low)) / (high - low)));
    counts[bin] = (counts[bin] as number) + 1;
  }
  const most = Math.max(...counts);
  const bars = counts.map((count, bin) => {
    const height = count === 0 ? 0 : Math.max(1, (14 * count) / most);
    return `<rect x="${bin * 4}" y="${(14 - height).toFixed(1)}" width="3" height="${height.toFixed(1)}"/>`;
  });
  const label = `from ${wordNumber(low)} to ${wordNumber(high)}`;
  return markup`<svg
    class="histogram"
    width="64"
    height="14"
    viewBox="0 0 64 14"
    aria-hidden="true"
    data-label="${label}"
  >
    ${raw(bars.join(''))}
  </svg>`;
}
