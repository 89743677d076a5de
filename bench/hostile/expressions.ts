import { existsSync, rmSync } from 'node:fs';
import { seededRandom } from '../../src/statistics/random.ts';
import { Failure, type FailureDetails, type OptionProblem } from '../../src/system/failure.ts';
import { inferColumns } from '../../src/table/columns.ts';
import { functions } from '../../src/table/expression/functions/index.ts';
import { applySteps, outlineSteps, type Step } from '../../src/table/steps.ts';
import type { ValueKind } from '../../src/table/expression/value.ts';
import type { Row, Table } from '../../src/table/table.ts';

type Random = () => number;

/** What programs that get out of a sandbox are made of. */
const hostile = [
  ...[
    'constructor',
    '__proto__',
    'prototype',
    'process',
    'globalThis',
    'this',
    'Function',
    'eval',
    'import',
    'require',
  ],
  ...[
    'new',
    'function',
    'return',
    '=>',
    '...',
    '?.',
    '++',
    '=',
    '+=',
    ';',
    '{',
    '}',
    '/(a+)+$/',
    '`',
    '${',
    '\\u0063',
    '#x',
  ],
  ...[
    'await',
    'yield',
    'class',
    'delete',
    'void',
    'typeof',
    'in',
    'instanceof',
    'arguments',
    'Symbol',
    'Reflect',
    'Proxy',
  ],
  ...[
    'now()',
    'random()',
    'datetime()',
    'Date.now()',
    'Math.random()',
    'toString',
    'valueOf',
    'then',
    'op',
    'op.now()',
    '$',
  ],
  ...[
    '\u202E',
    '\0',
    '\u200B',
    '\uD83D',
    '<!--',
    '-->',
    '//',
    '/*',
    '*/',
    '1n',
    '0x1F',
    '1e999',
    '-0',
    '9'.repeat(30),
  ],
  `[].constructor.constructor("globalThis.PWNED = 1")()`,
  `process.getBuiltinModule('fs').writeFileSync('PWNED', '1')`,
  `match("", {__proto__: /x/, exec: ""["constructor"]["constructor"]}, null)`,
];

const names = [
  'x',
  's',
  'l',
  'o',
  'n',
  'b',
  'größe',
  'constructor',
  '__proto__',
  'toString',
  'hasOwnProperty',
  'nobody',
];
const operators = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '**',
  '<',
  '<=',
  '>',
  '>=',
  '==',
  '!=',
  '===',
  '!==',
  '&&',
  '||',
  '??',
];
const literals = [
  '0',
  '1',
  '-1',
  '0.5',
  '1e3',
  '1e9',
  '1e300',
  'NaN',
  'Infinity',
  'null',
  'true',
  'false',
  '"a"',
  '"🙂"',
  '""',
  '[]',
  'PI',
];
const calls = [...functions.keys()];
const kinds: readonly ValueKind[] = ['boolean', 'number', 'text', 'date', 'list', 'object'];
const leaves: Readonly<Record<ValueKind, readonly string[]>> = {
  boolean: ['true', 'false', 'd.b', 'd["b"]'],
  number: ['d.x', 'd.n', 'd.größe', 'd.constructor', '0', '2', '-1', '0.5', '1e3', 'NaN', 'Infinity', 'PI'],
  text: ['d.s', 'd["__proto__"]', '""', '"a"', '"🙂b"', '"2024-02-29"'],
  date: ['parse_date("2024")', 'datetime(2024, d.x)', 'parse_date(0)'],
  list: ['d.l', '[]', '[1, 2]', '["a", null]', 'sequence(3)'],
  object: ['d.o', 'parse_json("{\\"__proto__\\":1}")', 'object([["k", 1]])'],
};

const rows = [
  { x: 1, s: 'a"|"b', l: [1, [2]], o: { k: 1, toString: 2 }, n: null, b: true, größe: 1.5 },
  { x: NaN, s: '🙂', l: [], o: { k: 'v' }, n: 2, b: false, größe: -Infinity },
  { x: -3, s: '2024-01-01', l: ['a', null], o: {}, n: null, b: true, größe: 0 },
].map((row, index): Row =>
  Object.fromEntries([
    ...Object.entries(row),
    ['constructor', index],
    ['__proto__', 'own'],
    ['toString', index > 1],
  ]),
);
const table: Table = { columns: inferColumns(rows), key: [], rows };

