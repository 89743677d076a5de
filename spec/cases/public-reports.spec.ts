import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../../src/system/package-root.ts';
import { ToldRuns } from '../support/told-run.ts';
import { holdCases, kept, type Case } from './case.ts';

/** Small inputs, one for each kind of mistake that people reported of tools like this one, and what is right. */
const cases: readonly Case[] = [
  kept('b01-typo-after-a-file', {
    fails: { at: '15:fromat', says: ['no column `fromat`', 'did you mean `format`?'] },
  }),
  kept('b02-column-named-constructor', {
    gives: {
      scores: [
        { constructor: 'Ferrari', prompt: 'Which country is Ferrari from?', target: ' Italy' },
        { constructor: 'McLaren', prompt: 'Which country is McLaren from?', target: ' England' },
      ],
    },
  }),
  kept('b03-long-ids', {
    fails: { at: '3:answers.jsonl', says: ['line 1', '76561198003753554', 'quote it'] },
  }),
  ...['007', '1.10', 'C # minor', '#1', 'Note: x', ' x', '1e3', 'true', '~', '"x"', '76561198003753554'].map(
    (code): Case => ({
      ...kept('b08-set-takes-text', { gives: { echo: `[${code}]\n` } }),
      name: `b08 --set code=${code}`,
      set: { code },
    }),
  ),
  kept('b09-unquoted-answers', {
    warns: ['`007` as `7`', '`3.10` as `3.1`', '`True` as `true`', '`0x1F` as `31`', '`1e3` as `1000`'],
  }),
  kept('b10-filter-leaves-nothing', {
    warns: ['some: verbs[0].filter: no row is left of 2'],
    gives: { some: [], ranking: [] },
  }),
  kept('b11-join-text-with-number', {
    fails: { at: '15:item', says: ['another type in `notes`', 'integer', 'string'] },
  }),
  kept('b12-missing-answer', {
    fails: { at: "5:' {{ answer }}'", says: ['answer is missing', 'row 2', 'onBad: skip'] },
  }),
  kept('b19-numbers-of-a-csv', {
    fails: { at: '4:score', says: ['holds no numbers', 'types: { score: number }'] },
  }),
  kept('b23-own-column-called-target', { fails: { says: ['has a column `target` already', 'rename'] } }),
  kept('b26-cut-through-an-emoji', {
    gives: { scores: [{ prompt: '🙂 ends here' }, { prompt: '34' }, { prompt: '🙃' }] },
    warns: [],
  }),
  kept('b29-join-on-two-columns', {
    gives: {
      inner: [10, 20, 30].map((human) => ({ human })),
      left: [10, 20, 30].map((human) => ({ human })),
      semi: [1, 2, 3].map((score) => ({ score })),
      anti: [],
    },
    warns: ['anti: verbs[0].join: no row is left of 3'],
  }),
  kept('b30-concat-of-two-types', { gives: { all: [1, 2, 2.5].map((score) => ({ score })) } }),
  kept('m01-jinja-strip', {
    gives: {
      prompts: ['Berlin', 'label 0', '2', 'The capital of germany is berlin'].map((prompt) => ({ prompt })),
    },
    warns: ['the format names no field of its item'],
  }),
  kept('m04-group-derive', { fails: { at: '4:rank()', says: ['nothing says by what', 'orderby'] } }),
  kept('m04-group-derive', { file: 'by.yaml', gives: { best: [-1, -1, -8, -8].map((best) => ({ best })) } }),
  kept('m04-group-derive', { file: 'utf16.yaml', gives: { n: [2, 4, 4].map((n) => ({ n })) } }),
  kept('m05-utf16-length', { gives: { n: [{ n: 2 }, { n: 4 }] } }),
  kept('v01-no-ties', {
    gives: {
      b: [
        [1, 1, 1.5],
        [1, 1, 1.5],
        [3, 2, 3],
      ].map(([rank, dense, avg]) => ({ rank: rank!, dense: dense!, avg: avg! })),
    },
  }),
  kept('v02-rounding-ties', { fails: { at: '3:"q"', says: ['needs `unit`'] } }),
  kept('v03-boolean-measure', { gives: { b: [{ mean: 0.5, count: 2 }] } }),
  kept('v04-fold-reuses-a-name', {
    gives: {
      b: [
        { id: 1, a: 'a', value: 10 },
        { id: 1, a: 'b', value: 20 },
      ],
    },
  }),
  kept('v05-quotes-in-keys', {
    gives: {
      b: [
        { s: 'x"|"y', t: 'z', n: 1 },
        { s: 'x', t: 'y"|"z', n: 2 },
      ],
    },
  }),
  kept('v06-header-only-types', { gives: { b: [] }, warns: ['b: no rows are left'] }),
  kept('v07-jinja-letters', { gives: { b: [{ prompt: '2' }] } }),
  kept('v08-time-zone', { gives: { b: [{ day: '2024-01-01', y: 2024, d: '2024-01-01T00:00:00.000Z' }] } }),
  kept('v09-rollup-infinite', { gives: { b: [{ mean: Infinity, median: 2 }] } }),
  kept('attack-1', {
    fails: { at: '12:|-', says: ['unexpected `{`', 'objects and blocks are not part of expressions'] },
  }),
  kept('attack-2', { fails: { says: ['called `constructor`'] } }),
  kept('attack-5', { file: 'regex.yaml', fails: { at: '8:/', says: ['regular expressions are not part'] } }),
];

