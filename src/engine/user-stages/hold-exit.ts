import { isMainThread } from 'node:worker_threads';

const ways = ['exit', 'reallyExit', 'abort'] as const;

let holders = 0;
let released: () => void = () => undefined;

/**
 * Runs code of a user's module that plans in this thread, where to end the process would end the program without a word:
 * until it is done, `process.exit` throws. Other threads they may end.
 */
export function holdExit<T>(work: () => T): T {
  if (!isMainThread) return work();
  hold();
  let isPending = false;
  try {
    const done = work();
    if (!(done instanceof Promise)) return done;
    isPending = true;
    return done.finally(release) as T;
  } finally {
    if (!isPending) release();
  }
}

function hold(): void {
  holders += 1;
  if (holders > 1) return;
  const own = process as unknown as Record<(typeof ways)[number], unknown>;
  const before = ways.map((name) => [name, own[name]] as const);
  for (const name of ways) {
    own[name] = () => {
      throw new Error(`it calls process.${name}, which would end the program`);
    };
  }
  released = () => Object.assign(own, Object.fromEntries(before));
}

function release(): void {
  holders -= 1;
  if (holders === 0) released();
}
