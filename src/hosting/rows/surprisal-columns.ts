import type { Cell, Column, Row } from '../../table/table.ts';
import type { PlacedToken } from '../../model/text/surprisal.ts';
import type { MeasuredUnit } from './text-units.ts';

export type UnitName = 'region' | 'word' | 'token';

export interface SurprisalColumns {
  readonly per: UnitName;
  readonly unit: 'bits' | 'nats';
  readonly hasRegions: boolean;
}

/** The columns that a row of a region, word or token has behind those of its sentence. */
export function surprisalColumns({ per, unit, hasRegions }: SurprisalColumns): readonly Column[] {
  const region: Column = {
    name: 'region',
    type: 'string',
    description: per === 'region' ? 'its name' : 'name of the region that it begins in',
  };
  return [
    { name: 'position', type: 'integer', description: `number of the ${per} in its text, from 1` },
    ...(hasRegions ? [region] : []),
    ...textColumns(per),
    {
      name: 'text_start',
      type: 'integer',
      unit: 'characters',
      description: 'where it begins in the text, from 0',
    },
    { name: 'text_end', type: 'integer', unit: 'characters', description: 'where what follows it begins' },
    {
      name: 'surprisal',
      type: 'number',
      unit,
      description:
        per === 'token'
          ? '-log P(token | all before it)'
          : 'sum over its tokens that have something before them',
    },
    ...(per === 'token'
      ? [{ name: 'rank', type: 'integer', description: 'among all tokens; 1 is most probable' } as const]
      : sumColumns(unit)),
    {
      name: 'text_bos',
      type: 'boolean',
      description: 'whether BOS is in front, so that the first token counts',
    },
    { name: 'text_truncated', type: 'integer', unit: 'tokens', description: 'dropped from the text' },
  ];
}

function textColumns(per: UnitName): readonly Column[] {
  switch (per) {
    case 'region':
      return [{ name: 'region_text', type: 'string' }];
    case 'word':
      return [{ name: 'word', type: 'string', description: 'what stands between white space' }];
    case 'token':
      return [
        { name: 'word', type: 'string', description: 'the word that it counts in' },
        { name: 'word_position', type: 'integer', description: 'number of the word, from 1' },
        { name: 'token', type: 'string' },
        { name: 'token_id', type: 'integer' },
      ];
  }
}

function sumColumns(unit: string): readonly Column[] {
  return [
    { name: 'mean_surprisal', type: 'number', unit: `${unit} per token` },
    { name: 'token_count', type: 'integer', unit: 'tokens' },
    {
      name: 'missing_token_count',
      type: 'integer',
      unit: 'tokens',
      description: 'of these without surprisal: nothing is before them, or they were dropped',
    },
    {
      name: 'straddling_token_count',
      type: 'integer',
      unit: 'tokens',
      description: 'that spell a part of it and of another; each counts where it begins',
    },
    { name: 'tokens', type: 'json' },
    { name: 'token_ids', type: 'json' },
    { name: 'token_surprisals', type: 'json', unit },
    { name: 'token_ranks', type: 'json' },
  ];
}

/** The cells of a region or a word. */
export function unitCells({ start, end, tokens, straddling }: MeasuredUnit, unit: 'bits' | 'nats'): Row {
  const read = tokens.flatMap(({ reading }) => reading ?? []);
  const missing = tokens.length - read.length;
  // An empty region costs nothing; what was not read is not known.
  const isKnown = read.length > 0 || tokens.length === 0;
  const sum = surprisalOf(
    read.reduce((total, { logProb }) => total + logProb, 0),
    unit,
  );
  return {
    text_start: start,
    text_end: end,
    surprisal: isKnown ? sum : null,
    mean_surprisal: read.length > 0 ? sum / read.length : null,
    token_count: tokens.length,
    missing_token_count: missing,
    straddling_token_count: straddling,
    tokens: tokens.map(({ text }) => text),
    token_ids: tokens.map(({ id }) => id),
    token_surprisals: tokens.map((token) => tokenSurprisal(token, unit)),
    token_ranks: tokens.map(({ reading }) => reading?.rank ?? null),
  };
}

/** The cells of a token. */
export function tokenCells({ id, text, start, end, ...token }: PlacedToken, unit: 'bits' | 'nats'): Row {
  return {
    token: text,
    token_id: id,
    text_start: start,
    text_end: end,
    surprisal: tokenSurprisal(token, unit),
    rank: token.reading?.rank ?? null,
  };
}

function tokenSurprisal({ reading }: Pick<PlacedToken, 'reading'>, unit: 'bits' | 'nats'): Cell {
  return reading === undefined ? null : surprisalOf(reading.logProb, unit);
}

/** Of a certain token 0, not -0. */
function surprisalOf(logProb: number, unit: 'bits' | 'nats'): number {
  const nats = 0 - logProb;
  return unit === 'bits' ? nats / Math.LN2 : nats;
}
