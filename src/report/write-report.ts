import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../system/package-root.ts';
import { writeWholeInParts } from '../system/whole-file.ts';
import { BlockPacker, packTables } from './blocks.ts';
import type { CollectedRun } from './collect.ts';
import { encodeTokenTree } from '../engine/token-tree.ts';
import { FORM, type ReportIndex, type TokensIndex } from './form.ts';
import { claimsHtml, gatesHtml } from './parts/claims.ts';
import { figuresHtml } from './parts/figures.ts';
import { askedHtml, headHtml, troublesHtml } from './parts/head.ts';
import { escaped, markup, type Html } from './parts/html.ts';
import { markdownHtml } from './parts/markdown.ts';
import { rankingsHtml } from './parts/rankings.ts';
import { resultsHtml, stagesHtml } from './parts/stages.ts';
import type { ReportWords } from './words.ts';

/** Characters of data in a report: with its figures and its first rows it stays below 25 MB. */
const BUDGET = 22_000_000;

export interface WrittenReport {
  readonly bytes: number;
  readonly leftOut: readonly { readonly stage: string; readonly columns: readonly string[] }[];
}

/**
 * Writes a run as one file that opens from disk, without a network: what is read without JavaScript is in it as markup, all data
 * as blocks that its page reads. Part by part, so that it is never one text in memory.
 */
export function writeReport(
  path: string,
  run: CollectedRun,
  words: ReportWords,
  budget = BUDGET,
): WrittenReport {
  const packer = new BlockPacker(budget);
  const packed = packTables(run.tables, packer);
  const tokens = run.tables.flatMap(({ stage, tokens: tree }): TokensIndex[] => {
    const [block] = (tree && packer.add([encodeTokenTree(tree)])) ?? [];
    return block === undefined ? [] : [{ stage: stage.name, block }];
  });
  const index: ReportIndex = { format: FORM, run: run.record.id, tables: packed.tables, tokens };
  const [script, style] = [readAsset('page.js'), readAsset('page.css')];
  let bytes = 0;
  const parts = function* (): Generator<Uint8Array> {
    yield* encoded(headOf(run, script, style));
    yield* encoded(bodyHtml(run, packed, tokens, words).markup);
    yield* encoded(`<script type="application/json" id="index">${inert(JSON.stringify(index))}</script>\n`);
    for (const [id, block] of packer.blocks.entries())
      yield* encoded(`<script type="text/plain" id="b${id}">${block}</script>\n`);
    yield* encoded(`<script>${script}</script>\n</body></html>\n`);
  };
  const encoded = function* (text: string): Generator<Uint8Array> {
    const part = Buffer.from(text, 'utf8');
    bytes += part.byteLength;
    yield part;
  };
  writeWholeInParts(path, parts());
  return { bytes, leftOut: packed.leftOut };
}

/** JSON in which nothing can end the element that it stands in. */
function inert(json: string): string {
  return json.replaceAll('<', '\\u003c');
}

function readAsset(name: string): string {
  return readFileSync(join(packageRoot, 'dist', 'src', 'report', 'page', name), 'utf8');
}

function headOf({ record }: CollectedRun, script: string, style: string): string {
  const policy = [
    "default-src 'none'",
    `script-src '${digestOf(script)}'`,
    `style-src '${digestOf(style)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>${escaped(record.pipeline.name)} · ${escaped(record.id)}</title>
<style>${style}</style></head>
`;
}

function digestOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function bodyHtml(
  run: CollectedRun,
  packed: ReturnType<typeof packTables>,
  tokens: readonly TokensIndex[],
  words: ReportWords,
): Html {
  const troubles = troublesHtml(run, words);
  const claims = claimsHtml(run);
  const gates = gatesHtml(run);
  const rankings = rankingsHtml(run);
  const figures = figuresHtml(run);
  const findings = run.texts.map(({ text }) => markup`<div class="findings">${markdownHtml(text)}</div>`);
  const sections: readonly (readonly [string, string, Html | undefined])[] = [
    ['troubles', 'What to know first', troubles],
    ['found', 'What was found', findings.length > 0 ? markup`${findings}` : undefined],
    ['sure', 'How sure', claims === undefined && gates === undefined ? undefined : markup`${gates}${claims}`],
    [
      'rankings',
      'Rankings',
      rankings.markup === '' ? undefined : markup`<div class="rankings">${rankings}</div>`,
    ],
    ['figures', 'Figures', figures.markup === '' ? undefined : markup`<div class="figures">${figures}</div>`],
    ['tokens', 'Token by token', tokensHtml(tokens)],
    ['stages', 'Stages', stagesHtml(run, words)],
    ['results', 'What each stage gave', resultsHtml(run, packed, words)],
    ['asked', 'What was asked', askedHtml(run)],
  ];
  const shown = sections.flatMap(([id, title, inside]) =>
    inside === undefined ? [] : [{ id, title, inside }],
  );
  return markup`<body>
    <a class="skip" href="#main">Skip to the results</a>
    ${headHtml(run)}
    <nav aria-label="Sections">${shown.map(({ id, title }) => markup`<a href="${`#${id}`}">${title}</a>`)}</nav>
    <main id="main">
      ${shown.map(
        ({ id, title, inside }) =>
          markup`<section id="${id}">
            <h2>${title}</h2>
            ${inside}
          </section> `,
      )}
    </main>
  </body> `;
}

function tokensHtml(tokens: readonly TokensIndex[]): Html | undefined {
  if (tokens.length === 0) return undefined;
  return markup`${tokens.map(
    ({ stage }) =>
      markup`<div class="token-browser" data-stage="${stage}"><p class="quiet">Drawn where JavaScript runs. <a href="${`#stage-${stage}`}">The table of ${stage}</a> says the same.</p></div>`,
  )}`;
}
