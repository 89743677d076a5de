/**
 * Signals the program amid twelve kinds of long work, twice each, and runs it again: the first signal is answered within a
 * second, the second ends the program within one, and what comes after is right.
 *
 *   npm run build && node --import tsx bench/signals.ts [--only words]
 */
import { parseArgs } from 'node:util';
import { longWork } from './attack/long-work.ts';
import { interrupt } from './attack/signals.ts';

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });

const MOST_MS = 1000;

let isBad = false;
for (const work of longWork.filter(({ name }) => name.includes(values.only))) {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const goOn = work.name !== 'download';
    const { answeredMs, endedMs, isLate, problems } = await interrupt(work, { signal, afterMs: 300, goOn });
    const bad = isLate || answeredMs > MOST_MS || (endedMs ?? 0) > MOST_MS || problems.length > 0;
    isBad ||= bad;
    const second = endedMs === undefined ? 'none needed' : `${endedMs.toFixed(0)} ms`;
    const told = isLate ? 'it had ended before' : `first ${answeredMs.toFixed(0)} ms, second ${second}`;
    console.log(`${work.name.padEnd(14)} ${signal.padEnd(8)} ${told}${bad ? '  BAD' : ''}`);
    for (const problem of problems) console.log(`    ${problem}`);
  }
}
process.exitCode = isBad ? 1 : 0;
