import { expect } from 'chai';
import type { Artifact, FigureArtifact } from '../../src/engine/artifact.ts';
import { fontMetrics } from '../../src/figure/fonts.ts';
import { placeLabels } from '../../src/figure/place-labels.ts';
import { failureOf, kindNamed, problemsOf, runStage, shapeOf, tableFrom } from '../support/stage-rig.ts';

const rows = tableFrom([
  { format: 'a long name of a format', group: 'x', mean: -3 },
  { format: 'b', group: 'y', mean: -1.5 },
]);
const bars = {
  mark: 'bar',
  encoding: { x: { field: 'mean', type: 'quantitative' }, y: { field: 'format', type: 'nominal' } },
};

async function drawn(
  options: Record<string, unknown>,
  inputs: Record<string, Artifact> = { rows },
): Promise<{ readonly figure: FigureArtifact; readonly warnings: readonly string[] }> {
  const { artifact, warnings } = await runStage('plot', options as never, { inputs });
  if (artifact.type !== 'figure') throw new Error(`expected a figure, was a ${artifact.type}`);
  return { figure: artifact, warnings };
}

/** Width and height in pixels from the header of a PNG, and pixels per metre. */
function pngSize(png: Uint8Array): {
  readonly width: number;
  readonly height: number;
  readonly perMetre: number;
} {
  const bytes = Buffer.from(png);
  expect(bytes.subarray(1, 4).toString()).to.equal('PNG');
  const density = bytes.indexOf('pHYs');
  return {
    width: bytes.readUInt32BE(16),
    height: bytes.readUInt32BE(20),
    perMetre: bytes.readUInt32BE(density + 4),
  };
}

