import { sha256 } from '../../system/hash.ts';

const NAME = 'sha256';

/**
 * JSON text of an object with one more property, the last: the SHA-256 of all text before it. So a file that people and
 * programs read as JSON shows by itself whether it is whole.
 */
export function seal(value: object, indent = 0): { readonly text: string; readonly digest: string } {
  const whole = JSON.stringify(value, null, indent);
  const body = whole.slice(0, -1).trimEnd();
  const digest = sha256(body);
  return { text: `${body}${ending(digest, indent > 0)}`, digest };
}

/** The object, or undefined when the text is not what was sealed, to the byte; a newline may follow. */
export function unseal(file: string): object | undefined {
  const text = file.endsWith('\n') ? file.slice(0, -1) : file;
  const at = text.lastIndexOf(`"${NAME}"`);
  const body = text.slice(0, text.lastIndexOf(',', at));
  const digest = sha256(body);
  if (at < 0 || ![false, true].some((indented) => text.slice(body.length) === ending(digest, indented))) {
    return undefined;
  }
  return JSON.parse(text) as object;
}

function ending(digest: string, indented: boolean): string {
  return indented ? `,\n  "${NAME}": "${digest}"\n}` : `,"${NAME}":"${digest}"}`;
}