export interface Trial {
  readonly expression: string;
  /** Whether it was computed. */
  readonly ran: boolean;
  readonly ms: number;
  /** What must not be: code that ran, a refusal without a place, an error that nobody expected. */
  readonly fault?: string;
}

/** Reads and computes the expression of a seed. The canary is a file `PWNED` here, a global, and `Object.prototype`. */
export function tryExpression(seed: number): Trial {
  const random = seededRandom(seed);
  const expression = written(random);
  const step = stepOf(random, expression);
  const started = performance.now();
  const outcome = outcomeOf(expression, step);
  const ms = performance.now() - started;
  const fault = outcome.fault ?? escaped();
  return { expression, ran: outcome.ran, ms, ...(fault !== undefined && { fault }) };
}

function outcomeOf(expression: string, step: Step): { readonly ran: boolean; readonly fault?: string } {
  const steps = [{ orderby: ['x'] }, { groupby: ['b'] }, step];
  try {
    const { problems } = outlineSteps(steps, { type: 'table', columns: table.columns, key: [] }, new Map());
    if (problems.length > 0) {
      const faults = problems
        .map((problem) => withoutPlace(expression, problem))
        .filter((each) => each !== undefined);
      return { ran: false, ...(faults[0] !== undefined && { fault: faults[0] }) };
    }
    const made = applySteps(steps, table, new Map(), { allowEmpty: true, warn: () => undefined });
    return { ran: true, ...(JSON.stringify(made.rows).length > 1e8 && { fault: 'a result without end' }) };
  } catch (error) {
    if (!(error instanceof Failure))
      return { ran: false, fault: error instanceof Error ? (error.stack ?? '') : String(error) };
    const fault = withoutPlace(expression, error.details);
    return { ran: false, ...(fault !== undefined && { fault }) };
  }
}

function withoutPlace(
  expression: string,
  { message, path, span }: OptionProblem | FailureDetails,
): string | undefined {
  if (/internal error/i.test(message)) return message;
  if (path?.[0] !== 'verbs' || path[1] !== 2) return `no place: ${message}`;
  // Types of columns and the like are told of the verb.
  if (span === undefined) return undefined;
  const within = span.start >= 0 && span.start <= span.end && span.end <= expression.length;
  return within ? undefined : `a place beyond the expression: ${message}`;
}

function escaped(): string | undefined {
  if (existsSync('PWNED')) {
    rmSync('PWNED');
    return 'a file was written';
  }
  if ('PWNED' in globalThis) return 'a global was set';
  for (const name in {}) return `Object.prototype has ${name}`;
  return undefined;
}

function stepOf(random: Random, expression: string): Step {
  return pick(random, [
    { derive: { r: expression } },
    { filter: expression },
    { rollup: { by: ['b'], columns: { r: expression } } },
    { derive: Object.fromEntries([['__proto__', expression]]) },
  ]);
}

/** An expression by the grammar, one with something hostile put in, or a soup of words. */
function written(random: Random): string {
  const kind = random();
  if (kind < 0.45) return grown(random, 4);
  if (kind < 0.8) return mutated(random, grown(random, 4));
  if (kind < 0.85) return bomb(random);
  const all = [
    ...hostile,
    ...operators,
    ...literals,
    ...calls,
    ...names.map((name) => `d.${name}`),
    '(',
    ')',
    '[',
    ']',
    ',',
    '.',
    '?',
    ':',
  ];
  return Array.from({ length: 1 + Math.floor(random() * 12) }, () => pick(random, all)).join(
    pick(random, ['', ' ']),
  );
}

