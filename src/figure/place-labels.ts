/** The parts of Vega's scenegraph that are read and moved here; see the type definitions of vega-scenegraph. */
interface SceneItem {
  readonly items?: SceneMark[];
  readonly bounds: Box;
  x?: number;
  y?: number;
  x2?: number;
  y2?: number;
  width?: number;
  height?: number;
  /** Vega lets a text be anything that prints. */
  text?: string | number | boolean | null;
  fontSize?: number;
  align?: string;
  baseline?: string;
  dx?: number;
  dy?: number;
  stroke?: string;
  strokeWidth?: number;
}
export interface SceneMark {
  readonly name?: string;
  readonly marktype: string;
  readonly items: SceneItem[];
}
interface Box {
  readonly x1: number;
  readonly x2: number;
  readonly y1: number;
  readonly y2: number;
}

interface Position {
  readonly align: 'left' | 'right' | 'center';
  readonly dx: number;
  readonly dy: number;
  readonly box: Box;
  /** From the anchor to the text; drawn where it is not plain whose label it is. */
  readonly line: Box;
  readonly lineDrawn: boolean;
}

/** A position with what it costs by itself, in pixels. */
interface Choice extends Position {
  readonly cost: number;
}

/** Pixels between anchor and text, sideways and up or down, in the order in which they are tried. */
const sideways = [11, 24, 40, 60];
const upOrDown = [0, -17, 17, -34, 34, -51, 51, -68, 68, -85, 85];

/** What a square pixel of text on text, and of text on a point or outside, costs in pixels of distance. */
const onText = 20;
const onPoint = 4;
/** What a line through a text, and through another line, costs. */
const throughText = 1500;
const throughLine = 250;

/** Times that every label may move after the others have moved; more change nothing on crowded figures. */
const rounds = 6;

/**
 * Moves the items of text marks so that they cover no point and no other label: each takes the cheapest position around
 * its anchor, and may move again when the others have. Labels that end up away from their point get a thin line to it.
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
    const points = marks.filter(({ marktype }) => marktype === 'symbol').flatMap(({ items }) => items);
    const frame: Box = { x1: 0, y1: 0, x2: group.width ?? Infinity, y2: group.height ?? Infinity };
    const items = labels.flatMap((label) => label.items);
    const choices = items.map((item) => {
      const fontSize = item.fontSize ?? 11;
      return positionsAround(item, widthOf(String(item.text ?? ''), fontSize), fontSize).map((position) => ({
        ...position,
        cost: ownCost(position, points, frame),
      }));
    });
    const chosen = settle(choices);
    const lines = chosen.filter(({ lineDrawn }) => lineDrawn).map(({ line }) => lineItem(line));
    items.forEach((item, index) => {
      const position = chosen[index];
      if (position === undefined) return;
      const { align, dx, dy } = position;
      Object.assign(item, { align, baseline: 'middle', dx, dy });
    });
    // In front of the group's other marks in its list, which is behind them on the figure.
    if (lines.length > 0) group.items?.unshift(markOf(lines, group));
  }
}

function positionsAround({ x = 0, y = 0 }: SceneItem, width: number, fontSize: number): readonly Position[] {
  const half = fontSize * 0.62;
  const beside = sideways.flatMap((distance) =>
    upOrDown.flatMap((dy) => [1, -1].map((side) => ({ dx: side * distance, dy }))),
  );
  const above = [-1, 1].map((side) => ({ dx: 0, dy: side * (9 + half) }));
  const [near, ...far] = [beside.filter(({ dx, dy }) => dy === 0 && Math.abs(dx) < 12), above, beside].flat();
  return [near, ...far].flatMap((offset): readonly Position[] => {
    if (offset === undefined) return [];
    const { dx, dy } = offset;
    const align = dx > 0 ? 'left' : dx < 0 ? 'right' : 'center';
    const left = x + dx - { left: 0, right: width, center: width / 2 }[align];
    const box = { x1: left - 2, x2: left + width + 2, y1: y + dy - half, y2: y + dy + half };
    const line = { x1: x, y1: y, x2: x + dx - Math.sign(dx) * 2, y2: y + dy };
    return [{ align, dx, dy, box, line, lineDrawn: dx !== 0 && Math.hypot(dx, dy) > 15 }];
  });
}

/** One choice for each label: the cheapest given the others, over and over until none moves. */
function settle(choices: readonly (readonly Choice[])[]): readonly Choice[] {
  const chosen: (Choice | undefined)[] = choices.map(() => undefined);
  for (let round = 0; round < rounds; round += 1) {
    let moved = false;
    for (const [index, positions] of choices.entries()) {
      const others = chosen.filter((_, at) => at !== index).filter((other) => other !== undefined);
      const costs = positions.map((position) =>
        others.reduce((total, other) => total + mutualCost(position, other), position.cost),
      );
      const best = positions[costs.indexOf(Math.min(...costs))];
      moved ||= best !== chosen[index];
      chosen[index] = best;
    }
    if (!moved) break;
  }
  return chosen.filter((position) => position !== undefined);
}

