/** An option that names a column of `rows`, and what becomes of it with columns that are not what it wants. */
export interface Naming {
  /** The stage, with the column in its place. */
  readonly stage: (column: string) => string;
  readonly right: string;
  /** A column of another type than the option wants; none where any column will do. */
  readonly wrong?: string;
  /** Columns of nulls lose nothing here: they are kept, moved, left out by name, or sorted to the end. */
  readonly keepsNull?: true;
}

const verb = (step: (column: string) => string) => (column: string) =>
  `uses: table, from: rows, with: { verbs: [${step(column)}] }`;
const of = (kind: string, options: (column: string) => string) => (column: string) =>
  `uses: ${kind}, from: rows, with: { ${options(column)} }`;

/** Every option of a kind that ships and that names a column, by its path in the schema. */
export const namings: Readonly<Record<string, Naming>> = {
  'dataset.types{}': {
    stage: (column) => `uses: dataset, with: { file: rows.csv, types: { ${column}: string } }`,
    right: 'format',
    keepsNull: true,
  },
  'dataset.key[]': {
    stage: (column) => `uses: dataset, with: { file: rows.csv, key: [${column}, item] }`,
    right: 'format',
    keepsNull: true,
  },
  'perplexity.order': {
    stage: of('perplexity', (column) => `text: '{{ prompt }}', order: ${column}`),
    right: 'score',
    keepsNull: true,
  },
  'choose.candidates': {
    stage: of('choose', (column) => `candidates: ${column}`),
    right: 'list',
    wrong: 'score',
  },
  'choose.candidates.columns[]': {
    stage: of('choose', (column) => `candidates: { columns: [country, ${column}] }`),
    right: 'format',
  },
  'choose.answer': {
    stage: of('choose', (column) => `candidates: list, answer: ${column}`),
    right: 'choice',
    wrong: 'words',
  },
  'calibrate.choices': {
    stage: of('calibrate', (column) => `target: ' x', contentFree: ['N/A'], choices: ${column}`),
    right: 'list',
    wrong: 'score',
  },
  'calibrate.choices.columns[]': {
    stage: of(
      'calibrate',
      (column) => `target: ' x', contentFree: ['N/A'], choices: { columns: [country, ${column}] }`,
    ),
    right: 'format',
  },
  'calibrate.by': {
    stage: of('calibrate', (column) => `target: ' x', batch: true, choices: list, by: ${column}`),
    right: 'format',
    keepsNull: true,
  },
  'aggregate.by[]': {
    stage: of('aggregate', (column) => `by: [${column}], measure: words`),
    right: 'format',
  },
  'aggregate.measure': {
    stage: of('aggregate', (column) => `by: [], measure: ${column}`),
    right: 'score',
    wrong: 'country',
  },
  'aggregate.cluster': {
    stage: of('aggregate', (column) => `by: [], measure: words, statistics: [sem], cluster: ${column}`),
    right: 'country',
  },
  'aggregate.order': {
    stage: of('aggregate', (column) => `by: [country], measure: words, order: ${column}`),
    right: 'mean',
    keepsNull: true,
  },
  'compare.by': {
    stage: of('compare', (column) => `by: ${column}, measure: words, pair: [item]`),
    right: 'format',
  },
  'surprisal.regions.columns[]': {
    stage: of('surprisal', (column) => `regions: { columns: [prompt, ${column}] }`),
    right: 'country',
    wrong: 'list',
  },
  'effects.factors[]': {
    stage: of('effects', (column) => `factors: [${column}], measure: score, interactions: false`),
    right: 'format',
  },
  'effects.measure': {
    stage: of('effects', (column) => `factors: [format], measure: ${column}`),
    right: 'score',
    wrong: 'country',
  },
  'effects.cluster': {
    stage: of('effects', (column) => `factors: [format], measure: score, cluster: ${column}`),
    right: 'country',
  },
  'compare.measure': {
    stage: of('compare', (column) => `by: format, measure: ${column}, pair: [item]`),
    right: 'score',
    wrong: 'country',
  },
  'compare.pair[]': {
    stage: of('compare', (column) => `by: format, measure: words, pair: [${column}]`),
    right: 'item',
  },
  'compare.cluster': {
    stage: of('compare', (column) => `by: format, measure: words, pair: [item], cluster: ${column}`),
    right: 'country',
  },
  'spread.by': {
    stage: of('spread', (column) => `by: ${column}, measure: words, pair: [item]`),
    right: 'format',
  },
  'spread.measure': {
    stage: of('spread', (column) => `by: format, measure: ${column}, pair: [item]`),
    right: 'score',
    wrong: 'country',
  },
  'spread.pair[]': {
    stage: of('spread', (column) => `by: format, measure: words, pair: [${column}]`),
    right: 'item',
  },
  'spread.cluster': {
    stage: of('spread', (column) => `by: format, measure: words, pair: [item], cluster: ${column}`),
    right: 'country',
  },
  'controls.by[]': {
    stage: of('controls', (column) => `by: [${column}], measure: words, controls: others`),
    right: 'format',
  },
  'controls.measure': {
    stage: of('controls', (column) => `by: [format], measure: ${column}, controls: others`),
    right: 'score',
    wrong: 'country',
  },
  'controls.controls': {
    stage: of('controls', (column) => `by: [format], measure: words, controls: ${column}`),
    right: 'others',
    wrong: 'country',
  },
  'controls.cluster': {
    stage: of('controls', (column) => `by: [format], measure: words, controls: others, cluster: ${column}`),
    right: 'item',
  },
  'correlate.x': {
    stage: of('correlate', (column) => `x: ${column}, y: words`),
    right: 'score',
    wrong: 'country',
  },
  'correlate.y': {
    stage: of('correlate', (column) => `x: words, y: ${column}`),
    right: 'score',
    wrong: 'country',
  },
  'correlate.within': {
    stage: of('correlate', (column) => `x: words, y: item, unit: country, within: ${column}`),
    right: 'format',
  },
  'correlate.control[]': {
    stage: of('correlate', (column) => `x: words, y: item, control: [${column}]`),
    right: 'score',
    wrong: 'country',
  },
  'correlate.unit': {
    stage: of('correlate', (column) => `x: words, y: item, unit: ${column}`),
    right: 'country',
  },
  'expect.gates.*.where{}': {
    stage: of(
      'expect',
      (column) =>
        `gates: { g: { input: rows, where: { ${column}: qa, item: 1 }, figure: words, value: { above: -1 } } }`,
    ),
    right: 'format',
    keepsNull: true,
  },
  'expect.gates.*.figure': {
    stage: of(
      'expect',
      (column) =>
        `gates: { g: { input: rows, where: { id: qa1 }, figure: ${column}, value: { above: -1 } } }`,
    ),
    right: 'score',
    keepsNull: true,
  },
  'expect.gates.*.units': {
    stage: of(
      'expect',
      (column) =>
        `gates: { g: { input: rows, where: { id: qa1 }, figure: words, units: ${column}, unit: item, value: { above: -1 } } }`,
    ),
    right: 'item',
    keepsNull: true,
  },
  'results.values.*.index': {
    stage: of('results', (column) => `values: { z: { input: rows, index: ${column}, column: words } }`),
    right: 'id',
  },
  'results.values.*.column': {
    stage: of('results', (column) => `values: { z: { input: rows, column: ${column} } }`),
    right: 'score',
    keepsNull: true,
  },
  'results.values.*.columns{}': {
    stage: of('results', (column) => `values: { z: { input: rows, columns: { a: ${column} } } }`),
    right: 'score',
    keepsNull: true,
  },
  'plot.spec': {
    stage: of(
      'plot',
      (column) => `spec: { mark: point, encoding: { x: { field: ${column}, type: quantitative } } }`,
    ),
    right: 'score',
    wrong: 'country',
  },
  'table.key[]': {
    stage: (column) =>
      `uses: table, from: rows, with: { verbs: [{ select: [${column}, id] }], key: [${column}, id] }`,
    right: 'format',
    keepsNull: true,
  },
  'table.verbs[].filter': {
    stage: verb((column) => `{ filter: d.${column} > 1 }`),
    right: 'score',
    wrong: 'country',
  },
  'table.verbs[].derive{}': {
    stage: verb((column) => `{ derive: { z: sqrt(d.${column}) } }`),
    right: 'score',
    wrong: 'country',
    keepsNull: true,
  },
  'table.verbs[].rollup{}': {
    stage: verb((column) => `{ rollup: { columns: { z: mean(d.${column}) } } }`),
    right: 'score',
    wrong: 'country',
    keepsNull: true,
  },
  'table.verbs[].groupby[]': {
    stage: verb((column) => `{ groupby: [${column}] }, { derive: { z: count() } }`),
    right: 'format',
  },
  'table.verbs[].rollup.by[]': {
    stage: verb((column) => `{ rollup: { by: [${column}], columns: { z: count() } } }`),
    right: 'format',
  },
  'table.verbs[].orderby[]': {
    stage: verb((column) => `{ orderby: [-${column}] }`),
    right: 'score',
    keepsNull: true,
  },
  'table.verbs[].select[]': {
    stage: verb((column) => `{ select: [${column}] }`),
    right: 'score',
    keepsNull: true,
  },
  'table.verbs[].drop[]': {
    stage: verb((column) => `{ drop: [${column}] }`),
    right: 'score',
    keepsNull: true,
  },
  'table.verbs[].rename{}': {
    stage: verb((column) => `{ rename: { ${column}: z } }`),
    right: 'score',
    keepsNull: true,
  },
  'table.verbs[].dedupe[]': {
    stage: verb((column) => `{ dedupe: [id, ${column}] }`),
    right: 'format',
    keepsNull: true,
  },
  'table.verbs[].join.on[]': {
    stage: (column) =>
      `uses: table, from: { rows: rows, other: other }, with: { verbs: [{ join: { input: other, on: [id, ${column}] } }] }`,
    right: 'format',
    wrong: 'words',
  },
  'table.verbs[].unroll[]': { stage: verb((column) => `{ unroll: [${column}] }`), right: 'list' },
  'table.verbs[].fold{}': {
    stage: verb((column) => `{ fold: { columns: [words, ${column}] } }`),
    right: 'score',
    keepsNull: true,
  },
};

