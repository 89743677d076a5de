import { createHash } from 'node:crypto';
import { dataText, type Html, markup, raw } from '../../../report/parts/html.ts';
import type { Block, Piece } from './document.ts';

const STYLE = `:root{color-scheme:light dark;--ground:#fff;--ink:#1b1b1b;--quiet:#5c5c66;--line:#d9d9de;--code:#f4f4f6}
@media (prefers-color-scheme:dark){:root{--ground:#16181d;--ink:#f2f2f2;--quiet:#a5a8b1;--line:#3a3e48;--code:#20232a}}
body{margin:0 auto;max-width:72rem;padding:1.5rem;background:var(--ground);color:var(--ink);font:14px/1.4 system-ui,sans-serif}
h1{font-size:1.25rem;overflow-wrap:anywhere}pre+h1,p+h1{margin-top:3rem}h2{font-size:1rem;margin:1.5rem 0 .4rem}h3{font-size:.95rem;margin:1.4rem 0 .3rem}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.2rem .8rem .2rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;max-width:34rem;overflow-wrap:break-word}
th{color:var(--quiet);font-weight:500;white-space:nowrap}.right{text-align:right;white-space:nowrap}
pre{margin:.3rem 0;padding:.5rem .7rem;background:var(--code);white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.4 ui-monospace,monospace}
.badge{border:1px solid var(--quiet);border-radius:3px;padding:0 .2em;font-size:.85em}`;

/** One page that opens from disk, asks for nothing and runs nothing: texts of data stay texts. */
export function wordHtml(blocks: readonly Block[]): string {
  const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>Assay: difference of runs</title>
<style>${STYLE}</style></head>
<body><main>
${blocks.map((block) => blockHtml(block).markup).join('\n')}
</main></body></html>
`;
}

function blockHtml(block: Block): Html {
  switch (block.type) {
    case 'heading': {
      const name = `h${block.level}`;
      return markup`${raw(`<${name}>`)}${block.text.map(pieceHtml)}${raw(`</${name}>`)}`;
    }
    case 'line':
      return markup`<p>${block.text.map(pieceHtml)}</p>`;
    case 'lines':
      return markup`<pre>${dataText(block.lines.join('\n'))}</pre>`;
    case 'table':
      return markup`<div class="scroll" role="region" aria-label="${block.columns.map(({ name }) => name).join(', ')}" tabindex="0"><table><thead><tr>${block.columns.map(
        ({ name, align }) => markup`<th scope="col" class="${align}">${name}</th>`,
      )}</tr></thead><tbody>${block.rows.map(
        (cells) =>
          markup`<tr>${cells.map(
            (cell, i) => markup`<td class="${block.columns[i]?.align}">${pieceHtml(cell)}</td>`,
          )}</tr>`,
      )}</tbody></table></div>`;
  }
}

function pieceHtml(piece: Piece): Html | string {
  return typeof piece === 'string' ? piece : dataText(piece.data);
}
