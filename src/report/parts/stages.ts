import type { RunStage } from '../../engine/record.ts';
import type { CollectedRun } from '../collect.ts';
import type { PackedTables } from '../blocks.ts';
import type { ReportWords } from '../words.ts';
import { duration } from './cells.ts';
import { graphHtml, stateMark } from './graph.ts';
import { dataText, markup, type Html } from './html.ts';
import { tableHtml } from './tables.ts';

/** The graph, and a line for each stage: what became of it, how long it took, why it ran. */
export function stagesHtml({ record }: CollectedRun, words: ReportWords): Html {
  return markup`${graphHtml(record.stages)}
    <div class="scroll" tabindex="0" role="region" aria-label="Stages">
      <table class="stages">
        <thead>
          <tr>
            <th scope="col">stage</th>
            <th scope="col">kind</th>
            <th scope="col">state</th>
            <th scope="col" class="number">took</th>
            <th scope="col" class="number">rows</th>
            <th scope="col">why</th>
          </tr>
        </thead>
        <tbody>
          ${record.stages.map((stage) => stageRow(stage, words))}
        </tbody>
      </table>
    </div>`;
}

function stageRow(stage: RunStage, words: ReportWords): Html {
  const { name, uses, state, durationMs, artifact, reasons, because } = stage;
  const took = state !== 'cached' && durationMs !== undefined ? duration(durationMs) : '';
  const why = because === undefined ? reasons.map(words.reason).join('; ') : `because of ${because}`;
  return markup`<tr>
    <th scope="row">
      ${artifact === undefined ? dataText(name) : markup`<a href="${`#stage-${name}`}">${dataText(name)}</a>`}
    </th>
    <td>${dataText(uses)}</td>
    <td class="${`state ${state}`}">${stateMark(state)} ${state}</td>
    <td class="number">${took}</td>
    <td class="number">${artifact?.rows ?? ''}</td>
    <td class="why">${dataText(why)}</td>
  </tr>`;
}

/** What each stage gave: its table, its value, its text. */
export function resultsHtml(run: CollectedRun, packed: PackedTables, words: ReportWords): Html {
  const { record, tables, values, texts, figures, unreadable } = run;
  const parts = record.stages.flatMap((stage) => {
    const { name } = stage;
    const table = tables.find((each) => each.stage === stage);
    const leftOut = packed.leftOut.find((each) => each.stage === name)?.columns ?? [];
    const value = values.find((each) => each.stage === stage);
    const text = texts.find((each) => each.stage === stage);
    const figure = figures.find((each) => each.stage === stage);
    const lost = unreadable.find((each) => each.stage === name);
    if (table !== undefined)
      return [section(stage, tableHtml(table, leftOut, words.exporting(record.id, name)))];
    if (value !== undefined)
      return [
        section(stage, markup`<pre tabindex="0">${dataText(JSON.stringify(value.value, null, 2))}</pre>`),
      ];
    if (text !== undefined) return [section(stage, markup`<pre tabindex="0">${dataText(text.text)}</pre>`)];
    if (figure !== undefined)
      return [section(stage, markup`<p><a href="${`#figure-${name}`}">The figure is above.</a></p>`)];
    if (lost !== undefined)
      return [section(stage, markup`<p class="warning">This cannot be read: ${dataText(lost.reason)}</p>`)];
    return [];
  });
  return markup`${parts}`;
}

function section({ name, uses, artifact, warnings = [], from }: RunStage, inside: Html): Html {
  const rows = artifact?.rows;
  const sources = Object.values(from);
  return markup`<details class="stage" id="${`stage-${name}`}">
    <summary>
      <h3>${dataText(name)}</h3>
      <span class="quiet">${dataText(uses)}${rows === undefined ? '' : `, ${rows} rows`}</span>
    </summary>
    ${sources.length > 0 ? markup`<p class="quiet">from ${sources.map((source, i) => markup`${i > 0 ? ', ' : ''}<a href="${`#stage-${source}`}">${dataText(source)}</a>`)}</p>` : undefined}
    ${warnings.map((warning) => markup`<p class="warning">${dataText(warning)}</p>`)} ${inside}
  </details>`;
}
