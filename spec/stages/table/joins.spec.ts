import { holdTables } from './case.ts';

const two = (format: string, item: string, more: object) => ({ format, item, ...more });
const left = [
  two('chat', 'one', { score: 1 }),
  two('plain', 'one', { score: 2 }),
  two('chat', 'two', { score: 3 }),
];
const right = [
  two('chat', 'one', { human: 10 }),
  two('plain', 'one', { human: 20 }),
  two('chat', 'two', { human: 30 }),
];
const on = ['format', 'item'];

holdTables("joins and appended rows of people's tables", [
  {
    it: 'joins on two columns',
    rows: left,
    other: right,
    verbs: [{ join: { input: 'other', on } }],
    gives: left.map((row, n) => ({ ...row, human: (n + 1) * 10 })),
  },
  {
    it: 'joins on two columns, left',
    rows: left,
    other: right.slice(1),
    verbs: [{ join: { input: 'other', on, how: 'left' } }],
    gives: left.map((row, n) => ({ ...row, human: n === 0 ? null : (n + 1) * 10 })),
  },
  {
    it: 'joins on two columns, semi',
    rows: left,
    other: right.slice(1),
    verbs: [{ join: { input: 'other', on, how: 'semi' } }],
    gives: left.slice(1),
  },
  {
    it: 'joins on two columns, anti',
    rows: left,
    other: right,
    verbs: [{ join: { input: 'other', on, how: 'anti' } }],
    gives: [],
    warns: /no row is left of 3/,
  },
  {
    it: 'warns of a join that multiplies rows',
    rows: left,
    other: [...right, ...right],
    verbs: [{ join: { input: 'other', on } }],
    warns: /3 of 3 rows have several matches in `other`: 3 rows became 6/,
  },
  {
    it: 'multiplies rows where that is meant',
    rows: left,
    other: [...right, ...right],
    verbs: [{ join: { input: 'other', on, allow: 'many' } }, { rollup: { columns: { n: 'count()' } } }],
    gives: [{ n: 6 }],
  },
  {
    it: 'does not join text with numbers',
    rows: [{ item: 1 }],
    other: [{ item: '1' }],
    verbs: [{ join: { input: 'other', on: ['item'] } }],
    refused: /another type in `other`/,
  },
  {
    it: 'does not join text with numbers among others',
    rows: [{ item: 1 }, { item: 'b' }],
    other: [{ item: '1' }, { item: 2 }],
    verbs: [{ join: { input: 'other', on: ['item'] } }],
    refused: /is the number 1 in one table and the text "1" in `other`/,
  },
  {
    it: 'does not join where columns would share a name',
    rows: left,
    other: [{ format: 'chat', score: 5 }],
    verbs: [{ join: { input: 'other', on: ['format'] } }],
    refused: /two columns `score`/,
  },
  {
    it: 'matches nothing to what is missing, and says so',
    rows: [
      { k: null, v: 1 },
      { k: 'a', v: 2 },
    ],
    other: [
      { k: null, w: 1 },
      { k: 'a', w: 2 },
    ],
    verbs: [{ join: { input: 'other', on: ['k'] } }],
    gives: [{ k: 'a', v: 2, w: 2 }],
    warns: /1 of 2 rows have no k; they match nothing and are gone/,
  },
  {
    it: 'appends numbers to integers',
    rows: [{ s: 1 }, { s: 2 }],
    other: [{ s: 2.5 }],
    verbs: [{ concat: ['other'] }],
    gives: [{ s: 1 }, { s: 2 }, { s: 2.5 }],
  },
  {
    it: 'does not append numbers to texts',
    rows: [{ s: 'a' }],
    other: [{ s: 2.5 }],
    verbs: [{ concat: ['other'] }],
    refused: /column `s` is of another type in `other`/,
  },
  {
    it: 'does not append derived numbers to texts',
    rows: [{ s: 'a' }],
    other: [{ s: 2.5 }],
    verbs: [{ derive: { s: 'd.s ?? 1' } }, { concat: ['other'] }],
    refused: /column `s` is of another type in `other`/,
  },
]);
