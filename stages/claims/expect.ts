import type { Artifact } from '../../src/engine/artifact.ts';
import { defineStage, type Shape } from '../../src/engine/stage-kind.ts';
import { Failure, type OptionProblem } from '../../src/system/failure.ts';
import { must } from '../../src/system/internal-error.ts';
import type { Path } from '../../src/system/json.ts';
import { entriesOf } from '../../src/system/names-in-order.ts';
import { unknownColumns } from '../../src/table/columns.ts';
import type { Cell, Column, Row } from '../../src/table/table.ts';
import { valueAt } from '../../src/table/value-path.ts';
import { countNames, estimateName, type Entry, type FigureSource } from '../../src/claims/gates/figures.ts';
import {
  familyOptions,
  gateOption,
  type FamilyOptions,
  type GateOptions,
} from '../../src/claims/gates/options.ts';
import { plainNumber } from '../../src/claims/gates/words.ts';
import { judge } from '../../src/claims/gates/judge.ts';

interface Gate extends GateOptions {
  readonly input?: string;
  readonly path?: string;
  readonly where?: Readonly<Record<string, Cell>>;
}

interface ExpectOptions extends FamilyOptions {
  readonly gates: Readonly<Record<string, Gate>>;
}

const kinds = ['value', 'interval', 'p', 'verdict'] as const;

const columns: readonly Column[] = [
  { name: 'gate', type: 'string' },
  { name: 'result', type: 'string', description: 'holds, fails or undecided' },
  { name: 'breaks', type: 'boolean', description: 'whether the run fails by it' },
  { name: 'claim', type: 'string' },
  { name: 'found', type: 'string' },
  { name: 'estimate', type: 'json' },
  { name: 'ci_low', type: 'number' },
  { name: 'ci_high', type: 'number' },
  { name: 'p', type: 'number', description: 'of the claim or of its opposite, whichever is nearer' },
  { name: 'p_adjusted', type: 'number', description: 'by Holm, over all gates that have a p' },
  { name: 'verdict', type: 'string', description: 'that of the input, where it was asked for' },
  { name: 'unit', type: 'string' },
  { name: 'units', type: 'integer' },
  { name: 'note', type: 'string', description: 'why a claim is undecided' },
];

export const expect = defineStage<ExpectOptions>({
  name: 'expect',
  module: import.meta.url,
  summary: 'Gates: claims about figures that must hold, or the run ends with exit code 1.',
  description: [
    'One row per gate. A gate picks figures of an input, the row of a table by `where` or an entry of a value by `path`, and',
    'claims one thing of them:',
    '',
    '- `value: { atLeast: 0.7 }`: the figure by itself, without its uncertainty. It holds or fails.',
    '- `interval: { above: -0.5 }`: the whole interval lies there. A lower end above minus a margin is non-inferiority, an',
    '  interval between two bounds equivalence by two one-sided tests (Schuirmann 1987). It fails where the whole interval',
    '  lies on the other side.',
    '- `p: positive`: the figure differs from 0, with that sign; it fails where the other sign does.',
    '- `verdict: supported`: that of `correlate`, `compare` or another stage; `no evidence`, `too few` and the like leave a',
    '  claim undecided, any other verdict fails it.',
    '',
    'All but `value` name their `unit`, what the claim generalises over, and are undecided over fewer than `minimum` units.',
    'Of a value that has evidence over several units it is that over the one that is named.',
    '',
    'The gates of a pipeline are one family: their p values are corrected by Holm, so that the chance of any false decision',
    "is at most 1 - `level`. An interval's p comes from its ends: the distance to a bound over the error of that side, by t",
    "with its degrees of freedom, on Fisher's z for coefficients. One gate alone is decided as its printed interval says.",
    'Of a row that has both, the p that enters is `p`, not `p_adjusted`: the family of a gate is the gates, whose rows were',
    'named before the data were seen. A verdict must hold as its stage corrected it, and in this family.',
    '',
    '`undecided` is no failure unless it is asked for. What holds, fails and is undecided is said at the end of the run, is',
    'kept in `run.json`, with `looks`: how often these gates met other data, each time a new test; and is written as JUnit',
    'XML on request. A pipeline has one such stage.',
  ].join('\n'),
  example: [
    'from: { comparisons: comparisons, correlation: correlation }',
    'with:',
    '  gates:',
    '    chat is not worse: { input: comparisons, where: { format: chat, against: plain }, interval: { above: -0.5 }, unit: item }',
    '    correlation is negative: { input: correlation, path: pearson, value: { below: 0 } }',
  ].join('\n'),
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['gates'],
    properties: {
      gates: {
        type: 'object',
        minProperties: 1,
        additionalProperties: gateOption,
        description: 'The claims, by what they are called.',
      },
      ...familyOptions,
    },
  },
  inputs: {
    ports: [{ name: 'rows', type: 'table', optional: true, description: 'a table; others by any name' }],
    open: true,
  },
  onlyOne: 'its gates are one family, and their p values are corrected together',

  output: () => ({ type: 'table', columns, key: ['gate'] }),

  check: ({ gates }, inputs) =>
    entriesOf(gates).flatMap(([name, gate]) => gateProblems(gate, ['gates', name], inputs)),

  run(context) {
    const { options, inputs } = context;
    const gates = entriesOf(options.gates).map(([name, gate]) => {
      const input = inputOf(gate, Object.keys(inputs));
      const source = sourceOf(gate, must(inputs[input], `the input ${input}`), ['gates', name]);
      return { name, gate, source };
    });
    const judged = judge(gates, options);
    context.judge(judged.map(({ figures: _, ...gate }) => gate));
    const rows = judged.map(({ name, result, breaks, claim, found, figures }): Row => ({
      gate: name,
      result,
      breaks,
      claim,
      found,
      ...figures,
    }));
    return Promise.resolve({ type: 'table', table: { columns, key: ['gate'], rows } });
  },
});

