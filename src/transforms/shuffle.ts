/**
 * The words of a text in a random order, each order as probable as any other (Fisher and Yates); the white space between
 * them stays where it is. A text of one word has its characters shuffled instead.
 *
 * @param random uniform in [0, 1)
 */
export function shuffled(text: string, random: () => number): string {
  const parts = text.split(/(\s+)/);
  const words = parts.filter((part) => /\S/.test(part));
  if (words.length < 2) return inRandomOrder(Array.from(text), random).join('');
  const moved = inRandomOrder(words, random);
  let next = 0;
  return parts.map((part) => (/\S/.test(part) ? (moved[next++] ?? '') : part)).join('');
}

function inRandomOrder(parts: readonly string[], random: () => number): readonly string[] {
  const order = [...parts];
  for (let place = order.length - 1; place > 0; place -= 1) {
    const other = Math.floor(random() * (place + 1));
    const moved = order[place] ?? '';
    order[place] = order[other] ?? '';
    order[other] = moved;
  }
  return order;
}
