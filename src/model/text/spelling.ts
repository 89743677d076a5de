import { byteCharacters } from './components/byte-level.ts';

/** What tokens stand for in a text. */
export interface Spelling {
  /** The part of a text, in UTF-8, that a token of the vocabulary stands for. */
  bytes(token: string): Uint8Array;
}

type Part = Readonly<Record<string, unknown>>;

/**
 * Reads from tokenizer.json how its vocabulary spells texts: by characters that stand for bytes, or as text with a mark for
 * spaces, bytes as `<0x0A>`, and marks where a word goes on or ends.
 * @param json tokenizer.json, checked
 */
export function readSpelling(json: object): Spelling {
  const { normalizer, pre_tokenizer, model } = json as Part;
  const steps = [...stepsIn(normalizer), ...stepsIn(pre_tokenizer)];
  if (steps.some(({ type }) => type === 'ByteLevel')) return { bytes: bytesOfCharacters };
  const marks = steps.flatMap(spaceMark);
  const { continuing_subword_prefix: prefix, end_of_word_suffix: suffix } = model as Part;
  return {
    bytes(token) {
      const byte = /^<0x([0-9A-F]{2})>$/.exec(token)?.[1];
      if (byte !== undefined) return Uint8Array.of(Number.parseInt(byte, 16));
      const begun =
        typeof prefix === 'string' && token.startsWith(prefix) ? token.slice(prefix.length) : token;
      const ended =
        typeof suffix === 'string' && begun.endsWith(suffix)
          ? begun.slice(0, -suffix.length || undefined)
          : begun;
      return Buffer.from(marks.reduce((text, mark) => text.replaceAll(mark, ' '), ended));
    },
  };
}

function bytesOfCharacters(token: string): Uint8Array {
  const bytes = Array.from(token, (character) => byteOf.get(character));
  const known = bytes.filter((byte) => byte !== undefined);
  return known.length === bytes.length ? Uint8Array.from(known) : Buffer.from(token);
}

const byteOf = new Map(byteCharacters.map((character, byte) => [character, byte]));

/** The characters that a component puts in the place of spaces. */
function spaceMark({ type, replacement, pattern, content }: Part): readonly string[] {
  if (type === 'Metaspace') return [String(replacement)];
  const isSpace = type === 'Replace' && (pattern as Part)['String'] === ' ';
  return isSpace && typeof content === 'string' && content !== '' ? [content] : [];
}

function stepsIn(component: unknown): readonly Part[] {
  if (typeof component !== 'object' || component === null) return [];
  const part = component as Part;
  const inner = part['normalizers'] ?? part['pretokenizers'];
  return Array.isArray(inner) ? inner.flatMap(stepsIn) : [part];
}