/** Options whose descriptions speak of columns and that name none of a table like this one. */
export const namingNone = [
  // Items may not have the column `format` that its rows have.
  'variants.draw.where{}',
  ...['score.prompt', 'score.target', 'perplexity.text', 'perplexity.truncate'],
  ...['choose.prompt', 'choose.candidate', 'choose.neutral'],
  ...['variants.formats.*.chat[]', 'variants.factors{}', 'variants.shots[]'],
  ...['surprisal.text', 'surprisal.regions', 'surprisal.truncate', 'tokens.prompt'],
  ...['calibrate.prompt', 'calibrate.choice', 'calibrate.own.*.choice'],
  ...['table.verbs[].rollup.columns{}', 'table.verbs[].join{}', 'table.verbs[].join.how'],
  ...['table.verbs[].concat[]', 'table.verbs[].unroll.index', 'table.verbs[].fold.as[]'],
];
/** Options that name columns inside of texts or of what is another language's. */
export const namingWithin = [
  'plot.spec',
  'table.verbs[].filter',
  'expect.gates.*.figure',
  'expect.gates.*.units',
];

/** Options of a stage of one's own, which says in its schema that they name columns. */
export const own: Readonly<Record<string, Naming>> = {
  'annotated.column': {
    stage: (column) => `uses: ./annotated.ts, from: rows, with: { column: ${column} }`,
    right: 'format',
    keepsNull: true,
  },
  'annotated.measures[]': {
    stage: (column) => `uses: ./annotated.ts, from: rows, with: { measures: [words, ${column}] }`,
    right: 'score',
    wrong: 'country',
    keepsNull: true,
  },
};

/** What names a column of the result, or of another table, too: those are known before the run. */
export const knownAnyway = ['aggregate.order', 'table.verbs[].join.on[]'];
