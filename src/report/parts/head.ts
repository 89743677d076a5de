import { modelsOf } from '../../engine/recorded/summary.ts';
import type { RunRecord } from '../../engine/record.ts';
import type { Json, JsonObject } from '../../system/json.ts';
import type { CollectedRun } from '../collect.ts';
import type { ReportWords } from '../words.ts';
import { duration } from './cells.ts';
import { dataText, markup, type Html } from './html.ts';

/** Which run this is, and how it ended. */
export function headHtml({ record }: CollectedRun): Html {
  const { pipeline, state, startedAt, durationMs, stages, id } = record;
  const ran = stages.filter((stage) => stage.state === 'ran').length;
  const cached = stages.filter((stage) => stage.state === 'cached').length;
  return markup`<header>
    <div>
      <p class="kicker">Assay report</p>
      <h1>${dataText(pipeline.name)}</h1>
      ${pipeline.description === undefined ? undefined : markup`<p class="asked">${dataText(pipeline.description)}</p>`}
    </div>
    <dl class="facts">
      <div>
        <dt>state</dt>
        <dd class="${`state ${state}`}">${state === 'succeeded' ? '✓' : '✕'} ${state}</dd>
      </div>
      <div>
        <dt>started</dt>
        <dd><time datetime="${startedAt}">${startedAt.slice(0, 16).replace('T', ' ')} UTC</time></dd>
      </div>
      <div>
        <dt>took</dt>
        <dd>${duration(durationMs)}</dd>
      </div>
      <div>
        <dt>stages</dt>
        <dd>${ran} ran, ${cached} cached</dd>
      </div>
      ${modelsOf(record).map(
        ({ ref, backend }) =>
          markup`<div>
            <dt>model</dt>
            <dd>${dataText(backend === undefined ? ref : `${ref} (${backend})`)}</dd>
          </div>`,
      )}
      <div>
        <dt>run</dt>
        <dd><code>${dataText(id)}</code></dd>
      </div>
    </dl>
  </header>`;
}

/** What was asked of what: parameters, models, versions, and the file. */
export function askedHtml({ record, source }: CollectedRun): Html {
  const { params, versions, host, git, pipeline } = record;
  const rows: (readonly [string, string])[] = [
    ...Object.entries(params).map(([name, value]) => [`parameter ${name}`, word(value)] as const),
    ...externalsOf(record),
    [
      'versions',
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ],
    ['host', `${host.platform} ${host.arch}, ${host.cpus} CPUs`],
    ...(git === undefined
      ? []
      : [['git', `${git.commit.slice(0, 10)}${git.dirty ? ' with uncommitted changes' : ''}`] as const]),
    ['file', pipeline.file],
  ];
  return markup`<dl class="listed">
      ${rows.map(
        ([name, text]) =>
          markup`<div>
            <dt>${dataText(name)}</dt>
            <dd>${dataText(text)}</dd>
          </div>`,
      )}
    </dl>
    ${
      source === undefined
        ? undefined
        : markup`<details>
            <summary>The pipeline file</summary>
            <pre tabindex="0">${dataText(source)}</pre>
          </details>`
    }`;
}

/** What went wrong, and what people should know. */
export function troublesHtml({ record, unreadable }: CollectedRun, words: ReportWords): Html | undefined {
  const failures = record.stages.flatMap(({ name, failure }) =>
    failure === undefined ? [] : [{ name, failure }],
  );
  const warnings = record.stages.flatMap(({ name, warnings: own = [] }) =>
    own.map((text) => ({ name, text })),
  );
  if (failures.length + warnings.length + unreadable.length === 0) return undefined;
  return markup`${failures.map(
    ({ name, failure }) =>
      markup`<div class="failure">
        <h3>${dataText(name)} failed</h3>
        <pre tabindex="0">${dataText(words.failure(failure))}</pre>
      </div>`,
  )}
  ${warnings.map(({ name, text }) => markup`<p class="warning"><a href="${`#stage-${name}`}">${dataText(name)}</a>: ${dataText(text)}</p>`)}
  ${unreadable.map(({ stage, reason }) => markup`<p class="warning">The result of ${dataText(stage)} cannot be read: ${dataText(reason)}</p>`)}`;
}

/** Each model or file once. */
function externalsOf({ externals }: RunRecord): readonly (readonly [string, string])[] {
  const seen = new Map<string, readonly [string, string]>();
  for (const { name, detail } of externals)
    seen.set(`${name} ${JSON.stringify(detail)}`, [name, word(detail)]);
  return [...seen.values()];
}

function word(value: Json): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value);
  return Object.entries(value as JsonObject)
    .map(([name, each]) =>
      typeof each === 'object' && each !== null
        ? `${name} (${word(each)})`
        : `${name} ${/^[0-9a-f]{64}$/.test(String(each)) ? String(each).slice(0, 10) : String(each)}`,
    )
    .join(', ');
}
