import type {
  Distribution,
  LanguageModel,
  Reading,
  ReadingRequest,
  ReadOptions,
  ReadResult,
  Tokenizer,
} from '../../../src/model/language-model.ts';
import { Failure } from '../../../src/system/failure.ts';
import type { OpenModelHost } from '../../../src/hosting/model-host.ts';
import type { FoundModel } from '../../../src/hosting/model-source.ts';
import { openModelHost, type ModelHostOptions } from '../../../src/hosting/open-host.ts';

/** BOS, a newline, printable ASCII, and three pairs of characters that are one token: enough for joins that merge. */
const vocabulary = [
  '<s>',
  '\n',
  ...Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)),
  ': ',
  'Be',
  '\n\n',
];
const idOf = new Map(vocabulary.map((token, id) => [token, id]));
const unknown = idOf.get('?') ?? 0;

/**
 * The logit of a token after another: an arbitrary rule that a spec can write out again. The distribution is the softmax
 * of these over the vocabulary, so that every number a stage reports can be computed by hand.
 */
export function logit(previous: number, next: number): number {
  return ((previous * 31 + next * 17) % 23) / 7;
}

export function logProbs(previous: number): readonly number[] {
  const logits = vocabulary.map((_, next) => logit(previous, next));
  const total = Math.log(logits.reduce((sum, value) => sum + Math.exp(value), 0));
  return logits.map((value) => value - total);
}

export const tokenizer: Tokenizer = {
  bos: 0,
  addsBos: true,
  encode(text) {
    const ids: number[] = [];
    for (let at = 0; at < text.length;) {
      const pair = idOf.get(text.slice(at, at + 2));
      ids.push(pair ?? idOf.get(text[at] ?? '') ?? unknown);
      at += pair === undefined ? 1 : 2;
    }
    return ids;
  },
  token: (id) => vocabulary[id] ?? `<${id}>`,
  bytes: (id) => Buffer.from(vocabulary[id] ?? ''),
  decode: (ids) => ids.map((id) => vocabulary[id]).join(''),
  chat: (messages) => messages.map(({ role, content }) => `<${role}> ${content}\n`).join('') + '<assistant>',
};

/** A language model in which the last token decides: small, but its probabilities are real. */
export class BigramModel implements LanguageModel {
  readonly identity = { digest: 'b16'.repeat(21).slice(0, 64), files: { 'model.safetensors': 'b16' } };
  readonly numerics = { backend: 'wasm', dtype: 'float32', code: 'bigram', library: 'bigram' } as const;
  readonly tokenizer = tokenizer;
  readonly contextLength = 400;
  readonly vocabularySize = vocabulary.length;
  efficientPrefixes = 1000;
  /** How many requests each pass had. */
  readonly passes: number[] = [];
  disposed = false;

  read(requests: readonly ReadingRequest[], { onProgress }: ReadOptions = {}): Promise<ReadResult> {
    this.passes.push(requests.length);
    const tokensAsked = requests.reduce((total, { ids }) => total + ids.length, 0);
    onProgress?.(tokensAsked, tokensAsked);
    return Promise.resolve({ readings: requests.map(readOne), tokensAsked, prefixesComputed: tokensAsked });
  }

  dispose(): Promise<void> {
    this.disposed = true;
    return Promise.resolve();
  }
}

function readOne({ ids, from, distributionAt, topTokens = 0 }: ReadingRequest): Reading {
  const read = ids.slice(from).map((id, index) => {
    const distribution = logProbs(ids[from + index - 1] ?? 0);
    const logProb = distribution[id] ?? NaN;
    return { logProb, rank: 1 + distribution.filter((other) => other > logProb).length };
  });
  const reading = { logProbs: read.map(({ logProb }) => logProb), ranks: read.map(({ rank }) => rank) };
  if (distributionAt === undefined) return reading;
  if (distributionAt === 'each')
    return {
      ...reading,
      distributions: ids.slice(from - 1, -1).map((id) => distributionAfter(id, topTokens)),
    };
  return { ...reading, distribution: distributionAfter(ids[distributionAt] ?? 0, topTokens) };
}

function distributionAfter(id: number, topTokens: number): Distribution {
  const distribution = logProbs(id);
  const top = distribution
    .map((logProb, id) => ({ id, logProb }))
    .sort((a, b) => b.logProb - a.logProb || a.id - b.id)
    .slice(0, topTokens);
  const entropy = -distribution.reduce((sum, value) => sum + Math.exp(value) * value, 0);
  return { entropy, top };
}

/** A model host that knows bigram models only, by any name but `missing`; each name is a model of its own, which takes `openMs` to open. */
export function bigramHost({
  openMs = 0,
  ...options
}: Omit<ModelHostOptions, 'source'> & { readonly openMs?: number } = {}): {
  readonly host: OpenModelHost;
  readonly opened: { readonly ref: string; readonly model: BigramModel }[];
} {
  const opened: { readonly ref: string; readonly model: BigramModel }[] = [];
  const host = openModelHost({
    ...options,
    source: {
      find(ref): Promise<FoundModel> {
        if (ref === 'missing') {
          throw new Failure({
            code: 'model-not-found',
            blame: 'user',
            message: 'there is no model `missing`',
          });
        }
        const { identity, numerics } = new BigramModel();
        return Promise.resolve({
          ref,
          folder: `/models/${ref}`,
          identity: { ...identity, digest: `${ref}-${identity.digest}`.slice(0, 64) },
          numerics,
        });
      },
      texts: () => Promise.resolve({ tokenizer, contextLength: 400 }),
      confirm: () => Promise.resolve(),
      async open({ ref }) {
        const model = new BigramModel();
        opened.push({ ref, model });
        await new Promise((resolve) => setTimeout(resolve, openMs));
        return model;
      },
    },
  });
  return { host, opened };
}
