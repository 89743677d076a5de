import type { RunStage } from '../../engine/record.ts';
import { cut } from '../characters.ts';
import { duration } from './cells.ts';
import { escaped, markup, raw, type Html } from './html.ts';

const box = { width: 214, height: 40, across: 44, down: 12 } as const;

/** More boxes than that are no picture any more. */
const MOST = 150;

/** Stages as boxes, each right of what it reads, with what became of it. The table of stages says the same in words. */
export function graphHtml(all: readonly RunStage[]): Html {
  const stages = all.filter(({ instance }) => instance === undefined);
  if (stages.length === 0 || stages.length > MOST) return markup``;
  const places = placesOf(stages);
  const [columns, rows] = [
    Math.max(...[...places.values()].map(({ column }) => column)) + 1,
    Math.max(...[...places.values()].map(({ row }) => row)) + 1,
  ];
  const width = columns * box.width + (columns - 1) * box.across + 2;
  const height = rows * (box.height + box.down) - box.down + 2;
  const edges = stages.flatMap(({ name, from }) =>
    [...new Set(Object.values(from))].flatMap((other) => {
      const [a, b] = [places.get(sourceOf(all, other)), places.get(name)];
      return a === undefined || b === undefined ? [] : [edge(a, b)];
    }),
  );
  const boxes = stages.map((stage) => boxOf(stage, places.get(stage.name) ?? { column: 0, row: 0 }));
  return markup`<div class="graph scroll" tabindex="0" role="region" aria-label="Graph of the stages">
    <svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
      ${raw(edges.join(''))}${raw(boxes.join(''))}
    </svg>
  </div>`;
}

interface Place {
  readonly column: number;
  readonly row: number;
}

/** Column: one right of the rightmost stage that it reads. Row: the free one nearest to those. */
function placesOf(stages: readonly RunStage[]): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  const taken = new Set<string>();
  for (const { name, from } of stages) {
    const sources = Object.values(from).flatMap((other) => places.get(other) ?? []);
    const column = sources.reduce((most, source) => Math.max(most, source.column + 1), 0);
    const wish = sources.length === 0 ? 0 : Math.min(...sources.map(({ row }) => row));
    let row = wish;
    while (taken.has(`${column} ${row}`)) row += 1;
    taken.add(`${column} ${row}`);
    places.set(name, { column, row });
  }
  return places;
}

function sourceOf(all: readonly RunStage[], name: string): string {
  return all.find((stage) => stage.name === name)?.instance?.of ?? name;
}

function cornerOf({ column, row }: Place): { readonly x: number; readonly y: number } {
  return { x: 1 + column * (box.width + box.across), y: 1 + row * (box.height + box.down) };
}

function edge(a: Place, b: Place): string {
  const [from, to] = [cornerOf(a), cornerOf(b)];
  const [x1, y1] = [from.x + box.width, from.y + box.height / 2];
  const [x2, y2] = [to.x, to.y + box.height / 2];
  const bend = box.across / 2;
  return `<path class="edge" d="M${x1},${y1}C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}"/>`;
}

const marks: Readonly<Record<RunStage['state'], string>> = {
  ran: '●',
  cached: '○',
  failed: '✕',
  skipped: '–',
  cancelled: '–',
};

export function stateMark(state: RunStage['state']): string {
  return marks[state];
}

function boxOf({ name, uses, state, durationMs }: RunStage, place: Place): string {
  const { x, y } = cornerOf(place);
  const took = state === 'ran' && durationMs !== undefined ? ` · ${duration(durationMs)}` : '';
  return `<a href="#${escaped(`stage-${name}`)}" class="box ${state}"><rect x="${x}" y="${y}" width="${box.width}" height="${box.height}" rx="4"/><text x="${x + 10}" y="${y + 17}" class="name">${escaped(cut(name, 26))}</text><text x="${x + 10}" y="${y + 32}" class="what">${escaped(cut(`${stateMark(state)} ${state}${took} · ${uses}`, 34))}</text></a>`;
}
