import { existsSync } from 'node:fs';
import type { Artifact } from '../../src/engine/artifact.ts';
import { services, type StageKind } from '../../src/engine/stage-kind.ts';
import { seededRandom } from '../../src/statistics/random.ts';
import { isFailure } from '../../src/system/failure.ts';
import type { Json, JsonObject } from '../../src/system/json.ts';
import { inferColumns } from '../../src/table/columns.ts';
import { stageKinds } from '../../stages/index.ts';

const rows = [
  { q: 'a', n: 1, m: 2.5, day: '2024-01-01', list: [1, 2] },
  { q: '<b onclick=x>', n: 2, m: -1, day: '2024-01-02', list: [] },
  { q: '\u202Ec\u0007', n: 1e300, m: 0, day: 'none', list: [[1]] },
];
const table: Artifact = { type: 'table', table: { columns: inferColumns(rows), key: [], rows } };

const expressions = [
  'datum.n + 1',
  "datum['q']",
  'datum.constructor',
  "datum['__proto__']",
  "[].constructor.constructor('globalThis.PWNED=1')()",
  `process.getBuiltinModule('fs').writeFileSync('PWNED','1')`,
  'toString.call(datum)',
  'now()',
  'random()',
  'sequence(1e9)',
  'sequence(3)',
  "pad('a', 1e9, 'b', 'left')",
  "replace(datum.q, /(a+)+$/, '')",
  "repeat('a', 1e9)",
  'if(datum.n, 1, 2)',
  "format(datum.n, '.1000000000f')",
  'eval("1")',
  '{__proto__: 1}',
  'datum.n +',
  '('.repeat(500) + '1' + ')'.repeat(500),
  "warn('x')",
  "data('rows')",
  'width',
  "scale('x', 1)",
  'event.x',
  "setdata('rows', [])",
  'datum.m >= 0',
];
const fields = [
  'q',
  'n',
  'm',
  'day',
  'list',
  'nobody',
  'constructor',
  '__proto__',
  'list[0]',
  'q.length',
  "a['b']",
];
const sizes: readonly Json[] = [
  0,
  1,
  -5,
  50,
  200,
  1e6,
  1e9,
  1e308,
  'container',
  '100',
  null,
  { step: 10 },
  { step: 1e9 },
  { signal: '1e9' },
];
const links = [
  'javascript:alert(1)',
  'file:///etc/passwd',
  'http://127.0.0.1:1/',
  'data:text/html,x',
  '//x/y',
  '/etc/passwd',
];
const link = (index: number): string => links[index] ?? '';
const marks: readonly Json[] = [
  ...[
    'point',
    'bar',
    'line',
    'text',
    'rect',
    'area',
    'tick',
    'rule',
    'arc',
    'boxplot',
    'errorband',
    'geoshape',
    'image',
    'trail',
  ],
  { type: 'point', href: link(0) },
  { type: 'text', text: '</svg><script>1</script>' },
  { type: 'point', size: 1e12 },
  { type: 'point', shape: 'M0,0L'.repeat(50) },
  { type: 'image', url: link(1) },
  { type: 'line', interpolate: 'cardinal', tension: 1e300 },
  { type: 'bar', fill: 'url(http://x/)', cornerRadius: 1e9 },
  'nothing',
  7,
];
const types = ['quantitative', 'nominal', 'ordinal', 'temporal', 'geojson', 'else'];

