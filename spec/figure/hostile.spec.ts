import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { FigureArtifact } from '../../src/engine/artifact.ts';
import { allowedFunctions, compiledProblem, writtenProblem } from '../../src/figure/expressions.ts';
import { FigureRefused, openRenderer } from '../../src/figure/render.ts';
import { loadParser, parseExpression } from '../../src/figure/vega-expression.ts';
import { failureOf, problemsOf, runStage, shapeOf, tableFrom } from '../support/stage-rig.ts';

const rows = tableFrom([
  { q: 'a', n: 1, day: '2024-01-01' },
  { q: 'b', n: 2, day: '2024-01-02' },
]);
const points = { mark: 'point', encoding: { x: { field: 'n', type: 'quantitative' } } };

function problems(spec: Record<string, unknown>): readonly (readonly [path: string, message: string])[] {
  return problemsOf('plot', { spec } as never, { rows: shapeOf(rows) }).map(
    ({ path, message }) => [path.join('.'), message] as const,
  );
}

async function figureOf(
  spec: Record<string, unknown>,
  table = rows,
): Promise<FigureArtifact & { warnings: readonly string[] }> {
  const { artifact, warnings } = await runStage('plot', { spec } as never, { inputs: { rows: table } });
  if (artifact.type !== 'figure') throw new Error(`expected a figure, was a ${artifact.type}`);
  return { ...artifact, warnings };
}

/** Expressions that reach for the program, for what changes, or for what figures have no use for. */
const refused: readonly string[] = [
  '[].constructor.constructor',
  "datum['constructor']",
  "datum['__proto__']",
  'datum.constructor.constructor("return 1")()',
  '{}.__proto__',
  '({}).__proto__.x',
  '{constructor: 1}',
  '{__proto__: datum}',
  "''.constructor",
  '(1).constructor',
  "datum['con' + 'structor']",
  "datum[join(['constr', 'uctor'], '')]",
  'datum[datum.q]',
  "[].map['constructor']",
  'toString.prototype',
  'datum.__defineGetter__',
  'datum.__lookupGetter__',
  'now()',
  'random()',
  'datetime()',
  'sampleNormal()',
  'sampleUniform()',
  'setdata("rows", [])',
  'modify("rows", [])',
  'encode(item, "x")',
  'eval("1")',
  'Function("return 1")',
  'require("fs")',
  'process.exit(1)',
  'fetch("http://127.0.0.1")',
  'importScripts("x")',
  'setTimeout("1", 1)',
  'screen()',
  'windowSize()',
  'datum.q = 1',
  'datum.q; 1',
  'function() {}',
  '() => 1',
  'new Date()',
  'this',
  'datum.q(1)',
  '[datum.q][0](1)',
];

before(loadParser);

describe('expressions of figures', () => {
  for (const text of refused) {
    it(`refuses ${text}`, () => {
      const problem = writtenProblem(text);
      // A bare name that is none of Vega's reads as undefined, and computes nothing.
      const harmless = /^(this|toString\.prototype|process\.exit\(1\))$/.test(text);
      if (problem === undefined && harmless) return;
      expect(problem, text).to.not.equal(undefined);
    });
  }

  const taken = [
    'datum.n + 1',
    "datum['n'] > 1 && isValid(datum.q)",
    'datum.q + datum["day"]',
    "if(datum.n < 0, 'below', 'above')",
    "format(datum.n, '.2f')",
    'year(toDate(datum.day))',
    'datetime(2024, 0, 1)',
    '[1, 2, 3][datum.n - 1]',
    '{a: 1}.a',
    'test(/a+/, datum.q)',
    'max(datum.n, PI)',
  ];
  for (const text of taken) {
    it(`takes ${text}`, () => expect(writtenProblem(text)).to.equal(undefined));
  }

  it('refuses columns whose names Vega would misread', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      const encoding = { x: { field: name, type: 'quantitative' } };
      expect(problems({ mark: 'point', encoding })[0]?.[1], name).to.contain(`called \`${name}\``);
    }
  });

  it('allows only functions that Vega has', async () => {
    const { functions } = await import('vega-expression');
    const { expressionFunction } = await import('vega');
    const plain = Object.keys(functions(() => ''));
    // The rest are registered by name; asked without a definition, Vega gives what it has.
    const unknown = [...allowedFunctions].filter(
      (name) =>
        !plain.includes(name) && (expressionFunction as (name: string) => unknown)(name) === undefined,
    );
    expect(unknown).to.deep.equal([]);
  });

  it('tells what it would not draw in what Vega has compiled, too', () => {
    expect(compiledProblem(parseExpression("datum['a'].constructor"))).to.not.equal(undefined);
    expect(compiledProblem(parseExpression("scale('x', datum['n'])"))).to.equal(undefined);
  });
});