describe('plot', () => {
  it('draws its input: a specification with data, an SVG, a PNG at 150 dpi', async () => {
    const { figure, warnings } = await drawn({ title: 'Means of {{ rows | length }}', spec: bars });
    expect(warnings).to.deep.equal([]);
    expect(figure.spec)
      .to.have.nested.property('datasets.rows')
      .deep.equal([
        { format: 'a long name of a format', mean: -3 },
        { format: 'b', mean: -1.5 },
      ]);
    expect(figure.spec).to.have.nested.property('title.text').deep.equal(['Means of 2']);
    for (const text of ['Means of 2', 'a long name of a format'])
      expect(figure.svg).to.contain(`>${text}</text>`);
    const [, width = '', height = ''] = /width="([\d.]+)" height="([\d.]+)"/.exec(figure.svg) ?? [];
    const png = pngSize(figure.png);
    expect(png.perMetre).to.equal(Math.round(150 / 0.0254));
    expect(png.width).to.be.closeTo(Number(width) * (150 / 96), 1);
    expect(png.height).to.be.closeTo(Number(height) * (150 / 96), 1);
    const { figure: larger } = await drawn({ spec: bars, dpi: 300 });
    const { figure: plain } = await drawn({ spec: bars });
    expect(pngSize(larger.png).width).to.be.closeTo(2 * pngSize(plain.png).width, 2);
  });

  it('is the same each time, and can be drawn again from its own specification', async () => {
    const [{ figure: first }, { figure: second }] = [
      await drawn({ spec: bars }),
      await drawn({ spec: bars }),
    ];
    expect(Buffer.from(second.png).equals(Buffer.from(first.png))).to.equal(true);
    const { figureRenderer } = await import('../../src/figure/render.ts');
    const again = await figureRenderer().render({
      spec: first.spec as object,
      dpi: 150,
      fonts: [],
    });
    expect(again.svg).to.equal(first.svg);
  });

  it('reads values in its title, and further tables as data', async () => {
    const correlation: Artifact = { type: 'value', value: { pearson: { coefficient: -0.98765 } } };
    const more = tableFrom([{ format: 'b', other: 4 }]);
    const spec = {
      layer: [
        bars,
        {
          ...bars,
          data: { name: 'more' },
          encoding: { ...bars.encoding, x: { field: 'other', type: 'quantitative' } },
        },
      ],
    };
    const { figure } = await drawn(
      { title: 'r = {{ fixed(correlation.pearson.coefficient, 2) }}\nsecond line', subtitle: 'below', spec },
      { rows, correlation, more },
    );
    for (const text of ['r = -0.99', 'second line', 'below']) expect(figure.svg).to.contain(text);
  });

  it('leaves room for the longest label', async () => {
    const long = 'a label that is very much longer than the labels that one usually sees beside a bar';
    const { figure } = await drawn({ spec: bars }, { rows: tableFrom([{ format: long, mean: 1 }]) });
    expect(figure.svg).to.contain(`>${long}</text>`);
    const { measure } = await fontMetrics();
    const [, width = ''] = /width="([\d.]+)"/.exec(figure.svg) ?? [];
    expect(Number(width)).to.be.above(measure(long, 14, 'regular') + 640);
  });

  it('says how many rows it cannot draw', async () => {
    const { figure, warnings } = await drawn(
      { spec: bars },
      {
        rows: tableFrom([
          { format: 'a', mean: NaN },
          { format: 'b', mean: 1 },
        ]),
      },
    );
    expect(warnings).to.deep.equal(['1 of 2 rows of `rows` have numbers that are not finite']);
    expect(JSON.stringify(figure.spec)).to.contain('"mean":null');
  });

  it('fails clearly on what is no Vega-Lite', async () => {
    const failure = await failureOf(drawn({ spec: { description: 'no mark' } }));
    expect(failure).to.deep.include({ code: 'figure-failed', blame: 'user', path: ['spec'] });
    expect(failure.message).to.match(/^the figure cannot be drawn: Invalid specification/);
  });

  it('says what is wrong before it runs', async () => {
    await kindNamed('plot').prepare?.({ spec: { transform: [{ calculate: '1' }] } });
    const check = (options: Record<string, unknown>): readonly unknown[] =>
      problemsOf('plot', options as never, { rows: shapeOf(rows) }).map(({ path, message }) => [
        path.join('.'),
        message,
      ]);
    expect(
      check({
        title: '{{ corr }}',
        spec: { mark: 'bar', encoding: { x: { field: 'maen' }, y: { field: 'format' } } },
      }),
    ).to.deep.equal([
      ['title', 'unknown template variable `corr`'],
      ['spec.encoding.x.field', 'no column `maen`'],
    ]);
    expect(check({ spec: { data: { url: 'http://example.org/x.csv' }, mark: 'bar' } })).to.deep.equal([
      ['spec.data.url', 'a figure draws its inputs, not data from elsewhere'],
    ]);
    expect(check({ spec: { layer: [{ data: { name: 'phrases' }, mark: 'bar' }] } })).to.deep.equal([
      ['spec.layer.0.data.name', 'no table `phrases` in `from`'],
    ]);
    const made = {
      transform: [{ calculate: 'datum.mean * 2', as: 'double' }],
      mark: 'bar',
      encoding: { x: { field: 'double' } },
    };
    expect(check({ spec: made })).to.deep.equal([]);
    expect(check({ spec: { ...bars, title: 'a' }, title: 'b' })).to.deep.equal([
      ['spec.title', 'the figure has two titles'],
    ]);
    // { title: nats, less the mean } in YAML.
    expect(
      check({
        spec: { ...bars, encoding: { ...bars.encoding, x: { title: 'nats', 'less the mean': null } } },
      }),
    ).to.deep.equal([['spec.encoding.x.less the mean', 'Vega-Lite has no property `less the mean`']]);
  });

  it('moves labels of crowded points apart, and says by a line whose they are', () => {
    const points = Array.from({ length: 6 }, (_, index) => ({ x: 100 + index, y: 100 }));
    const labels = points.map(({ x, y }) => ({
      x,
      y,
      text: 'documentation',
      fontSize: 13,
      bounds: { x1: 0, x2: 0, y1: 0, y2: 0 },
    }));
    const symbols = points.map(({ x, y }) => ({
      x,
      y,
      bounds: { x1: x - 5, x2: x + 5, y1: y - 5, y2: y + 5 },
    }));
    const group = {
      width: 400,
      height: 300,
      bounds: { x1: 0, x2: 400, y1: 0, y2: 300 },
      items: [
        { marktype: 'symbol', items: symbols },
        { marktype: 'text', name: 'labels', items: labels },
      ],
    };
    const root = { marktype: 'group', items: [group] };
    placeLabels(root, new Set(['labels']), (text) => text.length * 7);
    const boxes = labels.map((label) => {
      const {
        x,
        y,
        align,
        dx = 0,
        dy = 0,
      } = label as typeof label & { align: string; dx?: number; dy?: number };
      const left = x + dx - { left: 0, right: 91, center: 45.5 }[align as 'left' | 'right' | 'center'];
      return { x1: left, x2: left + 91, y1: y + dy - 6, y2: y + dy + 6 };
    });
    for (const [index, a] of boxes.entries()) {
      for (const b of [...boxes.slice(0, index), ...symbols.map(({ bounds }) => bounds)]) {
        const apart = a.x2 <= b.x1 || b.x2 <= a.x1 || a.y2 <= b.y1 || b.y2 <= a.y1;
        expect(apart, `label ${index}`).to.equal(true);
      }
    }
    expect(group.items[0]?.marktype).to.equal('rule');
  });
});

describe('the metrics of the shipped fonts', () => {
  it('are those of DejaVu Sans', async () => {
    const { measure } = await fontMetrics();
    // From the font's hmtx table: `a` 1255, `W` 2025, space 651 of 2048 units.
    expect(measure('a', 2048, 'regular')).to.equal(1255);
    expect(measure(' W', 2048, 'regular')).to.equal(651 + 2025);
    expect(measure('a', 2048, 'bold')).to.be.above(1255);
    expect(measure('iiii', 10, 'mono')).to.be.closeTo(measure('WWWW', 10, 'mono'), 1e-9);
  });
});
