import { seededRandom } from '../../src/statistics/random.ts';

/** What people and broken programs write into YAML where something else should be. */
const PIECES = [
  ...[
    '[',
    ']',
    '{',
    '}',
    ':',
    ': ',
    '- ',
    ',',
    '"',
    "'",
    '#',
    '\t',
    '\n',
    '\r',
    '|',
    '>',
    '%',
    '@',
    '`',
    '\\',
  ],
  ...[
    '&a ',
    '*a',
    '<<: *a',
    '? ',
    '!!binary ',
    '!x ',
    '---\n',
    '...\n',
    '${',
    '${params.}',
    '${params.model}',
    '$${',
  ],
  ...[
    '${matrix.a}',
    '${matrix.a.b.c}',
    'matrix: { a: [1, 2] }',
    'matrix: []',
    'include: [{}]',
    'exclude: [1]',
  ],
  ...[
    'null',
    '~',
    'true',
    '.nan',
    '.inf',
    '1e999',
    '-0',
    '0x1F',
    '99999999999999999999',
    '2001-01-01',
    '{}',
    '[]',
  ],
  ...[
    '{{',
    '}}',
    '{% if %}',
    '{{ x | y }}',
    '{% for %}',
    '__proto__: 1',
    'constructor',
    'toString: {}',
    'stages:',
  ],
  ...[
    'from: a',
    'from: { a: b }',
    'with:',
    'uses: score',
    'uses: ./no.ts',
    'é',
    '\u{1f600}',
    '\u0000',
    '\ufeff',
    '\u2028',
  ],
];

type Pick = <T>(from: readonly T[]) => T;

/** A file with up to four mistakes in it: lines, pieces and characters moved, lost, doubled or put in. */
export function mutate(text: string, seed: number): Uint8Array {
  const next = seededRandom(seed);
  const below = (limit: number) => Math.floor(next() * limit);
  const pick: Pick = (from) => from[below(from.length)] as (typeof from)[number];
  let mutated = text;
  for (let count = 1 + below(4); count > 0; count--) {
    mutated = pick(MUTATIONS)(mutated, below, pick);
  }
  const bytes = Buffer.from(mutated, 'utf8');
  if (bytes.length > 0 && next() < 0.03) bytes[below(bytes.length)] = 0x80 + below(0x80);
  return bytes;
}

type Mutation = (text: string, below: (limit: number) => number, pick: Pick) => string;

const inLines =
  (change: (lines: string[], at: number, below: (limit: number) => number, pick: Pick) => void): Mutation =>
  (text, below, pick) => {
    const lines = text.split('\n');
    change(lines, below(lines.length), below, pick);
    return lines.join('\n');
  };

const MUTATIONS: readonly Mutation[] = [
  inLines((lines, at) => lines.splice(at, 1)),
  inLines((lines, at) => lines.splice(at, 0, lines[at] ?? '')),
  inLines((lines, at, below) => lines.splice(at, 0, ...lines.splice(below(lines.length), 1 + below(8)))),
  inLines((lines, at, below) => (lines[at] = ' '.repeat(below(6)) + (lines[at] ?? '').trimStart())),
  inLines((lines, at, _, pick) => (lines[at] = (lines[at] ?? '').replace(/:.*/, () => `: ${pick(PIECES)}`))),
  inLines((lines, at, _, pick) => (lines[at] = (lines[at] ?? '').replace(/\w+:/, () => `${pick(['uses', 'from', 'with', 'matrix', 'x', '1'])}:`))), // prettier-ignore
  (text, below, pick) => put(text, below(text.length + 1), 0, pick(PIECES)),
  (text, below, pick) => put(text, below(text.length + 1), 1 + below(12), pick(PIECES)),
  (text, below) => put(text, below(text.length + 1), 1, ''),
  (text, below) => put(text, below(text.length + 1), 1 + below(40), ''),
  (text, below) => put(text, below(text.length + 1), 1, String.fromCharCode(below(0x3000))),
  (text, below) => {
    const at = below(text.length + 1);
    return put(text, at, 0, text.slice(at, at + 1 + below(200)));
  },
  (text, below) => text.slice(0, below(text.length + 1)),
  (text, _, pick) => {
    const [word, other] = [pick(text.match(/[\w-]+/g) ?? ['']), pick(text.match(/[\w-]+/g) ?? [''])];
    return word === '' ? text : text.replace(word, () => other);
  },
];

function put(text: string, at: number, instead: number, piece: string): string {
  return text.slice(0, at) + piece + text.slice(at + instead);
}
