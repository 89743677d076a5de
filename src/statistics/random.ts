/** Uniform numbers in [0, 1) with 32 bits, the same for the same seed everywhere (Mulberry32, T. Ettinger 2017). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The numbers 0 to count - 1 in a random order, each order as probable as any other (Fisher and Yates). */
export function randomOrder(count: number, random: () => number): readonly number[] {
  const order = Array.from({ length: count }, (_, place) => place);
  for (let place = count - 1; place > 0; place -= 1) {
    const other = Math.floor(random() * (place + 1));
    const moved = order[place] ?? 0;
    order[place] = order[other] ?? 0;
    order[other] = moved;
  }
  return order;
}

/** All orders of the numbers 0 to count - 1, the given one first (Heap 1963). */
export function* allOrders(count: number): Generator<readonly number[]> {
  const order = Array.from({ length: count }, (_, place) => place);
  const turns = new Array<number>(count).fill(0);
  yield order;
  for (let place = 1; place < count;) {
    const turn = turns[place] ?? 0;
    if (turn >= place) {
      turns[place] = 0;
      place += 1;
      continue;
    }
    const other = place % 2 === 0 ? 0 : turn;
    const moved = order[place] ?? 0;
    order[place] = order[other] ?? 0;
    order[other] = moved;
    turns[place] = turn + 1;
    yield order;
    place = 1;
  }
}

/** A seed of 32 bits from a text, the same everywhere (FNV-1a over UTF-16 units, Fowler, Noll and Vo). */
export function seedOf(text: string, seed: number): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let place = 0; place < text.length; place += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193) >>> 0;
  }
  return hash;
}
