/** As much of opentype.js as is used; the package has no types of its own. */
declare module 'opentype.js' {
  interface Font {
    /** Pixels, kerning included. */
    getAdvanceWidth(text: string, fontSize: number): number;
  }
  export function parse(bytes: ArrayBuffer): Font;
}