holdCases('what others reported of tools like this one', cases);

describe('files that differ in the order of names alone', () => {
  for (const [folder, stage, orders] of [
    ['b33-order-of-formats', 'picked', [{ order: ['plain', 'chat'] }, { order: ['chat', 'plain'] }]],
    [
      'w07-key-order',
      't',
      [
        ['q', 'zeta', 'alpha'],
        ['q', 'alpha', 'zeta'],
      ],
    ],
  ] as const) {
    it(`give each its own, whichever ran before: ${folder}`, async () => {
      const runs = await ToldRuns.open();
      try {
        for (const at of [0, 1, 0]) {
          const { artifacts } = await runs.run(
            kept(folder, { file: at === 0 ? 'first.yaml' : 'second.yaml' }),
          );
          const found = artifacts[stage];
          const order =
            found?.type === 'table'
              ? found.table.columns.map(({ name }) => name)
              : found?.type === 'value'
                ? found.value
                : undefined;
          expect(order).to.deep.equal(orders[at]);
        }
      } finally {
        await runs.close();
      }
    });
  }
});

/** What needs the compiled program, a model or another process: the spec that holds it, and its words. */
const elsewhere: Readonly<Record<string, readonly [file: string, words: string]>> = {
  'a chat template with the date of today': [
    'model/text/chat-template.spec.ts',
    'never writes the day of today',
  ],
  'dates by the time zone': ['figure/hostile.spec.ts', 'show dates in UTC'],
  'a prompt that is not kept': ['stages/scoring.spec.ts', 'keeps each text beside its row'],
  'a normaliser that counts the delimiter': [
    'stages/choose.spec.ts',
    'divides by the candidate without its delimiter',
  ],
  'digits beyond ASCII': [
    'model/text/components.spec.ts',
    'ids of ${texts.length} texts equal those of the Python library',
  ],
  'texts that are cut in silence': ['stages/scoring.spec.ts', 'tells how many texts were cut'],
  'a model replaced in place': ['cli/identity.spec.ts', 'that is replaced in place is another one'],
  'a template that does not end': ['template/template.spec.ts', 'takes more than 2000000 steps'],
  'a package of a package': [
    'engine/user-stages/packages.spec.ts',
    'are in its key when one imports another without saying so',
  ],
  'results of a folder that is away': ['cli/identity.spec.ts', 'are kept by assay gc'],
  'figures that break the renderer': ['figure/hostile.spec.ts', 'break no native renderer'],
  'control characters for a terminal': ['cli/terminal/escapes.spec.ts', 'does nothing to a terminal'],
  'runs that cannot be recorded': [
    'cli/runs/recording.spec.ts',
    'refuses as a mistake a folder of runs that is a file',
  ],
  'a config of a billion': ['model/checkpoint/check-model.spec.ts', 'an inner width of a billion'],
  'a pipe that closes': ['cli/runs/recording.spec.ts', 'goes on when nobody hears it any more'],
  'a clock that was set back': [
    'cli/runs/recording.spec.ts',
    'is the newest run after the clock was set back',
  ],
};

describe('what others reported, held elsewhere', () => {
  for (const [what, [file, words]] of Object.entries(elsewhere)) {
    it(what, () => {
      const path = join(packageRoot, 'spec', file);
      expect(existsSync(path), file).to.equal(true);
      expect(readFileSync(path, 'utf8')).to.contain(words);
    });
  }
});
