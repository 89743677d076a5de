import type { Cell, Row, Table } from '../../table/table.ts';
import type { CollectedRun } from '../collect.ts';
import { wordNumber } from '../numbers.ts';
import { cellHtml, columnHead, isNumeric } from './cells.ts';
import { dataText, markup, raw, type Html } from './html.ts';

/** What a row of a ranking is drawn with. */
interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

interface Intervals {
  /** `95 % interval`, `± one standard deviation`. */
  readonly name: string;
  readonly of: (row: Row) => Estimate | undefined;
}

const width = 260;
const height = 18;

/** Rows of a ranking that are shown in it; its table has all. */
const MOST = 40;

/** The tables that say which group is better: those that `aggregate` and `compare` gave. */
export function rankingsHtml({ tables }: CollectedRun): Html {
  const ranked = tables.filter(
    ({ stage, table }) => ['aggregate', 'compare'].includes(stage.uses) && table.rows.length > 0,
  );
  return markup`${ranked.map(({ stage, table }) => rankingHtml(stage.name, table))}`;
}

function rankingHtml(name: string, table: Table): Html {
  const intervals = intervalsOf(table);
  const unit = table.columns.find((column) => column.name === 'mean' || column.name === 'difference')?.unit;
  const shownNames = table.columns.filter(
    (column) => !/^(description|note|stdev|sd)$/.test(column.name) && !/(_low|_high)$/.test(column.name),
  );
  const columns = shownNames.filter(({ type }) => type !== 'json').slice(0, 8);
  const rows = table.rows.slice(0, MOST);
  const scale = intervals === undefined ? undefined : scaleOf(rows.flatMap((row) => intervals.of(row) ?? []));
  const drawn = (row: Row): Html => {
    const estimate = intervals?.of(row);
    return markup`<td class="interval">
      ${estimate === undefined || scale === undefined ? '' : intervalSvg(estimate, scale)}
    </td>`;
  };
  const head =
    intervals === undefined || scale === undefined
      ? undefined
      : markup`<th scope="col" class="interval">
          ${intervals.name}${unit === undefined ? '' : markup` <span class="unit">${unit}</span>`}<span
            class="ends"
            ><span>${wordNumber(scale.from)}</span><span>${wordNumber(scale.to)}</span></span
          >
        </th>`;
  const more = table.rows.length - rows.length;
  return markup`<section class="ranking">
    <h3><a href="${`#stage-${name}`}">${dataText(name)}</a></h3>
    <div class="scroll" tabindex="0" role="region" aria-label="${`Ranking ${name}`}">
      <table>
        <thead>
          <tr>
            ${columns.map((column) => markup`<th scope="col" class="${isNumeric(column) ? 'number' : ''}">${columnHead(column)}</th>`)}${head}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              markup`<tr>
                ${columns.map((column) => markup`<td class="${isNumeric(column) ? 'number' : ''}">${cellHtml(row[column.name])}</td>`)}${head === undefined ? undefined : drawn(row)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${more > 0 ? markup`<p class="quiet">${more} more rows: see the table of the stage.</p>` : undefined}
  </section>`;
}

/** The columns that bound an estimate: an interval where there is one, else one standard deviation on each side. */
function intervalsOf({ columns }: Table): Intervals | undefined {
  const names = columns.map(({ name }) => name);
  const low = names.find((name) => /^(ci\d*_low|low|ci_low)$/.test(name));
  const high = low?.replace(/low$/, 'high');
  const center = ['mean', 'difference', 'median', 'estimate'].find((name) => names.includes(name));
  if (center === undefined) return undefined;
  if (low !== undefined && high !== undefined && names.includes(high)) {
    const level = /^ci(\d+)_low$/.exec(low)?.[1];
    const of = (row: Row) => estimate(row[center], row[low], row[high]);
    return { name: level === undefined ? 'interval' : `${level} % interval`, of };
  }
  if (!names.includes('stdev')) return undefined;
  return {
    name: '± one standard deviation',
    of(row) {
      const [value, deviation] = [row[center], row['stdev']];
      if (typeof value !== 'number') return undefined;
      const half = typeof deviation === 'number' ? deviation : 0;
      return estimate(value, value - half, value + half);
    },
  };
}

function estimate(value?: Cell, low?: Cell, high?: Cell): Estimate | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  const end = (cell: Cell | undefined) => (typeof cell === 'number' && Number.isFinite(cell) ? cell : value);
  return { value, low: end(low), high: end(high) };
}

interface Scale {
  readonly from: number;
  readonly to: number;
}

/** From the lowest to the highest end, with zero in it where the values come near it. */
function scaleOf(estimates: readonly Estimate[]): Scale | undefined {
  if (estimates.length === 0) return undefined;
  let from = Math.min(...estimates.map(({ low }) => low));
  let to = Math.max(...estimates.map(({ high }) => high));
  const span = to - from || Math.abs(to) || 1;
  if (from > 0 && from < span) from = 0;
  if (to < 0 && -to < span) to = 0;
  return from === to ? { from: from - span / 2, to: to + span / 2 } : { from, to };
}

function intervalSvg({ value, low, high }: Estimate, { from, to }: Scale): Html {
  const x = (at: number): string => (6 + ((width - 12) * (at - from)) / (to - from)).toFixed(1);
  const y = height / 2;
  const zero =
    from <= 0 && to >= 0 ? `<line class="zero" x1="${x(0)}" x2="${x(0)}" y1="0" y2="${height}"/>` : '';
  const label = `${wordNumber(value)}, from ${wordNumber(low)} to ${wordNumber(high)}`;
  return markup`<svg
    class="estimate"
    width="${width}"
    height="${height}"
    viewBox="0 0 ${width} ${height}"
    role="img"
    aria-label="${label}"
    data-label="${label}"
  >
    ${raw(
      `${zero}<line class="range" x1="${x(low)}" x2="${x(high)}" y1="${y}" y2="${y}"/><line class="range" x1="${x(low)}" x2="${x(low)}" y1="${y - 4}" y2="${y + 4}"/><line class="range" x1="${x(high)}" x2="${x(high)}" y1="${y - 4}" y2="${y + 4}"/><circle cx="${x(value)}" cy="${y}" r="4"/>`,
    )}
  </svg>`;
}