function ownCost({ box, dx, dy }: Position, points: readonly SceneItem[], frame: Box): number {
  const area = (box.x2 - box.x1) * (box.y2 - box.y1);
  const covered = points.reduce((total, { bounds }) => total + overlap(box, bounds), 0);
  return onPoint * (covered + area - overlap(box, frame)) + Math.hypot(dx, dy);
}

function mutualCost(a: Position, b: Position): number {
  const texts = Number(a.lineDrawn && touches(a.line, b.box)) + Number(b.lineDrawn && touches(b.line, a.box));
  const lines = a.lineDrawn && b.lineDrawn && cross(a.line, b.line) ? throughLine : 0;
  return onText * overlap(a.box, b.box) + throughText * texts + lines;
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Whether a line goes through a box (Liang and Barsky 1984). */
function touches({ x1, y1, x2, y2 }: Box, box: Box): boolean {
  let [enter, leave] = [0, 1];
  for (const [direction, distance] of [
    [x1 - x2, x1 - box.x1],
    [x2 - x1, box.x2 - x1],
    [y1 - y2, y1 - box.y1],
    [y2 - y1, box.y2 - y1],
  ] as const) {
    if (direction === 0 && distance < 0) return false;
    if (direction < 0) enter = Math.max(enter, distance / direction);
    if (direction > 0) leave = Math.min(leave, distance / direction);
  }
  return enter < leave;
}

function cross(a: Box, b: Box): boolean {
  const side = (line: Box, x: number, y: number): number =>
    Math.sign((line.x2 - line.x1) * (y - line.y1) - (line.y2 - line.y1) * (x - line.x1));
  return side(a, b.x1, b.y1) * side(a, b.x2, b.y2) < 0 && side(b, a.x1, a.y1) * side(b, a.x2, a.y2) < 0;
}

function lineItem({ x1, x2, y1, y2 }: Box): SceneItem {
  const bounds = { x1: Math.min(x1, x2), x2: Math.max(x1, x2), y1: Math.min(y1, y2), y2: Math.max(y1, y2) };
  return { x: x1, y: y1, x2, y2, bounds, stroke: '#8A8A8A', strokeWidth: 1 };
}

function markOf(items: SceneItem[], group: SceneItem): SceneMark {
  const mark = {
    marktype: 'rule',
    role: 'mark',
    interactive: false,
    clip: false,
    items,
    group,
    bounds: group.bounds,
  };
  for (const item of items) Object.assign(item, { mark });
  return mark;
}

function* groupsOf(mark: SceneMark): Generator<SceneItem> {
  if (mark.marktype !== 'group') return;
  for (const item of mark.items) {
    yield item;
    for (const inner of item.items ?? []) yield* groupsOf(inner);
  }
}
