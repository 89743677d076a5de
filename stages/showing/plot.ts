import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { sha256OfFile } from '../../src/system/hash.ts';
import type { FigureArtifact, Artifact } from '../../src/engine/artifact.ts';
import type { Cell, Row, TableShape } from '../../src/table/table.ts';
import type { JsonObject } from '../../src/system/json.ts';
import { defineStage, type Shape } from '../../src/engine/stage-kind.ts';
import { Failure, type OptionProblem } from '../../src/system/failure.ts';
import { tooManyBins, tooManyMade } from '../../src/figure/limits.ts';
import { undrawnRows } from '../../src/figure/undrawn.ts';
import { columnsUsed, hasExpressions, specificationProblems } from '../../src/figure/specification.ts';
import { tableShape } from '../../src/table/columns.ts';
import { templateFunctionsDocumentation } from '../../src/template/functions.ts';
import { checkInputsTemplate, valuesOfInputs } from '../../src/template/inputs.ts';
import { braceDoubts } from '../../src/template/doubts.ts';
import { compileTemplate } from '../../src/template/template.ts';

interface PlotOptions {
  readonly title?: string;
  readonly subtitle?: string;
  readonly spec: JsonObject;
  readonly dpi: number;
  readonly fonts: readonly string[];
}

export const plot = defineStage<PlotOptions>({
  name: 'plot',
  module: import.meta.url,
  summary: 'A figure by Vega-Lite: its specification with data, an SVG and a PNG.',
  description: [
    '`spec` is [Vega-Lite](https://vega.github.io/vega-lite/docs/); the input `rows` is its data, and further table',
    'inputs are data sets by name (`data: { name: ... }`). Nothing is loaded from elsewhere.',
    '',
    '`title` and `subtitle` are Jinja templates that may read every input: tables are lists of rows, values are as',
    'they are. A line break in them starts a new line.',
    '',
    templateFunctionsDocumentation,
    '',
    'The default look keeps all labels, uses colours that are told apart with any colour vision, and has text that',
    'is read at half size; `spec.config` changes it. Text marks with `style: point-label` are moved so that they cover',
    'neither points nor each other. Fonts are shipped (DejaVu Sans), so a figure looks the same everywhere: font files',
    'for further scripts are named in `fonts`, and a character that no font has is told. Dates are read and shown in UTC.',
    '',
    'Expressions (`calculate`, `filter`, ...) are Vega’s; functions that give another value each time are refused, and',
    'nothing is fetched: no data, no images. The data keep the columns that the specification names.',
    '',
    'Rows with numbers that are not finite cannot be drawn; they stay null in the data, and the run says how many. So it',
    'does of rows whose field is null, or no number, on a quantitative or temporal channel.',
  ].join('\n'),
  example: [
    'from: effectiveness',
    'with:',
    '  title: Format effectiveness',
    '  spec:',
    '    mark: bar',
    '    encoding:',
    '      x: { field: mean, type: quantitative }',
    '      y: { field: format, type: nominal, sort: -x }',
  ].join('\n'),
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['spec'],
    properties: {
      title: { type: 'string', description: 'Jinja template of the title.' },
      subtitle: { type: 'string', description: 'Jinja template of the line below the title.' },
      spec: { type: 'object', minProperties: 1, description: 'Vega-Lite specification, without its data.' },
      dpi: {
        type: 'number',
        minimum: 36,
        maximum: 600,
        default: 150,
        description:
          'Resolution of the PNG in dots per inch; 96 pixels of the specification are one inch. A PNG whose side would pass 16,000 pixels is drawn smaller, and the run says so.',
      },
      fonts: {
        type: 'array',
        items: { type: 'string', minLength: 1 },
        uniqueItems: true,
        default: [],
        description:
          'Font files (TrueType or OpenType), relative to the pipeline file, for characters that DejaVu Sans lacks.',
      },
    },
  },
  inputs: {
    ports: [{ name: 'rows', type: 'table', description: 'the data of the figure' }],
    open: true,
  },

  async prepare(options) {
    if (!hasExpressions(options)) return;
    const { loadParser } = await import('../../src/figure/vega-expression.ts');
    await loadParser();
  },

  output: () => ({ type: 'figure' }),

  check({ title, subtitle, spec }, inputs): readonly OptionProblem[] {
    const problems = [
      ...(title === undefined ? [] : checkInputsTemplate(title, ['title'], inputs)),
      ...(subtitle === undefined ? [] : checkInputsTemplate(subtitle, ['subtitle'], inputs)),
      ...specificationProblems(spec, tableShapes(inputs), 'rows'),
      ...[tooManyMade(spec)].filter((problem) => problem !== undefined),
    ];
    if (spec['title'] !== undefined && title !== undefined) {
      problems.push({
        path: ['spec', 'title'],
        message: 'the figure has two titles',
        expected: 'either `title` or `spec.title`',
      });
    }
    return problems;
  },

  doubts: ({ title = '', subtitle = '' }, inputs) =>
    Object.entries({ title, subtitle }).flatMap(([option, source]) =>
      braceDoubts({ source, path: [option] }, Object.keys(inputs)),
    ),

  namesOnly: ['fonts'],
  async externals({ fonts }, { baseDir }) {
    const read = await Promise.all(
      fonts.map(async (font, index) => [font, await digestOfFont(resolve(baseDir, font), index)] as const),
    );
    return fonts.length === 0
      ? {}
      : { fonts: { identity: read.map(([, digest]) => digest), detail: [...fonts] } };
  },

  // One program draws the figures of all stages, which wait for it.
  resources: () => ({ drawing: { share: 'one program' } }),

  async run(context): Promise<Artifact> {
    const { options, inputs, baseDir, signal } = context;
    const { title, subtitle, spec, dpi, fonts } = options;
    const values = valuesOfInputs(inputs);
    const lines = (template: string | undefined, name: string): readonly string[] =>
      template === undefined ? [] : compileTemplate(template, [name]).render(values).trim().split('\n');
    const heading = { text: lines(title, 'title'), subtitle: lines(subtitle, 'subtitle') };
    const tables = Object.entries(inputs).flatMap(([name, input]) =>
      input.type === 'table' ? [[name, input.table.rows] as const] : [],
    );
    for (const [name, rows] of tables) {
      const count = rows.filter((row) => !Object.values(row).every(drawable)).length;
      if (count > 0) {
        context.warn(`${count} of ${rows.length} rows of \`${name}\` have numbers that are not finite`);
      }
    }
    for (const { path, table, field, rows, of, text } of undrawnRows(spec, new Map(tables), 'rows')) {
      if (text !== undefined) {
        throw new Failure({
          code: 'wrong-column-type',
          blame: 'user',
          message: `column \`${field}\` holds no number to draw`,
          path,
          expected: 'numbers, or `type: nominal`',
          found: JSON.stringify(text),
          next: 'name a column of numbers, or draw the texts as names',
        });
      }
      context.warn(
        `${rows} of ${of} rows of \`${table}\` have no \`${field}\` that can be drawn; they are left out`,
      );
    }
    const bins = tooManyBins(spec, new Map(tables));
    if (bins !== undefined) throw new Failure({ code: 'too-many-bins', blame: 'user', ...bins });
    const complete = {
      $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
      ...(title !== undefined || subtitle !== undefined ? { title: heading } : {}),
      data: { name: 'rows' },
      ...spec,
      datasets: Object.fromEntries(tables.map(([name, rows]) => [name, dataOf(rows, spec)])),
    };
    const { figureRenderer, FigureRefused } = await import('../../src/figure/render.ts');
    try {
      const { svg, png, warnings } = await figureRenderer().render(
        { spec: complete, dpi, fonts: fonts.map((font) => resolve(baseDir, font)) },
        signal,
      );
      for (const warning of warnings) context.warn(warning);
      return { type: 'figure', spec: complete, svg, png } satisfies FigureArtifact;
    } catch (error) {
      if (!(error instanceof FigureRefused)) throw error;
      throw new Failure({
        code: 'figure-failed',
        blame: 'user',
        message: `the figure cannot be drawn: ${error.message}`,
        path: ['spec'],
        ...(error.isTooLarge
          ? { next: 'draw fewer rows or groups, larger steps, or a smaller size' }
          : {
              expected: 'a Vega-Lite specification',
              next: 'see https://vega.github.io/vega-lite/docs/',
            }),
      });
    }
  },
});

function tableShapes(inputs: Readonly<Record<string, Shape>>): Readonly<Record<string, TableShape>> {
  const tables = Object.entries(inputs).filter(([, { type }]) => type === 'table');
  return Object.fromEntries(tables.map(([name, shape]) => [name, tableShape(shape)]));
}

function drawable(cell: Cell): boolean {
  return typeof cell !== 'number' || Number.isFinite(cell);
}

/** The columns that the specification names, with null for numbers that cannot be drawn. */
function dataOf(rows: readonly Row[], spec: JsonObject): readonly Row[] {
  const used = columnsUsed(spec, Object.keys(rows[0] ?? {}));
  return rows.map((row) =>
    Object.fromEntries(
      used.map((name) => {
        const cell = row[name] ?? null;
        return [name, drawable(cell) ? cell : null];
      }),
    ),
  );
}

async function digestOfFont(path: string, index: number): Promise<string> {
  const file = await stat(path).catch(() => undefined);
  if (file?.isFile() === true) return sha256OfFile(path);
  throw new Failure({
    code: 'file-not-found',
    blame: 'user',
    message: 'the font file does not exist',
    path: ['fonts', index],
    expected: 'a file, relative to the pipeline file',
    found: path,
  });
}
