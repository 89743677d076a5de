import type { ReadingLog } from '../../engine/store/reading-log.ts';
import type { ReadingRequest } from '../../model/language-model.ts';
import { prefixTree } from '../../model/forest/prefix-tree.ts';
import type { ModelHost } from '../model-host.ts';
import type { FoundModel } from '../model-source.ts';
import { aboutReadings } from '../readings/about-readings.ts';
import { KeptReadings } from '../readings/kept-readings.ts';
import { modelKey } from '../readings/model-key.ts';
import type { PassSpeeds } from './pass-speeds.ts';

/** What ends a stage where its readings would begin. */
export class ReadingsCounted extends Error {
  constructor() {
    super('readings are counted, not made');
  }
}

/** What all stages together would ask of models. */
export interface AskedReadings {
  readonly readings: number;
  /** Those that were never read: equal ones once. */
  readonly news: number;
  /** How long these take here, opening the model too; undefined where a model was never read on this machine. */
  readonly seconds: number | undefined;
}

/** Lends models whose readings are counted. */
export class CountingHost {
  readonly host: ModelHost;
  readonly #log: ReadingLog;
  readonly #asked = new Map<string, { readonly model: FoundModel; readonly requests: ReadingRequest[] }>();

  /** @param real what finds models and opens their tokenizers @param log readings that were made */
  constructor(real: ModelHost, log: ReadingLog) {
    this.#log = log;
    this.host = {
      identify: (ref, place) => real.identify(ref, place),
      lend: (model, work) =>
        real.lend(model, (lent) =>
          work({
            ...lent,
            read: (requests) => {
              const key = modelKey(model);
              const asked = this.#asked.get(key) ?? { model, requests: [] };
              this.#asked.set(key, asked);
              asked.requests.push(...requests);
              return Promise.reject(new ReadingsCounted());
            },
          }),
        ),
    };
  }

  /** Of everything that was asked until now. */
  asked(speeds: PassSpeeds): AskedReadings {
    const models = [...this.#asked].map(([key, { model, requests }]) => {
      const news = this.#news(key, model, requests);
      const speed = speeds.of(key);
      const rate = speed === undefined ? undefined : speed.seconds / speed.prefixes;
      return {
        readings: requests.length,
        news: news.length,
        seconds:
          news.length === 0
            ? 0
            : rate === undefined
              ? undefined
              : (speed?.openSeconds ?? 0) + rate * prefixesFed(news),
      };
    });
    const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
    const seconds = models.flatMap((each) => each.seconds ?? []);
    return {
      readings: total(models.map(({ readings }) => readings)),
      news: total(models.map(({ news }) => news)),
      seconds: seconds.length === models.length ? total(seconds) : undefined,
    };
  }

  #news(key: string, model: FoundModel, requests: readonly ReadingRequest[]): readonly ReadingRequest[] {
    const kept = new KeptReadings(key, this.#log.space(key), aboutReadings(model));
    const byKey = new Map<string, ReadingRequest>();
    for (const request of requests) {
      const own = kept.key(request);
      if ((byKey.get(own)?.topTokens ?? -1) < (request.topTokens ?? 0)) byKey.set(own, request);
    }
    kept.fetch(byKey);
    return [...byKey].flatMap(([own, request]) => (kept.get(own, request) === undefined ? [request] : []));
  }
}

/** Distinct prefixes; the last token is fed only where what follows it is read. */
function prefixesFed(requests: readonly ReadingRequest[]): number {
  const fed = requests.map(({ ids, distributionAt }) =>
    distributionAt === ids.length - 1 ? ids : ids.slice(0, -1),
  );
  return prefixTree(fed.filter(({ length }) => length > 0)).size;
}