describe('figures that strangers send', () => {
  let folder = '';
  let before = '';
  beforeEach(() => {
    before = process.cwd();
    folder = mkdtempSync(join(tmpdir(), 'assay-figure-'));
  });
  afterEach(() => {
    expect(process.cwd()).to.equal(before);
    rmSync(folder, { recursive: true });
  });

  it('run no code through a prototype', async () => {
    const canary = join(folder, 'PWNED');
    const spec = {
      ...points,
      transform: [
        { calculate: '[].constructor.constructor', as: 'test' },
        { calculate: "regexp('x')", as: '__proto__' },
        {
          calculate: `test(datum, "process.getBuiltinModule('fs').writeFileSync('${canary}', '')")`,
          as: 'z',
        },
      ],
    };
    expect(problems(spec).map(([path]) => path)).to.deep.equal([
      'spec.transform.0.calculate',
      'spec.transform.1.as',
    ]);
    // Should a check be passed by, what draws refuses it all the same.
    const failure = await failureOf(figureOfUnchecked(spec));
    expect(failure.code).to.equal('figure-failed');
    expect(existsSync(canary)).to.equal(false);
  });

  it('end the program that draws, and not the run', async () => {
    const endless = { data: { sequence: { start: 0, stop: 1e9 } }, mark: 'point' };
    const renderer = openRenderer({ heapMb: 64 });
    const greedy = await refusalOf(renderer.render({ spec: endless, dpi: 96, fonts: [] }));
    expect(greedy).to.equal('the program that draws ended: it takes more than 64 MB of memory');
    const drawn = await renderer.render({
      spec: { data: { values: [{}] }, mark: 'point' },
      dpi: 96,
      fonts: [],
    });
    expect(drawn.svg).to.match(/^<svg/);
  });

  it('are given up when they take too long', async () => {
    const renderer = openRenderer({ patienceMs: 300 });
    const late = await refusalOf(renderer.render({ spec: fine, dpi: 96, fonts: [] }));
    expect(late).to.equal('it takes longer than 0.3 s to draw');
  });

  it('break no native renderer by a shape of absurd size', async () => {
    const shape = { ...points, mark: { type: 'point', shape: 'M0,0L1e9,1e9Z' } };
    const failure = await failureOf(figureOf(shape));
    expect(failure).to.deep.include({ code: 'figure-failed', blame: 'user', path: ['spec'] });
    expect(failure.message).to.match(/it is \d+ pixels long, and 400000 are the most$/);
  });

  it('link to pages, and to nothing else', async () => {
    const linked = (value: string) =>
      figureOf({ ...points, encoding: { ...points.encoding, href: { value } } });
    expect((await linked('https://example.com')).svg).to.contain('https://example.com');
    for (const address of ['javascript:alert(1)', 'file:///etc/passwd', 'data:text/html,x']) {
      expect((await linked(address)).svg).not.to.contain(address);
    }
  });

  it('show control characters as what they are, in an SVG that is XML', async () => {
    const hostile = tableFrom([{ q: 'a\bb\u001b[31m\u0000c\u009bd\ud83d', n: 1 }]);
    const { svg } = await figureOf(
      { mark: 'bar', encoding: { ...points.encoding, y: { field: 'q' } } },
      hostile,
    );
    expect(svg).to.contain('a␈b␛[31m␀c\uFFFDd\uFFFD');

    expect(svg).not.to.match(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
  });

  it('keep markup of labels as text', async () => {
    const hostile = tableFrom([{ q: '</text><script>alert(1)</script>', n: 1 }]);
    const { svg } = await figureOf(
      { mark: 'bar', encoding: { ...points.encoding, y: { field: 'q' } } },
      hostile,
    );
    expect(svg).not.to.contain('<script');
  });

  for (const [name, spec, path] of [
    ['images by a mark', { mark: 'image' }, 'spec.mark'],
    ['images by a type', { mark: { type: 'image', url: 'http://127.0.0.1/x.png' } }, 'spec.mark.type'],
    ['images by a channel', { ...points, encoding: { url: { field: 'q' } } }, 'spec.encoding.url'],
    ['data by an address', { ...points, data: { url: 'http://127.0.0.1/x.csv' } }, 'spec.data.url'],
  ] as const) {
    it(`refuse ${name}`, () => expect(problems(spec).map(([at]) => at)).to.contain(path));
  }

  it('are laid out up to a size', async () => {
    const failure = await failureOf(figureOf({ ...points, width: 1_000_000 }));
    expect(failure.message).to.match(/it is 1000\d{3} pixels long/);
  });

  it('have a PNG of at most 16,000 pixels a side, and say so', async () => {
    const { png, warnings, svg } = await figureOf({ ...points, width: 30_000, height: 50 });
    expect(Buffer.from(png).readUInt32BE(16)).to.be.within(15_990, 16_000);
    expect(svg).to.match(/width="30\d{3}/);
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(/^the PNG is drawn at 5\d dpi instead of 150/);
  });

  it('name the characters that the fonts lack', async () => {
    const foreign = tableFrom([{ q: '日本 ½ й مر', n: 1 }]);
    const { warnings } = await figureOf(
      { mark: 'bar', encoding: { ...points.encoding, y: { field: 'q' } } },
      foreign,
    );
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.contain(
      'the fonts lack 2 characters of the labels, which are drawn as boxes: 日 本',
    );
  });

  it('show dates in UTC, whatever the zone of the machine', async () => {
    const spec = {
      mark: 'bar',
      encoding: {
        x: { field: 'day', timeUnit: 'yearmonthdate', type: 'ordinal' },
        y: { field: 'n', type: 'quantitative' },
      },
    };
    const { TZ } = process.env;
    try {
      process.env['TZ'] = 'America/New_York';
      expect((await figureOf(spec)).svg).to.contain('Jan 01, 2024');
    } finally {
      if (TZ === undefined) delete process.env['TZ'];
      else process.env['TZ'] = TZ;
    }
  });

  it('draw a sample the same each time', async () => {
    const many = tableFrom(Array.from({ length: 200 }, (_, n) => ({ n, q: '', day: '' })));
    const [first, second] = [
      await figureOf({ ...points, transform: [{ sample: 10 }] }, many),
      await figureOf({ ...points, transform: [{ sample: 10 }] }, many),
    ];
    expect(second.svg).to.equal(first.svg);
  });

  it('embed the columns that they use', async () => {
    const wide = tableFrom([{ n: 1, q: 'a', day: 'd', 'other.name': 4, unused: 'x' }]);
    const { spec } = await figureOf(
      {
        ...points,
        transform: [{ calculate: 'datum.q', as: 'r' }],
        encoding: { ...points.encoding, y: { field: 'other\\.name', type: 'quantitative' } },
      },
      wide,
    );
    expect(spec)
      .to.have.nested.property('datasets.rows')
      .deep.equal([{ n: 1, q: 'a', 'other.name': 4 }]);
  });

  it('are given up when the run is', async () => {
    const abort = new AbortController();
    const drawing = openRenderer().render({ spec: fine, dpi: 96, fonts: [] }, abort.signal);
    setImmediate(() => abort.abort(new Error('enough')));
    const error = await drawing.catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Error).with.property('message', 'enough');
  });
});

/** Billions of bins. */
const fine = {
  data: { values: [{ n: 0 }, { n: 1e9 }] },
  mark: 'bar',
  encoding: { x: { field: 'n', bin: { step: 1e-3 } } },
};

async function refusalOf(drawing: Promise<unknown>): Promise<string> {
  const error = await drawing.catch((reason: unknown) => reason);
  expect(error).to.be.instanceOf(FigureRefused);
  return (error as FigureRefused).message;
}

/** Draws past the checks of the stage. */
async function figureOfUnchecked(spec: Record<string, unknown>): Promise<unknown> {
  const { plot } = await import('../../stages/showing/plot.ts');
  return plot.run({
    stage: 'x',
    options: { spec: spec as never, dpi: 150, fonts: [] },
    inputs: { rows },
    externals: {},
    baseDir: '/nowhere',
    services: undefined as never,
    signal: new AbortController().signal,
    progress: () => undefined,
    warn: () => undefined,
    measure: () => undefined,
    judge: () => undefined,
  });
}
