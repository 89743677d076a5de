import { must } from '../../system/internal-error.ts';

/** Edges by node: what each reads, by input name. Maps keep the order of the file. */
export type Edges = ReadonlyMap<string, Readonly<Record<string, string>>>;

export interface Sorted {
  /** Every node after those it reads; ties in the order of the file. Nodes on or behind a cycle are left out. */
  readonly order: readonly string[];
  /** Each cycle once, from its first node in the file; each node reads the next, the last reads the first. */
  readonly cycles: readonly (readonly string[])[];
}

/** One ordered walk, so that plans, keys and messages are the same every time. Edges to unknown nodes are ignored. */
export function sortGraph(edges: Edges): Sorted {
  const names = [...edges.keys()];
  const rank = new Map(names.map((name, index) => [name, index]));
  const reads = names.map((name) => [
    ...new Set(Object.values(edges.get(name) ?? {}).flatMap((from) => rank.get(from) ?? [])),
  ]);
  const readers: number[][] = names.map(() => []);
  reads.forEach((from, node) => from.forEach((source) => readers[source]?.push(node)));
  const waiting = reads.map((from) => from.length);
  const ready = waiting.flatMap((count, node) => (count === 0 ? [node] : []));
  const order: number[] = [];
  for (let node = ready.shift(); node !== undefined; node = ready.shift()) {
    order.push(node);
    for (const reader of readers[node] ?? []) {
      const left = must(waiting[reader], 'how many a node waits for') - 1;
      waiting[reader] = left;
      if (left === 0) ready.splice(positionFor(reader, ready), 0, reader);
    }
  }
  const nameOf = (node: number) => must(names[node], 'the name of a node');
  return {
    order: order.map(nameOf),
    cycles: findCycles(reads, new Set(order)).map((cycle) => cycle.map(nameOf)),
  };
}

function positionFor(node: number, sorted: readonly number[]): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (must(sorted[middle], 'a node in the middle') < node) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * What the sort left over is on a cycle or reads one, so following any edge within it must come back to where it was.
 * The nodes of a cycle that was found are taken out, with all that then reads nothing in doubt, until nothing is left.
 */
function findCycles(reads: readonly (readonly number[])[], settled: Set<number>): number[][] {
  const cycles: number[][] = [];
  let left = reads.map((_from, node) => node).filter((node) => !settled.has(node));
  while (left.length > 0) {
    const inDoubt = new Set(left);
    const seen = new Map<number, number>();
    const path: number[] = [];
    let node = left[0];
    while (node !== undefined && !seen.has(node)) {
      seen.set(node, path.length);
      path.push(node);
      node = (reads[node] ?? []).find((source) => inDoubt.has(source));
    }
    if (node === undefined) {
      path.forEach((done) => inDoubt.delete(done));
    } else {
      const cycle = path.slice(seen.get(node));
      const start = cycle.indexOf(Math.min(...cycle));
      cycles.push([...cycle.slice(start), ...cycle.slice(0, start)]);
      cycle.forEach((done) => inDoubt.delete(done));
    }
    left = left.filter((other) => inDoubt.has(other));
  }
  return cycles;
}
