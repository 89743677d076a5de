import type { Cell } from '../../table/table.ts';
import type { CollectedRun } from '../collect.ts';
import { wordNumber } from '../numbers.ts';
import { dataText, markup, type Html } from './html.ts';

interface Coefficient {
  readonly coefficient: Cell;
  readonly p?: Cell;
  readonly ci?: { readonly low?: Cell; readonly high?: Cell; readonly level?: Cell } | null;
  readonly verdict?: Cell;
  readonly finding?: Cell;
  readonly why?: Cell;
}

type Cells = Readonly<Record<string, Cell>>;

/** Every claim that `correlate` made, with its interval, p and verdict. */
export function claimsHtml({ values }: CollectedRun): Html | undefined {
  const claims = values.flatMap(({ stage, value }) => {
    const cells = cellsOf(value);
    if (stage.uses !== 'correlate' || cells === undefined) return [];
    return Object.entries(cells).flatMap(([method, found]) => {
      const coefficient = cellsOf(found);
      if (coefficient === undefined || !('coefficient' in coefficient)) return [];
      return [
        { stage: stage.name, what: whatOf(cells), method, found: coefficient as unknown as Coefficient },
      ];
    });
  });
  if (claims.length === 0) return undefined;
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="Claims">
    <table class="claims">
      <thead>
        <tr>
          <th scope="col">claim</th>
          <th scope="col">method</th>
          <th scope="col" class="number">coefficient</th>
          <th scope="col" class="number">interval</th>
          <th scope="col" class="number">p</th>
          <th scope="col">verdict</th>
        </tr>
      </thead>
      <tbody>
        ${claims.map(({ stage, what, method, found }, i) => {
          const isFirst = claims[i - 1]?.stage !== stage;
          const span = claims.filter((each) => each.stage === stage).length;
          return markup`<tr>${isFirst ? markup`<th scope="rowgroup" rowspan="${span}"><a href="${`#stage-${stage}`}">${dataText(stage)}</a><br><span class="quiet">${dataText(what)}</span></th>` : undefined}<td>${dataText(method)}</td>
<td class="number">${numberOf(found.coefficient)}</td><td class="number">${intervalOf(found.ci)}</td><td class="number">${typeof found.p === 'number' ? String(Number(found.p.toPrecision(2))) : 'none'}</td>
<td>${verdictHtml(found)}</td></tr>`;
        })}</tbody>
    </table>
  </div>`;
}

const gateMarks = { holds: '✓', fails: '✕', undecided: '○' } as const;

/** What became of the claims that a stage judged: whether each holds, and what was found. */
export function gatesHtml({ record }: CollectedRun): Html | undefined {
  const gates = record.stages.flatMap(({ name, gates: own = [] }) =>
    own.map((gate) => ({ stage: name, gate })),
  );
  if (gates.length === 0) return undefined;
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="Claims that were to hold"><table class="claims">
<thead><tr><th scope="col">claim</th><th scope="col">result</th><th scope="col">found</th></tr></thead>
<tbody>${gates.map(
    ({ stage, gate }) =>
      markup`<tr><td><a href="${`#stage-${stage}`}">${dataText(gate.name)}</a><br><span class="quiet">${dataText(gate.claim)}</span></td><td class="${gate.result === 'holds' ? 'yes' : gate.result === 'fails' ? 'state failed' : ''}">${gateMarks[gate.result]} ${gate.result}</td><td>${dataText(gate.found)}</td></tr>`,
  )}</tbody></table></div>`;
}

function verdictHtml({ verdict, finding, why }: Coefficient): Html {
  const supported = verdict === 'supported' || verdict === 'contradicted';
  const text = typeof finding === 'string' ? finding : typeof why === 'string' ? why : '';
  return markup`<span class="${supported ? 'verdict yes' : 'verdict'}">${supported ? '✓' : '○'}</span>
    ${dataText(text)}`;
}

function whatOf({ x, y, within, control, n }: Cells): string {
  const list = (cell: Cell | undefined): string => (Array.isArray(cell) ? cell.join(', ') : wordOf(cell));
  const parts = [`${wordOf(x)} and ${wordOf(y)}`];
  if (within !== undefined && within !== null) parts.push(`within ${list(within)}`);
  if (control !== undefined && control !== null) parts.push(`${list(control)} held constant`);
  return `${parts.join(', ')}; n = ${wordOf(n)}`;
}

function wordOf(cell: Cell | undefined): string {
  return typeof cell === 'string' ? cell : JSON.stringify(cell ?? null);
}

function numberOf(cell: Cell | undefined): string {
  return typeof cell === 'number' ? wordNumber(cell) : 'none';
}

function intervalOf(ci: Coefficient['ci']): string {
  if (typeof ci?.low !== 'number' || typeof ci.high !== 'number') return 'none';
  return `${wordNumber(ci.low)} to ${wordNumber(ci.high)}`;
}

function cellsOf(value: Cell | undefined): Cells | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Cells) : undefined;
}