class Writer {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  spec(): JsonObject {
    const parts: Record<string, Json> = { ...this.#unit() };
    if (this.#chance(0.4)) parts['transform'] = this.#some(3, () => this.#transform());
    if (this.#chance(0.2)) Object.assign(parts, this.#odd());
    if (this.#chance(0.15)) return this.#composed(parts);
    return parts;
  }

  #composed(inner: JsonObject): JsonObject {
    const repeat = { repeat: { column: ['n', 'm', this.#of(fields)] }, spec: inner };
    const facet = { facet: { field: this.#of(fields), type: 'nominal' }, spec: inner };
    const deep = Array.from({ length: 60 }).reduce<JsonObject>((spec) => ({ layer: [spec] }), inner);
    return this.#of([
      repeat,
      facet,
      deep,
      { layer: [inner, this.#unit()] },
      { hconcat: [inner, inner] },
      { vconcat: [] },
    ]);
  }

  #unit(): JsonObject {
    const channels = [
      'x',
      'y',
      'color',
      'size',
      'text',
      'tooltip',
      'href',
      'url',
      'shape',
      'row',
      'column',
      'order',
      'detail',
      'theta',
    ];
    const first: [string, Json][] = [
      ['x', this.#channel()],
      ['y', this.#channel()],
    ];
    const more = this.#some(2, () => [this.#of(channels), this.#channel()] as [string, Json]);
    const unit: Record<string, Json> = {
      mark: this.#of(marks),
      encoding: Object.fromEntries([...first, ...more]),
    };
    if (this.#chance(0.3)) unit['width'] = this.#of(sizes);
    if (this.#chance(0.3)) unit['height'] = this.#of(sizes);
    return unit;
  }

  #channel(): JsonObject {
    const channel: Record<string, Json> = {
      field: this.#of(fields.slice(0, this.#chance(0.6) ? 3 : fields.length)),
      type: this.#of(types.slice(0, this.#chance(0.8) ? 3 : 6)),
    };
    if (this.#chance(0.15))
      channel['bin'] = this.#of<Json>([
        true,
        { maxbins: 1e9 },
        { step: 1e-9 },
        { maxbins: -1 },
        { extent: [0, 1e300], step: 1 },
      ]);
    if (this.#chance(0.15))
      channel['aggregate'] = this.#of([
        'mean',
        'count',
        'sum',
        'distinct',
        'values',
        'constructor',
        { argmax: 'n' },
      ]);
    if (this.#chance(0.15))
      channel['scale'] = this.#of<Json>([
        { type: 'log' },
        { domain: [0, 1e308] },
        { range: [0, 1e9] },
        { type: 'constructor' },
        { scheme: '__proto__' },
        { type: 'time', nice: { interval: 'second', step: 1e-9 } },
      ]);
    if (this.#chance(0.15))
      channel['axis'] = this.#of<Json>([
        { tickCount: 1e9 },
        { values: [1, 2] },
        { format: '.1000000000f' },
        { labelExpr: this.#of(expressions) },
        { format: '%Y', formatType: 'time' },
        null,
      ]);
    if (this.#chance(0.1)) channel['condition'] = { test: this.#of(expressions), value: this.#of(links) };
    if (this.#chance(0.05)) channel['value'] = { expr: this.#of(expressions) };
    return channel;
  }

  #transform(): JsonObject {
    const field = this.#of(fields);
    return this.#of<JsonObject>([
      { calculate: this.#of(expressions), as: this.#of(['z', '__proto__', 'constructor']) },
      { filter: this.#of(expressions) },
      { filter: { field, oneOf: [1] } },
      { density: field, steps: this.#of([10, 1e9, -1]), as: ['v', 'd'] },
      { sample: this.#of([1, 1e12]) },
      { flatten: [field], as: ['f'] },
      { fold: ['n', field] },
      { lookup: 'q', from: { data: { url: this.#of(links) }, key: 'q', fields: ['x'] } },
      { lookup: 'q', from: { data: { name: this.#of(['rows', 'else']) }, key: 'q', fields: ['n'] } },
      {
        impute: 'n',
        key: 'm',
        keyvals: { start: 0, stop: this.#of([3, 1e9]), step: this.#of([1, 1e-9]) },
        value: 0,
      },
      { bin: this.#of<Json>([true, { step: 1e-12 }, { maxbins: 1e12 }]), field, as: 'b' },
      { regression: 'n', on: 'm', method: 'poly', order: this.#of([2, 1e6]) },
      { loess: 'n', on: 'm', bandwidth: this.#of([0.5, -1, 1e300]) },
      { quantile: field, step: this.#of([0.1, 1e-12]) },
      { window: [{ op: this.#of(['rank', 'lag', 'eval']), as: 'w', param: 1e12 }] },
      { timeUnit: 'year', field, as: 't' },
      { stack: field, groupby: [], as: 's' },
      { pivot: 'q', value: field, limit: 1e9 },
      { extent: field, param: 'e' },
      { aggregate: [{ op: 'mean', field, as: 'a' }], groupby: [] },
    ]);
  }

  #odd(): JsonObject {
    return this.#of<JsonObject>([
      { data: { url: this.#of(links) } },
      { data: { sequence: { start: 0, stop: this.#of([5, 1e9]), step: this.#of([1, 1e-9]) } } },
      { data: { graticule: { step: [this.#of([10, 1e-6]), 10] } } },
      { data: { sphere: true } },
      { data: { name: this.#of(['rows', 'constructor', 'else']) } },
      { data: { values: '<svg/>', format: { type: 'topojson', feature: 'x' } } },
      { datasets: { rows: [{ n: 1 }] } },
      { params: [{ name: 'p', value: 1e9, expr: this.#of(expressions) }] },
      { params: [{ name: '__proto__', select: 'interval' }] },
      { usermeta: { embedOptions: { loader: { baseURL: link(2) } } } },
      { config: { view: { continuousWidth: 1e9 }, font: link(3) } },
      { padding: { left: this.#of([1e9, -5]) } },
      { background: 'url(#x)' },
      { title: { text: '\u0007<script>', href: link(0) } },
      { projection: { type: 'mercator', scale: 1e300 } },
      { autosize: { type: 'fit', resize: true } },
      {
        $schema: 'https://vega.github.io/schema/vega/v5.json',
        signals: [{ name: 's', update: this.#of(expressions) }],
      },
      { bounds: 'flush', spacing: 1e9 },
    ]);
  }

  #some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: Math.floor(this.#random() * (most + 1)) }, make);
  }

  #of<T>(values: readonly T[]): T {
    return values[Math.floor(this.#random() * values.length)] as T;
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }
}

export interface FigureTrial {
  readonly spec: JsonObject;
  readonly outcome: 'drawn' | 'refused' | 'failed' | 'right';
  /** Of a refusal or a failure: whether it points into the specification, and not at the stage as a whole. */
  readonly isPlaced: boolean;
  readonly said: string;
  readonly ms: number;
  /** What must not be. */
  readonly fault?: string;
}

/** Checks the figure of a seed, and draws what is right if it is to. The canary is a file `PWNED`, here and where figures are drawn, a global, and `Object.prototype`. */
export async function tryFigure(seed: number, { draws }: { readonly draws: boolean }): Promise<FigureTrial> {
  const spec = new Writer(seed).spec();
  const kind = stageKinds.get('plot') as StageKind<unknown>;
  const options = { spec, dpi: 72, fonts: [] };
  const context = { baseDir: '/nowhere' };
  const shapes = {
    rows: { type: 'table' as const, columns: table.type === 'table' ? table.table.columns : [], key: [] },
  };
  await kind.prepare?.(options);
  const started = performance.now();
  const trial = async (): Promise<Pick<FigureTrial, 'outcome' | 'isPlaced' | 'said' | 'fault'>> => {
    try {
      const problems = kind.check?.(options, shapes, context) ?? [];
      if (problems.length > 0) {
        const isPlaced = problems.every(({ path }) => path[0] === 'spec' && path.length > 0);
        return { outcome: 'refused', isPlaced, said: problems[0]?.message ?? '' };
      }
      if (!draws) return { outcome: 'right', isPlaced: true, said: '' };
      const silent = () => undefined;
      const drawn = await kind.run({
        ...{
          stage: 'figure',
          options,
          inputs: { rows: table },
          externals: {},
          ...context,
          services: services(),
        },
        ...{
          signal: new AbortController().signal,
          progress: silent,
          warn: silent,
          measure: silent,
          judge: silent,
        },
      });
      return {
        outcome: 'drawn',
        isPlaced: true,
        said: '',
        ...faultOf(drawn.type === 'figure' ? drawn.svg : ''),
      };
    } catch (error) {
      if (!isFailure(error))
        return {
          outcome: 'failed',
          isPlaced: false,
          said: '',
          fault: error instanceof Error ? (error.stack ?? '') : String(error),
        };
      const { message, path } = error.details;
      const isInternal = /internal error/i.test(message);
      return {
        outcome: 'failed',
        isPlaced: path?.[0] === 'spec',
        said: message,
        ...(isInternal && { fault: message }),
      };
    }
  };
  const found = await trial();
  const fault = found.fault ?? escaped();
  return { spec, ...found, ms: performance.now() - started, ...(fault !== undefined && { fault }) };
}

/** Markup that a figure must not bring. */
function faultOf(text: string): { readonly fault?: string } {
  const found = /<script|<foreignObject|javascript:|(?:xlink:)?href="(?!https?:|#)/i.exec(text);
  return found === null ? {} : { fault: `the figure has ${found[0]}` };
}

function escaped(): string | undefined {
  if (existsSync('PWNED')) return 'a file was written';
  if ('PWNED' in globalThis) return 'a global was set';
  for (const name in {}) return `Object.prototype has ${name}`;
  return undefined;
}
