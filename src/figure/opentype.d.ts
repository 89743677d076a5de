/** As much of opentype.js as is used; the package has no types of its own, and is CommonJS to Node. */
declare module 'opentype.js' {
  interface Glyph {
    /** Font units. */
    readonly advanceWidth: number;
    /** 0 is the glyph of what the font lacks. */
    readonly index: number;
  }
  interface Font {
    readonly unitsPerEm: number;
    charToGlyph(character: string): Glyph;
    /** Font units. */
    getKerningValue(left: Glyph, right: Glyph): number;
  }
  const opentype: { readonly parse: (bytes: ArrayBuffer) => Font };
  export default opentype;
}
