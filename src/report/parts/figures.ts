import type { CollectedRun } from '../collect.ts';
import { dataText, escaped, markup, raw, type Html } from './html.ts';

/** What a figure may hold to be put into the page: nothing that runs, links or fetches. */
const elements = new Set(['svg', 'g', 'path', 'rect', 'line', 'circle', 'text', 'tspan']);

const attributes = new Set([
  'd', 'x', 'y', 'x1', 'y1', 'x2', 'y2', 'cx', 'cy', 'r', 'width', 'height', 'viewBox', 'transform', 'fill', 'fill-opacity',
  'stroke', 'stroke-width', 'stroke-opacity', 'stroke-dasharray', 'stroke-linecap', 'stroke-linejoin', 'stroke-miterlimit',
  'opacity', 'display', 'text-anchor', 'font-size', 'font-weight', 'font-style', 'dy', 'dx', 'xmlns', 'aria-label', 'class',
]); // prettier-ignore

/** A colour, a number, a path: nothing that names another thing, as `url(...)` does. */
const harmless = /^(?!.*(?:url|script|import)\s*[(:])[^<>&]*$/i;

/**
 * The SVG of a figure, rebuilt from the elements and attributes that figures of Assay have; undefined where it has others, as one
 * of a run made elsewhere may.
 */
export function safeSvg(svg: string): string | undefined {
  const parts: string[] = [];
  const tags = /<(\/?)([\w-]+)((?:\s+[\w:-]+="[^"]*")*)\s*(\/?)>|([^<]+)/gy;
  let end = 0;
  for (const [whole, close, name, given = '', alone, text] of svg.trim().matchAll(tags)) {
    end += whole.length;
    if (text !== undefined) {
      parts.push(text.replaceAll('>', '&gt;'));
      continue;
    }
    if (name === undefined || !elements.has(name)) return undefined;
    if (close === '/') {
      parts.push(`</${name}>`);
      continue;
    }
    const kept: string[] = [];
    for (const [, attribute = '', value = ''] of given.matchAll(/([\w:-]+)="([^"]*)"/g)) {
      if (!attributes.has(attribute)) continue;
      if (attribute === 'aria-label') kept.push(`data-label="${value.replaceAll('<', '&lt;')}"`);
      else if (attribute === 'class') kept.push(...(value === 'background' ? ['class="background"'] : []));
      else if (harmless.test(value)) kept.push(`${attribute}="${value}"`);
      else return undefined;
    }
    parts.push(`<${[name, ...kept].join(' ')}${alone === '/' ? '/' : ''}>`);
  }
  if (end !== svg.trim().length) return undefined;
  return parts.join('').replace(/^(<svg[^>]*>)<rect width="[\d.]+" height="[\d.]+" fill="white"\/>/, '$1');
}

/** Marks by what they say of themselves: `mean: −0.1085; format: chat`. */
function labelsIn(svg: string): readonly ReadonlyMap<string, string>[] {
  const found = [...svg.matchAll(/data-label="([^"]*)"/g)].map(([, label = '']) => label);
  const rows = [...new Set(found)]
    .filter((label) => label.includes(': ') && !/^[XY]-axis|legend for|^Title text/i.test(label))
    .map((label) => new Map(label.split('; ').map((pair) => pairOf(pair))));
  return rows.slice(0, 500);
}

function pairOf(pair: string): [string, string] {
  const at = pair.indexOf(': ');
  return at < 0 ? ['', pair] : [pair.slice(0, at), pair.slice(at + 2)];
}

function figureTable(svg: string): Html | undefined {
  const rows = labelsIn(svg);
  if (rows.length === 0) return undefined;
  const names = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  // Labels come from the markup, where they are escaped already.
  return markup`<details class="as-table">
    <summary>As a table</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="The figure as a table">
      <table>
        <thead>
          <tr>
            ${names.map((name) => markup`<th scope="col">${raw(name)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              markup`<tr>
                ${names.map((name) => markup`<td>${raw(row.get(name) ?? '')}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}

/** Every figure of the run, each with what it shows as a table. */
export function figuresHtml({ figures }: CollectedRun): Html {
  return markup`${figures.map(({ stage, figure }) => {
    const title = titleOf(figure.spec) ?? stage.name;
    const svg = safeSvg(figure.svg);
    const picture =
      svg === undefined
        ? raw(
            `<img alt="${escaped(title)}" src="data:image/png;base64,${Buffer.from(figure.png).toString('base64')}">`,
          )
        : markup`<div class="drawing" role="img" aria-label="${title}">${raw(svg)}</div>`;
    return markup`<figure id="${`figure-${stage.name}`}" class="figure">
      ${picture}
      <figcaption><a href="${`#stage-${stage.name}`}">${dataText(stage.name)}</a></figcaption>
      ${svg === undefined ? undefined : figureTable(svg)}
    </figure>`;
  })}`;
}

function titleOf(spec: unknown): string | undefined {
  if (typeof spec !== 'object' || spec === null || !('title' in spec)) return undefined;
  const { title } = spec;
  if (typeof title === 'string') return title;
  const inner = typeof title === 'object' && title !== null && 'text' in title ? title.text : undefined;
  if (Array.isArray(inner)) return inner.join(' ');
  return typeof inner === 'string' ? inner : undefined;
}
