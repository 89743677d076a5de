import { shuffled } from '../transforms/shuffle.ts';
import type { Arm } from './ablation.ts';

/** As much of a tokenizer as it takes to match lengths. */
export interface Tokens {
  encode(text: string): readonly number[];
  decode(ids: readonly number[]): string;
}

export interface ControlOptions {
  /** How many random texts of each length. */
  readonly random: number;
  /** How many shuffled phrases of other sources. */
  readonly shuffled: number;
  /** What random texts are cut out of. */
  readonly text?: string;
  readonly seed: number;
}

/** A prompt with a control, and the prompt to compare it with. */
export interface ControlPair {
  readonly prompt: string;
  readonly without: string;
}

/** What one arm is compared with. */
export interface ArmControls {
  /** Tokens of the phrase by itself. */
  readonly tokens: number;
  readonly random: readonly ControlPair[];
  readonly shuffled: readonly ControlPair[];
}

/** So many draws for each wanted text are tried before fewer are given. */
const TRIES = 20;

/**
 * Controls of each arm: other texts, measured as the phrase is. Random texts are the same for all phrases of as many
 * tokens; where a phrase is taken out of a prompt, a random span of as many tokens is taken out of it.
 *
 * @param random uniform in [0, 1)
 * @param warn told which lengths have fewer texts than were asked for
 */
export function controlsOf(
  arms: readonly Arm[],
  options: ControlOptions,
  tokens: Tokens,
  { random, warn }: { readonly random: () => number; readonly warn: (message: string) => void },
): readonly ArmControls[] {
  const lengths = new Map(arms.map(({ trigger }) => [trigger, tokens.encode(trigger).length]));
  const lengthOf = ({ trigger }: Arm): number => lengths.get(trigger) ?? 0;
  const pool = {
    ids: tokens.encode(options.text ?? [...new Set(arms.flatMap(({ prompt }) => prompt))].join('\n')),
    inOrder: options.text !== undefined,
  };
  const isPut = arms.some(({ putting }) => putting !== undefined);
  const spans = new Map(
    [...new Set(isPut ? lengths.values() : [])].map((length) => {
      const texts = spansOf(tokens, pool, { length, count: options.random }, random);
      if (texts.length < options.random) {
        warn(
          `only ${texts.length} of ${options.random} random texts of ${length} ${length === 1 ? 'token' : 'tokens'} were found: there is too little to draw them from`,
        );
      }
      return [length, texts] as const;
    }),
  );
  const shuffles = new Map(
    [...new Set(arms.map(({ source }) => source))].map((source) => {
      const others = [...new Set(arms.flatMap((arm) => (arm.source === source ? [] : [arm.trigger])))];
      const count = others.length === 0 ? 0 : options.shuffled;
      return [
        source,
        Array.from({ length: count }, (_, draw) => shuffled(others[draw % others.length] ?? '', random)),
      ] as const;
    }),
  );
  return arms.map((arm): ArmControls => {
    const { putting, prompt, without } = arm;
    const length = lengthOf(arm);
    if (putting === undefined) {
      const cut = (): string => withoutSpan(tokens, prompt, length, random);
      const pairs = Array.from({ length: options.random }, () => ({ prompt, without: cut() }));
      return { tokens: length, random: pairs, shuffled: [] };
    }
    const put = (text: string): ControlPair => ({ prompt: putting(text), without });
    return {
      tokens: length,
      random: (spans.get(length) ?? []).map(put),
      shuffled: (shuffles.get(arm.source) ?? []).map(put),
    };
  });
}

/**
 * Different texts of exactly `length` tokens each; fewer where the pool has not so many. A text counts by the tokens that
 * it has by itself, which after a cut may be others.
 */
function spansOf(
  tokens: Tokens,
  { ids, inOrder }: { readonly ids: readonly number[]; readonly inOrder: boolean },
  { length, count }: { readonly length: number; readonly count: number },
  random: () => number,
): readonly string[] {
  const found = new Set<string>();
  const starts = ids.length - length + 1;
  if (starts < 1) return [];
  for (let tries = 0; found.size < count && tries < count * TRIES; tries += 1) {
    const start = Math.floor(random() * starts);
    const drawn = inOrder
      ? ids.slice(start, start + length)
      : Array.from({ length }, () => ids[Math.floor(random() * ids.length)] ?? 0);
    const text = tokens.decode(drawn);
    if (text.trim() !== '' && tokens.encode(text).length === length) found.add(text);
  }
  return [...found];
}

/** A text without a random span of so many tokens. */
function withoutSpan(tokens: Tokens, text: string, length: number, random: () => number): string {
  const ids = tokens.encode(text);
  const start = Math.floor(random() * Math.max(1, ids.length - length + 1));
  return tokens.decode([...ids.slice(0, start), ...ids.slice(start + length)]);
}
