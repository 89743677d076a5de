import type { ResourceHold } from '../stage-kind.ts';

export type Holds = Readonly<Record<string, ResourceHold>>;

/** How much there is of each resource. */
const CAPACITY = 1;

interface Pool {
  used: number;
  /** The share that is held now, and by how many. */
  share?: { readonly name: string; holders: number };
}

/**
 * Named resources that stages hold while they run. A request waits until all of its resources are free together, so
 * two stages never wait for each other; requests are served in the order in which they came, except that one which
 * fits goes ahead of those that do not.
 */
export class Resources {
  readonly #pools = new Map<string, Pool>();
  readonly #waiting: { readonly holds: Holds; readonly start: () => void }[] = [];

  /** Runs work while holding the resources. */
  async holding<T>(holds: Holds, work: () => Promise<T>): Promise<T> {
    await this.#acquire(holds);
    try {
      return await work();
    } finally {
      this.#release(holds);
    }
  }

  #acquire(holds: Holds): Promise<void> | undefined {
    if (this.#fits(holds)) {
      this.#take(holds);
      return undefined;
    }
    return new Promise((start) => this.#waiting.push({ holds, start }));
  }

  #fits(holds: Holds): boolean {
    return Object.entries(holds).every(([name, hold]) => {
      const { used, share } = this.#pool(name);
      if (typeof hold === 'object') return share === undefined ? used === 0 : share.name === hold.share;
      return share === undefined && used + amountOf(hold) <= CAPACITY;
    });
  }

  #take(holds: Holds): void {
    for (const [name, hold] of Object.entries(holds)) {
      const pool = this.#pool(name);
      if (typeof hold === 'number') pool.used += amountOf(hold);
      else if (pool.share) pool.share.holders += 1;
      else pool.share = { name: hold.share, holders: 1 };
    }
  }

  #release(holds: Holds): void {
    for (const [name, hold] of Object.entries(holds)) {
      const pool = this.#pool(name);
      if (typeof hold === 'number') pool.used -= amountOf(hold);
      else if (pool.share) {
        pool.share.holders -= 1;
        if (pool.share.holders === 0) delete pool.share;
      }
    }
    for (let index = 0; index < this.#waiting.length;) {
      const next = this.#waiting[index];
      if (next !== undefined && this.#fits(next.holds)) {
        this.#waiting.splice(index, 1);
        this.#take(next.holds);
        next.start();
      } else index += 1;
    }
  }

  #pool(name: string): Pool {
    let pool = this.#pools.get(name);
    if (pool === undefined) {
      pool = { used: 0 };
      this.#pools.set(name, pool);
    }
    return pool;
  }
}

/** Who asks for more than there is gets all that there is, and runs alone. */
function amountOf(hold: number): number {
  return Math.min(hold, CAPACITY);
}
