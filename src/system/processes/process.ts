import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { hasCode } from '../errno.ts';

/** Tells a process from every other, on any machine, at any time. */
export interface ProcessStamp {
  readonly pid: number;
  readonly host: string;
  /** Changes when the machine starts anew; process ids are told apart by it. */
  readonly bootId: string;
  /** When the process started, as the system counts it; empty where the system does not say. */
  readonly started: string;
}

let self: ProcessStamp | undefined;

export function thisProcess(): ProcessStamp {
  self ??= { pid: process.pid, host: hostname(), bootId: bootId(), started: startOf(process.pid) ?? '' };
  return self;
}

/**
 * Whether the process still runs. Undefined when that can't be seen from here: it is on another machine.
 * A process id that was given to another process since is told by the start time, where the system says it (Linux).
 */
export function isAlive({ pid, host, bootId: boot, started }: ProcessStamp): boolean | undefined {
  const here = thisProcess();
  if (host !== here.host) return undefined;
  if (boot !== here.bootId) return false;
  if (!isRunning(pid)) return false;
  const now = startOf(pid);
  return started === '' || now === undefined || now === started;
}

/** Whether this machine runs some process of that id: not necessarily the one that had it when it was written down. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, and is someone else's.
    return !hasCode(error, 'ESRCH');
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

/** Field 22 of /proc/PID/stat, in clock ticks since boot; the name in field 2 may hold spaces and parentheses. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .at(19);
  } catch {
    return undefined;
  }
}
