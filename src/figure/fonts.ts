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

/** A measure by the glyphs of the shipped fonts; each face is read when it is first needed. */
export async function fontMetrics(): Promise<MeasureText> {
  const {
    default: { parse },
  } = await import('opentype.js');
  const paths = fontFiles();
  const loaded = new Map<Face, ReturnType<typeof parse>>();
  return (text, fontSize, face) => {
    let font = loaded.get(face);
    if (font === undefined) {
      const bytes = readFileSync(paths[face]);
      font = parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
      loaded.set(face, font);
    }
    // Glyph by glyph: opentype.js does not know all of the substitutions in these fonts, and refuses whole texts for it.
    const glyphs = [...text].map(font.charToGlyph.bind(font));
    const units = glyphs.reduce((total, glyph, index) => {
      const before = glyphs[index - 1];
      return total + glyph.advanceWidth + (before === undefined ? 0 : font.getKerningValue(before, glyph));
    }, 0);
    return (units * fontSize) / font.unitsPerEm;
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
