/** The parts of Vega's scenegraph that are read and moved here; see the type definitions of vega-scenegraph. */
interface SceneItem {
  readonly items?: readonly SceneMark[];
  readonly bounds: Box;
  readonly mark?: SceneMark;
  x?: number;
  y?: number;
  width?: number;
  height?: number;
  text?: unknown;
  fontSize?: number;
  align?: string;
  baseline?: string;
  dx?: number;
  dy?: number;
}
export interface SceneMark {
  readonly name?: string;
  readonly marktype: string;
  readonly items: readonly SceneItem[];
}
interface Box {
  readonly x1: number;
  readonly x2: number;
  readonly y1: number;
  readonly y2: number;
}

/** Directions in the order in which they are tried: beside the point first, as in hand-made figures. */
const directions: readonly (readonly [horizontal: number, vertical: number])[] = [
  [1, 0],
  [-1, 0],
  [0, -1],
  [0, 1],
  [1, -1],
  [1, 1],
  [-1, -1],
  [-1, 1],
];

/** Distances from the middle of the point, in pixels. */
const distances = [10, 16, 24, 34];

/**
 * Moves the items of text marks so that they cover no point and no other label: each takes the first free place
 * around its anchor, near ones first. Where there is none it takes the one that covers least.
 *
 * @param root the scenegraph after layout.
 * @param names of the text marks whose items are to be moved.
 * @param widthOf pixels that a text takes at a font size.
 */
export function placeLabels(
  root: SceneMark,
  names: ReadonlySet<string>,
  widthOf: (text: string, fontSize: number) => number,
): void {
  for (const group of groupsOf(root)) {
    const marks = group.items ?? [];
    const labels = marks.filter(({ name, marktype }) => marktype === 'text' && names.has(name ?? ''));
    if (labels.length === 0) continue;
    const taken: Box[] = marks
      .filter(({ marktype }) => marktype === 'symbol')
      .flatMap(({ items }) => items.map(({ bounds }) => ({ ...boxOf(bounds) })));
    const frame: Box = { x1: 0, y1: 0, x2: group.width ?? Infinity, y2: group.height ?? Infinity };
    for (const item of labels.flatMap(({ items }) => items)) {
      const fontSize = item.fontSize ?? 11;
      const width = widthOf(String(item.text ?? ''), fontSize);
      const places = distances.flatMap((distance) =>
        directions.map((direction) => placeAt(item, direction, distance, width, fontSize)),
      );
      const costs = places.map(({ box }) => cost(box, taken, frame));
      const best = places[costs.indexOf(Math.min(...costs))];
      if (best === undefined) continue;
      taken.push(best.box);
      Object.assign(item, { align: best.align, baseline: 'middle', dx: best.dx, dy: best.dy });
    }
  }
}

interface Place {
  readonly align: 'left' | 'right' | 'center';
  readonly dx: number;
  readonly dy: number;
  readonly box: Box;
}

function placeAt(
  { x = 0, y = 0 }: SceneItem,
  [horizontal, vertical]: readonly [number, number],
  distance: number,
  width: number,
  fontSize: number,
): Place {
  const slant = horizontal !== 0 && vertical !== 0 ? Math.SQRT1_2 : 1;
  const dx = horizontal * distance * slant;
  const dy = vertical * (distance * slant + fontSize / 2 - (slant < 1 ? fontSize / 4 : 0));
  const align = horizontal > 0 ? 'left' : horizontal < 0 ? 'right' : 'center';
  const left = x + dx - { left: 0, right: width, center: width / 2 }[align];
  const half = fontSize * 0.6;
  return { align, dx, dy, box: { x1: left - 1, x2: left + width + 1, y1: y + dy - half, y2: y + dy + half } };
}

/** Area of what a label at this place would cover, and, counted as much again, of what lies outside the frame. */
function cost(box: Box, taken: readonly Box[], frame: Box): number {
  const area = (box.x2 - box.x1) * (box.y2 - box.y1);
  const covered = taken.reduce((total, other) => total + overlap(box, other), 0);
  return covered + (area - overlap(box, frame));
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  return width > 0 && height > 0 ? width * height : 0;
}

function boxOf({ x1, x2, y1, y2 }: Box): Box {
  return { x1, x2, y1, y2 };
}

function* groupsOf(mark: SceneMark): Generator<SceneItem> {
  if (mark.marktype !== 'group') return;
  for (const item of mark.items) {
    yield item;
    for (const inner of item.items ?? []) yield* groupsOf(inner);
  }
}