/** Mostly of the kind that is wanted there, so that many are computed. */
function grown(random: Random, depth: number, wanted?: ValueKind): string {
  const kind = wanted !== undefined && random() < 0.95 ? wanted : pick(random, kinds);
  if (depth === 0 || random() < 0.15) return leaf(random, kind);
  const inner = (of: ValueKind | undefined = kind): string => grown(random, depth - 1, of);
  const giving = calls.filter((name) => functions.get(name)?.gives === kind);
  const shapes = [
    () => `(${inner()})`,
    () => `${inner('boolean')} ? ${inner()} : ${inner()}`,
    () => `${inner()} ?? ${inner()}`,
    () => `[${inner()}, ${inner()}][${pick(random, ['0', '1'])}]`,
    () => `d.o[${pick(random, ['"k"', '"constructor"', '"__proto__"'])}]`,
    ...Array.from(
      { length: 6 },
      () => () => called(random, pick(random, giving.length > 0 ? giving : calls), inner),
    ),
  ];
  if (kind === 'number') {
    shapes.push(
      () => `${inner()} ${pick(random, ['+', '-', '*', '/', '%', '**'])} ${inner()}`,
      () => `-${inner()}`,
    );
  } else if (kind === 'text') {
    shapes.push(
      () => `${inner()} + ${inner()}`,
      () => `\`a\${${inner()}}b\``,
    );
  } else if (kind === 'boolean') {
    const of = pick(random, ['number', 'text', 'date'] as const);
    shapes.push(
      () => `${inner(of)} ${pick(random, ['<', '<=', '>', '>=', '==', '!=', '===', '!=='])} ${inner(of)}`,
      () => `${inner()} ${pick(random, ['&&', '||'])} ${inner()}`,
      () => `!${inner()}`,
    );
  } else if (kind === 'list') {
    shapes.push(() => `[${inner(pick(random, kinds))}, ${inner(pick(random, kinds))}]`);
  }
  return pick(random, shapes)();
}

function called(random: Random, name: string, inner: (of?: ValueKind) => string): string {
  const { parameters = [] } = functions.get(name) ?? {};
  const most = parameters.length + (parameters.at(-1)?.rest === true ? 2 : 0);
  const least = parameters.filter(({ optional }) => optional !== true).length;
  const count =
    random() < 0.95 ? least + Math.floor(random() * (most - least + 1)) : Math.floor(random() * 5);
  const args = Array.from({ length: count }, (_, index) => {
    const among = parameters[Math.min(index, parameters.length - 1)]?.kinds ?? [];
    return inner(among.length > 0 ? pick(random, among) : pick(random, kinds));
  });
  return `${name}(${args.join(', ')})`;
}

function leaf(random: Random, kind: ValueKind): string {
  if (random() < 0.05) return pick(random, literals);
  return pick(random, leaves[kind]);
}

function mutated(random: Random, expression: string): string {
  const at = Math.floor(random() * (expression.length + 1));
  const gone = random() < 0.5 ? 0 : Math.floor(random() * 4);
  return expression.slice(0, at) + pick(random, hostile) + expression.slice(at + gone);
}

/** Work and size without end. */
function bomb(random: Random): string {
  const count = Math.floor(random() * 3000);
  return pick(random, [
    () => '('.repeat(count) + '1' + ')'.repeat(count),
    () => Array.from({ length: count }, () => '1').join(pick(random, operators)),
    () => '- '.repeat(count) + '1',
    () => `${'abs('.repeat(count)}1${')'.repeat(count)}`,
    () => `repeat(repeat(repeat("a", 1e${Math.floor(random() * 9)}), 1e3), 1e3)`,
    () => `length(join(sequence(1e${Math.floor(random() * 9)}), repeat("a", 1e3)))`,
    () => `array_agg(${'array_agg('.repeat(20)}d.l${')'.repeat(20)})`,
    () => `padstart("a", 1e${Math.floor(random() * 12)}, "ab")`,
    () => `includes(repeat("a", 9e5), repeat("a", 2e5) + "b" + repeat("a", 2e5))`,
    () => `concat(sequence(1e6), sequence(1e6), sequence(1e6), sequence(1e6), sequence(1e6))`,
    () => `to_json(${'[d.l, d.l, '.repeat(80)}d.l${']'.repeat(80)})`,
    () => `parse_json(repeat("[", ${count}) + repeat("]", ${count}))`,
  ])();
}

function pick<T>(random: Random, all: readonly T[]): T {
  return all[Math.floor(random() * all.length)] as T;
}