function inputOf({ input }: Gate, names: readonly string[]): string {
  return input ?? (names.length === 1 ? names[0] : undefined) ?? '';
}

function gateProblems(
  gate: Gate,
  path: Path,
  inputs: Readonly<Record<string, Shape>>,
): readonly OptionProblem[] {
  const claimed = kinds.filter((kind) => gate[kind] !== undefined);
  const [kind] = claimed;
  const names = Object.keys(inputs);
  const shape = inputs[inputOf(gate, names)];
  return [
    ...(claimed.length === 1
      ? []
      : [
          {
            path,
            message: `a gate claims one thing, and this one claims ${claimed.length === 0 ? 'nothing' : claimed.join(' and ')}`,
            expected: `one of ${kinds.join(', ')}`,
          },
        ]),
    ...(kind !== undefined && kind !== 'value' && gate.unit === undefined
      ? [
          {
            path: [...path, kind],
            message: `a gate on ${kind === 'p' ? 'a p' : kind === 'interval' ? 'an interval' : 'a verdict'} needs \`unit\`: what the claim generalises over`,
            expected: '`unit: item`, `unit: format`, ...',
          },
        ]
      : []),
    ...(shape === undefined ? [noInput(gate, path, names)] : shapeProblems(gate, path, shape)),
  ];
}

function noInput({ input }: Gate, path: Path, names: readonly string[]): OptionProblem {
  return input === undefined
    ? { path, message: 'which input is this gate about?', expected: `\`input\`: one of ${names.join(', ')}` }
    : {
        path: [...path, 'input'],
        message: `no input \`${input}\` in \`from\``,
        found: input,
        candidates: names,
      };
}

function shapeProblems(gate: Gate, path: Path, shape: Shape): readonly OptionProblem[] {
  const { where, path: inside, figure, unit, units } = gate;
  if (shape.type === 'figure' || shape.type === 'text') {
    return [{ path, message: `a ${shape.type} has no figures`, expected: 'a table or a value' }];
  }
  if (shape.type === 'value') {
    return where === undefined
      ? []
      : [{ path: [...path, 'where'], message: 'this input is a value, not a table', expected: '`path`' }];
  }
  if (inside !== undefined) {
    return [{ path: [...path, 'path'], message: 'this input is a table, not a value', expected: '`where`' }];
  }
  const entry = Object.fromEntries(shape.columns.map(({ name }) => [name, null]));
  const needsFigure = gate.verdict === undefined && gate.p !== 'any';
  const counted = units ?? countNames.find((name) => Object.hasOwn(entry, name));
  const { unit: sampled } =
    shape.columns.find(({ name }) => name === counted && counted === 'clusters') ?? {};
  const meant = sampled === 'items' ? 'item' : sampled;
  return [
    ...unknownColumns(shape, [
      ...Object.keys(where ?? {}).map((name) => ({ name, path: [...path, 'where', name] })),
      ...(figure === undefined ? [] : [{ name: figure, path: [...path, 'figure'] }]),
      ...(units === undefined ? [] : [{ name: units, path: [...path, 'units'] }]),
    ]),
    ...(needsFigure && shape.open !== true && estimateName(entry, figure) === undefined
      ? [
          {
            path,
            message: 'which figure is this gate about?',
            expected: `\`figure\`: one of ${Object.keys(entry).join(', ')}`,
          },
        ]
      : []),
    ...(unit !== undefined && meant !== undefined && meant !== unit
      ? [
          {
            path: [...path, 'unit'],
            message: `the figures of this input are over \`${meant}\`, not over \`${unit}\``,
            expected: meant,
            found: unit,
          },
        ]
      : []),
  ];
}

function sourceOf({ where, path: inside }: Gate, input: Artifact, path: Path): FigureSource {
  if (input.type === 'table') {
    const entry = rowOf(input.table.rows, where ?? {}, path);
    return { entry, whole: entry };
  }
  const value = input.type === 'value' ? input.value : null;
  const found = inside === undefined ? value : valueAt(value, inside, [...path, 'path']);
  return { entry: entryOf(found), whole: entryOf(value) };
}

function entryOf(cell: Cell): Entry {
  return typeof cell === 'object' && cell !== null && !Array.isArray(cell)
    ? (cell as Entry)
    : { value: cell };
}

function rowOf(rows: readonly Row[], where: Readonly<Record<string, Cell>>, path: Path): Row {
  const found = rows.filter((row) => Object.entries(where).every(([name, cell]) => row[name] === cell));
  const [row] = found;
  if (row !== undefined && found.length === 1) return row;
  const missing = Object.entries(where).find(([name, cell]) => !rows.some((each) => each[name] === cell));
  if (missing !== undefined) {
    const [name, cell] = missing;
    const there = [...new Set(rows.flatMap((each) => (typeof each[name] === 'string' ? [each[name]] : [])))];
    throw new Failure({
      code: 'gate-row',
      blame: 'user',
      message: `no row has ${plainNumber(cell)} in \`${name}\``,
      path: [...path, 'where', name],
      found: plainNumber(cell),
      ...(there.length > 0 && { candidates: there }),
    });
  }
  const wanted = Object.entries(where).map(([name, cell]) => `${name} ${plainNumber(cell)}`);
  throw new Failure({
    code: 'gate-row',
    blame: 'user',
    message:
      wanted.length === 0 ? 'a gate on a table needs `where`' : `not one row has ${wanted.join(' and ')}`,
    path: wanted.length === 0 ? path : [...path, 'where'],
    expected: 'cells by column that a single row has',
    found: `${found.length} rows of ${rows.length}`,
  });
}
