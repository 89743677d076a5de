/**
 * What a terminal would obey or hide: control characters but for line breaks and tabs, and marks that turn the direction of
 * text (Unicode's bidirectional controls; CVE-2021-42574).
 */

const unseen = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g;

/** The one kind of escape sequence that this program writes into text: colours and weights. */

const styles = /(\u001B\[\d{1,3}m)/;

/**
 * Text for a terminal, a log or a pipe in which whatever came from data can be seen and does nothing: a control character
 * becomes its picture (U+2400 and following), any other a name between brackets.
 *
 * @param styled keeps colours and weights; without it they are data like any other
 */
export function visible(text: string, { styled }: { readonly styled: boolean }): string {
  if (!styled) return text.replaceAll(unseen, standIn);
  return text
    .split(styles)
    .map((piece, index) => (index % 2 === 1 ? piece : piece.replaceAll(unseen, standIn)))
    .join('');
}

/** JSON text in which none of these characters stands as itself: programs read the same, and terminals do nothing. */
export function visibleJson(json: string): string {
  return json.replaceAll(unseen, (character) => `\\u${codeOf(character)}`);
}

function standIn(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : `[U+${codeOf(character)}]`;
}

function codeOf(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
}
