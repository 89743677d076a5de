/**
 * Imported before the program: kills it with SIGKILL at the very event that the environment names, or counts events.
 * Events are those after which something else is on the disk: a batch of readings is appended, a lock is taken, an object is
 * published, a result (an action) is written.
 */
import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

export const killEvents = ['batch', 'lock', 'object', 'action'] as const;
export type KillEvent = (typeof killEvents)[number];

/** `amid`: half of what is to be written is. Taking a lock is one step, which has no middle. */
export const killMoments = ['before', 'amid', 'after'] as const;
export type KillMoment = (typeof killMoments)[number];

export interface KillAt {
  readonly event: KillEvent;
  /** From 1. */
  readonly number: number;
  readonly moment: KillMoment;
}

export type EventCounts = Record<KillEvent, number>;

/** Names of environment variables: a `KillAt` as JSON, or the file that takes `EventCounts`. */
export const KILL_AT = 'BENCH_KILL_AT';
export const COUNT_INTO = 'BENCH_COUNT_INTO';

const { [KILL_AT]: at, [COUNT_INTO]: counted } = process.env;
if (isMainThread && (at !== undefined || counted !== undefined)) {
  patch(at === undefined ? undefined : (JSON.parse(at) as KillAt));
}

function patch(kill: KillAt | undefined): void {
  const counts: EventCounts = { batch: 0, lock: 0, object: 0, action: 0 };
  const die = (): never => {
    process.kill(process.pid, 'SIGKILL');
    throw new Error('killed');
  };
  /** Which moment of this event is the last one of the program. */
  const momentOf = (event: KillEvent): KillMoment | undefined => {
    counts[event] += 1;
    return kill?.event === event && kill.number === counts[event] ? kill.moment : undefined;
  };

  const { openSync, writeSync, linkSync } = fs;
  const { rename } = fsPromises;
  const logs = new Set<number>();
  fs.openSync = (path, flags, mode) => {
    const file = openSync(path, flags, mode);
    const isLog = typeof path === 'string' && path.endsWith('.rows') && String(flags).startsWith('a');
    if (isLog) logs.add(file);
    else logs.delete(file);
    return file;
  };
  const patchedWrite = (file: number, bytes: Uint8Array, ...rest: number[]): number => {
    const moment = logs.has(file) ? momentOf('batch') : undefined;
    if (moment === 'before') die();
    if (moment === 'amid') {
      writeSync(file, bytes, 0, Math.floor(bytes.byteLength / 2));
      die();
    }
    const written = writeSync(file, bytes, ...rest);
    return moment === 'after' ? die() : written;
  };
  fs.writeSync = patchedWrite as typeof fs.writeSync;
  fs.linkSync = (from, to) => {
    const moment = String(to).endsWith('.lock') ? momentOf('lock') : undefined;
    if (moment === 'before') die();
    linkSync(from, to);
    if (moment !== undefined) die();
  };
  fsPromises.rename = async (from, to) => {
    const event = eventOf(String(to));
    const moment = event === undefined ? undefined : momentOf(event);
    if (moment === 'before') die();
    if (moment === 'amid') {
      fs.truncateSync(from, Math.floor(fs.statSync(from).size / 2));
      die();
    }
    await rename(from, to);
    if (moment === 'after') die();
  };
  syncBuiltinESMExports();
  process.on('exit', () => {
    if (counted !== undefined) fs.writeFileSync(counted, JSON.stringify(counts));
  });
}

function eventOf(path: string): KillEvent | undefined {
  if (/\/objects\/[0-9a-f]{2}\/[0-9a-f]{64}$/.test(path)) return 'object';
  return /\/actions\/[0-9a-f]{64}\.json$/.test(path) ? 'action' : undefined;
}
