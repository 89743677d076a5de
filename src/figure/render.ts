import type * as resvg from '@resvg/resvg-js';
import type * as vegaPackage from 'vega';
import type * as vegaLite from 'vega-lite';
import { faceOf, fontFamily, fontFiles, fontMetrics, type MeasureText } from './fonts.ts';
import { placeLabels, type SceneMark } from './place-labels.ts';
import { withResolution } from './png.ts';
import { theme } from './theme.ts';

export interface RenderedFigure {
  readonly svg: string;
  readonly png: Uint8Array;
  /** What Vega-Lite and Vega had to say. */
  readonly warnings: readonly string[];
}

/** Vega and Vega-Lite measure in CSS pixels. */
const pixelsPerInch = 96;

/** Draws a Vega-Lite specification that carries its data, with the fonts and in the look of this project. */
export interface FigureRenderer {
  /** @throws SpecificationError */
  render(spec: object, dpi: number): Promise<RenderedFigure>;
}

/** Loads what draws: Vega-Lite, Vega, resvg and the fonts. */
export async function figureRenderer(): Promise<FigureRenderer> {
  const [{ compile }, vega, { Resvg }, measure] = await Promise.all([
    import('vega-lite'),
    import('vega'),
    import('@resvg/resvg-js'),
    fontMetrics(),
  ]);
  useFontMetrics(vega, measure);
  return { render: (spec, dpi) => draw(spec, dpi, { compile, vega, Resvg, measure }) };
}

interface Tools {
  readonly compile: typeof vegaLite.compile;
  readonly vega: typeof vegaPackage;
  readonly Resvg: typeof resvg.Resvg;
  readonly measure: MeasureText;
}

async function draw(
  spec: object,
  dpi: number,
  { compile, vega, Resvg, measure }: Tools,
): Promise<RenderedFigure> {
  const warnings: string[] = [];
  const { view, compiled } = await laidOut(spec, collectingLogger(warnings), { compile, vega });
  try {
    const labels = marksOfStyle(compiled, 'point-label');
    if (labels.size > 0) {
      const { root } = view.scenegraph() as unknown as { readonly root: SceneMark };
      placeLabels(root, labels, (text, fontSize) => measure(text, fontSize, 'regular'));
    }
    const svg = await view.toSVG();
    const rendered = new Resvg(svg, {
      background: 'white',
      fitTo: { mode: 'zoom', value: dpi / pixelsPerInch },
      font: {
        fontFiles: Object.values(fontFiles()),
        loadSystemFonts: false,
        defaultFontFamily: fontFamily,
        sansSerifFamily: fontFamily,
        monospaceFamily: `${fontFamily} Mono`,
      },
    }).render();
    return { svg, png: withResolution(rendered.asPng(), dpi), warnings: [...new Set(warnings)] };
  } finally {
    view.finalize();
  }
}

/** The specification cannot be drawn; the message is Vega-Lite's or Vega's. */
export class SpecificationError extends Error {}

async function laidOut(
  spec: object,
  logger: never,
  { compile, vega }: Pick<Tools, 'compile' | 'vega'>,
): Promise<{ readonly view: vegaPackage.View; readonly compiled: unknown }> {
  try {
    const { spec: compiled } = compile(spec as vegaLite.TopLevelSpec, { config: theme as never, logger });
    const view = new vega.View(vega.parse(compiled), { renderer: 'none', logger, loader: noLoader });
    await view.runAsync();
    return { view, compiled };
  } catch (error) {
    throw new SpecificationError(error instanceof Error ? error.message : String(error));
  }
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
    textMetrics: { width: (item: TextItem, text: unknown) => number };
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
  sanitize: (uri: string) => Promise.reject(new Error(`links are not loaded: ${uri}`)),
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
