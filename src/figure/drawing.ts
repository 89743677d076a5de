import type * as resvg from '@resvg/resvg-js';
import type * as vegaPackage from 'vega';
import type * as vegaLite from 'vega-lite';
import { compiledProblem } from './expressions.ts';
import { faceOf, fontFamily, fontFiles, fontMetrics, type MeasureText } from './fonts.ts';
import { placeLabels, type SceneMark } from './place-labels.ts';
import { withResolution } from './png.ts';
import { theme } from './theme.ts';
import type { AstNode } from './vega-expression.ts';

/** Vega and Vega-Lite measure in CSS pixels. */
const pixelsPerInch = 96;

/** The longest side of a PNG in pixels: past it viewers fail, and at 4 bytes a pixel a square one takes 1 GB. */
const longestSide = 16_000;

/** The longest side of a figure in CSS pixels that is laid out at all: 100 metres of paper are a mistake in a number. */
const longestLayout = 400_000;

export interface FigureToDraw {
  /** A Vega-Lite specification that carries its data. */
  readonly spec: object;
  readonly dpi: number;
  /** Font files besides those that ship, for characters that these lack. */
  readonly fonts: readonly string[];
}

export interface DrawnFigure {
  readonly svg: string;
  readonly png: Uint8Array;
  /** What Vega-Lite and Vega had to say, and what could not be drawn as asked. */
  readonly warnings: readonly string[];
}

/** Loads what draws: Vega-Lite, Vega, resvg and the fonts. */
export async function openDrawing(): Promise<(figure: FigureToDraw) => Promise<DrawnFigure>> {
  const [{ compile }, vega, { expressionInterpreter }, { Resvg }] = await Promise.all([
    import('vega-lite'),
    import('vega'),
    import('vega-interpreter'),
    import('@resvg/resvg-js'),
  ]);
  const tools = { compile, vega, expressionInterpreter, Resvg };
  return (figure) => draw(figure, tools);
}

/** Parts of Vega that its types leave out. */
interface Randomness {
  readonly randomLCG: (seed: number) => () => number;
  readonly setRandom: (source: () => number) => void;
}

interface Tools {
  readonly compile: typeof vegaLite.compile;
  readonly vega: typeof vegaPackage;
  readonly expressionInterpreter: unknown;
  readonly Resvg: typeof resvg.Resvg;
}

async function draw(figure: FigureToDraw, tools: Tools): Promise<DrawnFigure> {
  const { dpi, fonts } = figure;
  const warnings: string[] = [];
  const metrics = await fontMetrics(fonts);
  useFontMetrics(tools.vega, metrics.measure);
  // What is drawn at random (`sample`) is drawn alike each time.
  const { setRandom, randomLCG } = tools.vega as unknown as Randomness;
  setRandom(randomLCG(1));
  const { view, compiled } = await laidOut(figure, collectingLogger(warnings), tools);
  try {
    const labels = marksOfStyle(compiled, 'point-label');
    if (labels.size > 0) {
      const { root } = view.scenegraph() as unknown as { readonly root: SceneMark };
      placeLabels(root, labels, (text, fontSize) => metrics.measure(text, fontSize, 'regular'));
    }
    const svg = asXml(await view.toSVG());
    const wanted = dpi / pixelsPerInch;
    const [width, height] = sizeOf(svg);
    const longest = Math.max(width, height);
    if (!(width > 0 && height > 0)) throw new SpecificationError(`it is ${width} by ${height} pixels`);
    if (longest > longestLayout) {
      throw new SpecificationError(
        `it is ${Math.round(longest)} pixels long, and ${longestLayout} are the most`,
        { isTooLarge: true },
      );
    }
    const zoom = Math.min(wanted, longestSide / longest);
    if (zoom < wanted) {
      const drawn = Math.floor(zoom * pixelsPerInch);
      warnings.push(
        `the PNG is drawn at ${drawn} dpi instead of ${dpi}: no side may be longer than ${longestSide} pixels; the SVG is whole`,
      );
    }
    const rendered = new tools.Resvg(svg, {
      background: 'white',
      fitTo: { mode: 'zoom', value: zoom },
      font: {
        fontFiles: [...Object.values(fontFiles()), ...fonts],
        loadSystemFonts: false,
        defaultFontFamily: fontFamily,
        sansSerifFamily: fontFamily,
        monospaceFamily: `${fontFamily} Mono`,
      },
    }).render();
    warnings.push(...missingGlyphs(svg, (character) => metrics.has(character)));
    const png = withResolution(rendered.asPng(), zoom * pixelsPerInch);
    return { svg, png, warnings: [...new Set(warnings)] };
  } finally {
    view.finalize();
  }
}

/** Width and height of an SVG in CSS pixels. */
function sizeOf(svg: string): readonly [width: number, height: number] {
  const [, width = '1', height = '1'] = /<svg[^>]* width="([^"]*)" height="([^"]*)"/.exec(svg) ?? [];
  return [Number(width), Number(height)];
}

/**
 * XML has no control characters, escaped or not, and no halves of surrogate pairs; each becomes its picture
 * (U+2400 and following), so that people see that it is there.
 */
function asXml(svg: string): string {
  return svg
    .toWellFormed()
    .replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F]/g, (control) =>
      String.fromCharCode(0x2400 + control.charCodeAt(0)),
    )
    .replaceAll(/[\u007F-\u009F\uFFFE\uFFFF]/g, '\uFFFD');
}

