import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The family that every figure is set in. It ships with the program, so that figures look the same everywhere. */
export const fontFamily = 'DejaVu Sans';

const files = {
  regular: 'DejaVuSans.ttf',
  bold: 'DejaVuSans-Bold.ttf',
  italic: 'DejaVuSans-Oblique.ttf',
  boldItalic: 'DejaVuSans-BoldOblique.ttf',
  mono: 'DejaVuSansMono.ttf',
} as const;

export type Face = keyof typeof files;

/** Paths of the font files of dejavu-fonts-ttf. */
export function fontFiles(): Readonly<Record<Face, string>> {
  const folder = dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json'));
  const paths = Object.entries(files).map(([face, file]) => [face, join(folder, 'ttf', file)]);
  return Object.fromEntries(paths) as Record<Face, string>;
}

/** Advance width of a line of text in pixels, kerning included, at a font size in pixels. */
export type MeasureText = (text: string, fontSize: number, face: Face) => number;

/** What the fonts say of texts. */
export interface FontMetrics {
  readonly measure: MeasureText;
  /** Whether any of the fonts has a glyph for a character; what shows nothing needs none. */
  has(character: string): boolean;
}

/**
 * Metrics by the glyphs of the shipped fonts, and of further files for characters that these lack. Each face is read
 * when it is first needed.
 */
export async function fontMetrics(further: readonly string[] = []): Promise<FontMetrics> {
  const {
    default: { parse },
  } = await import('opentype.js');
  type Font = ReturnType<typeof parse>;
  const paths = fontFiles();
  const loaded = new Map<string, Font>();
  const fontOf = (path: string): Font => {
    const known = loaded.get(path);
    if (known !== undefined) return known;
    const bytes = readFileSync(path);
    const font = parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    loaded.set(path, font);
    return font;
  };
  const lacks = (font: Font, character: string): boolean => font.charToGlyph(character).index === 0;
  const fallback = (character: string): Font | undefined =>
    further.map(fontOf).find((font) => !lacks(font, character));
  return {
    measure(text, fontSize, face) {
      const font = fontOf(paths[face]);
      let before: ReturnType<Font['charToGlyph']> | undefined;
      /** In units of the face, whose sum is exact. */
      let units = 0;
      let pixels = 0;
      // Glyph by glyph: opentype.js does not know all of the substitutions in these fonts, and refuses whole texts for it.
      for (const character of text) {
        const glyph = font.charToGlyph(character);
        const other = glyph.index === 0 ? fallback(character) : undefined;
        if (other !== undefined) {
          pixels += (other.charToGlyph(character).advanceWidth * fontSize) / other.unitsPerEm;
          before = undefined;
          continue;
        }
        const kerning = before === undefined ? 0 : font.getKerningValue(before, glyph);
        units += glyph.advanceWidth + kerning;
        before = glyph;
      }
      return pixels + (units * fontSize) / font.unitsPerEm;
    },
    has: (character) =>
      /[\p{White_Space}\p{Default_Ignorable_Code_Point}]/u.test(character) ||
      !lacks(fontOf(paths.regular), character) ||
      fallback(character) !== undefined,
  };
}

/** The face that CSS's font properties ask for. */
export function faceOf(family: string, weight: string | number, style: string): Face {
  if (/mono/i.test(family)) return 'mono';
  const bold = weight === 'bold' || Number(weight) >= 600;
  const italic = style === 'italic' || style === 'oblique';
  if (bold) return italic ? 'boldItalic' : 'bold';
  return italic ? 'italic' : 'regular';
}
