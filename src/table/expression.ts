/**
 * The columns that an arquero expression reads: `d.x`, `d["x"]`, with `d` or whatever the expression calls its row
 * (`row => row.x`). Text in quotes is passed over.
 */
export function columnsRead(expression: string): readonly string[] {
  const row = /^\s*\(?\s*([A-Za-z_$][\w$]*)\s*\)?\s*=>/.exec(expression)?.[1] ?? 'd';
  const member = String.raw`(?<![\w$.])${row.replaceAll('$', String.raw`\$`)}\s*(?:\.\s*(?<dotted>[A-Za-z_$][\w$]*)|\[\s*(?<mark>["'])(?<quoted>.*?)\k<mark>\s*\])`;
  const text = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`;
  const found = expression.matchAll(new RegExp(`${member}|${text}`, 'g'));
  return [...found].flatMap(({ groups }) => groups?.['dotted'] ?? groups?.['quoted'] ?? []);
}

/** A function that gives another result each time, if the expression calls one: results would not be reproducible. */
export function irreproducibleCall(expression: string): string | undefined {
  return /(?<![\w$])(random|now)\s*\(/.exec(expression)?.[1];
}