/** Most characters that a warning lists. */
const mostListed = 20;

function missingGlyphs(svg: string, has: (character: string) => boolean): readonly string[] {
  const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text);
  const missing = [...new Set(texts.flatMap((text) => Array.from(text)))].filter(
    (character) => !has(character),
  );
  if (missing.length === 0) return [];
  const listed = missing.slice(0, mostListed).join(' ');
  const more = missing.length > mostListed ? ` and ${missing.length - mostListed} more` : '';
  return [
    `the fonts lack ${missing.length === 1 ? 'a character' : `${missing.length} characters`} of the labels, which are drawn as boxes: ${listed}${more}; name a font file that has them in \`fonts\``,
  ];
}

/** The specification cannot be drawn; the message is Vega-Lite's or Vega's. */
export class SpecificationError extends Error {
  /** It is more than can be drawn. */
  readonly isTooLarge: boolean;

  constructor(message: string, { isTooLarge = false }: { readonly isTooLarge?: boolean } = {}) {
    super(message);
    this.isTooLarge = isTooLarge;
  }
}

async function laidOut(
  { spec }: FigureToDraw,
  logger: never,
  { compile, vega, expressionInterpreter }: Tools,
): Promise<{ readonly view: vegaPackage.View; readonly compiled: unknown }> {
  try {
    const { spec: compiled } = compile(spec as vegaLite.TopLevelSpec, { config: theme as never, logger });
    const runtime = vega.parse(compiled, undefined, { ast: true });
    refuseExpressions(runtime);
    const view = new vega.View(runtime, {
      renderer: 'none',
      logger,
      loader: noLoader,
      expr: expressionInterpreter,
    } as never);
    await view.runAsync();
    return { view, compiled };
  } catch (error) {
    if (error instanceof SpecificationError) throw error;
    throw new SpecificationError(messageOf(error));
  }
}

/** Errors inside Vega's own code say nothing that a person could use. */
function messageOf(error: unknown): string {
  if (error instanceof TypeError || error instanceof RangeError) {
    return 'Vega-Lite cannot make sense of it';
  }
  return error instanceof Error ? error.message : String(error);
}

/** Every expression that will be evaluated stands in the runtime with its tree. */
function refuseExpressions(runtime: unknown): void {
  const seen = new Set<unknown>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    const { ast, code } = value as { readonly ast?: AstNode; readonly code?: string };
    if (ast !== undefined) {
      const problem = compiledProblem(ast);
      if (problem !== undefined) throw new SpecificationError(`${problem.message}, in \`${code ?? ''}\``);
      return;
    }
    Object.values(value).forEach(visit);
  };
  visit(runtime);
}

/** Vega lays text out by these widths; without a canvas it would guess. */
function useFontMetrics(vega: object, measure: MeasureText): void {
  interface TextItem {
    readonly font?: string;
    readonly fontSize?: number;
    readonly fontWeight?: string | number;
    readonly fontStyle?: string;
    readonly limit?: number;
  }
  const { textMetrics } = vega as {
    textMetrics: { width: (item: TextItem, text: string | number | boolean | null | undefined) => number };
  };
  textMetrics.width = (item, text) => {
    const face = faceOf(item.font ?? fontFamily, item.fontWeight ?? 'normal', item.fontStyle ?? 'normal');
    return measure(String(text ?? ''), item.fontSize ?? 11, face);
  };
}

/** Names of the marks of a compiled specification that have a style. */
function marksOfStyle(spec: unknown, style: string): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (marks: unknown): void => {
    if (!Array.isArray(marks)) return;
    for (const mark of marks as readonly Readonly<Record<string, unknown>>[]) {
      if ([mark['style']].flat().includes(style)) names.add(String(mark['name']));
      visit(mark['marks']);
    }
  };
  visit((spec as { readonly marks?: unknown }).marks);
  return names;
}

/** Figures draw what is given to them: nothing is fetched or read while drawing. */
const noLoader = {
  load: (uri: string) => Promise.reject(new Error(`data from elsewhere is not loaded: ${uri}`)),
  // A link is text in the SVG: nothing is fetched for it. Only those to pages are kept.
  sanitize: (uri: string) => Promise.resolve(/^https?:\/\//i.test(uri) ? { href: uri } : {}),
  http: (uri: string) => Promise.reject(new Error(`data from elsewhere is not loaded: ${uri}`)),
  file: (file: string) => Promise.reject(new Error(`files are not loaded: ${file}`)),
  options: {},
} as never;

function collectingLogger(warnings: string[]): never {
  const collect = (...parts: readonly unknown[]): object => {
    warnings.push(parts.map(String).join(' '));
    return logger;
  };
  const logger = {
    level: () => logger,
    error: (...parts: readonly unknown[]): never => {
      throw parts[0] instanceof Error ? parts[0] : new Error(parts.map(String).join(' '));
    },
    warn: collect,
    info: () => logger,
    debug: () => logger,
  };
  return logger as never;
}
