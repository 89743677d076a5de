import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FileState, stateIn } from '../../system/contents/file-state.ts';

/** Editors write a file in several steps: an edit is over when nothing has changed for this long. */
const QUIET_MS = 100;

/** Network folders tell nothing of what changes there, and systems can run out of watches: so one looks, too. */
const LOOK_MS = 1000;

/** What files were at a moment. */
export type Snapshot = ReadonlyMap<string, FileState>;

/** Of a file that is not there. */
export const ABSENT: FileState = { text: '', youngestNs: 0n };

export function snapshot(files: Iterable<string>): Snapshot {
  return new Map([...files].map((file) => [file, stateOf(file)]));
}

/** Files of a snapshot that are not any more what they were. */
export function changedSince(before: Snapshot): string[] {
  return [...before].filter(([file, { text }]) => stateOf(file).text !== text).map(([file]) => file);
}

/**
 * Waits until files differ from what they were, and then until nobody writes to them any more. Returns at once if they
 * differ already, so that nothing is missed that happened before.
 *
 * @returns the files that changed; none when the signal was aborted
 */
export async function nextChange(before: Snapshot, signal: AbortSignal): Promise<string[]> {
  for (;;) {
    await untilLook(before, signal);
    if (signal.aborted) return [];
    if (changedSince(before).length === 0) continue;
    if (!(await untilQuiet(before.keys(), signal))) return [];
    const changed = changedSince(before);
    if (changed.length > 0) return changed;
  }
}

/** Until nobody has written for a while; false when the signal was aborted before. */
async function untilQuiet(names: Iterable<string>, signal: AbortSignal): Promise<boolean> {
  const files = [...names];
  for (let last = snapshot(files); ; last = snapshot(files)) {
    await sleep(QUIET_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return false;
    if (changedSince(last).length === 0) return true;
  }
}

/** Until something was told of one of the files, or it is time to look. */
function untilLook(before: Snapshot, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const watchers: FSWatcher[] = [];
    const end = () => {
      clearInterval(timer);
      signal.removeEventListener('abort', end);
      for (const watcher of watchers) watcher.close();
      resolve();
    };
    const look = () => {
      if (changedSince(before).length > 0) end();
    };
    const timer = setInterval(look, LOOK_MS);
    signal.addEventListener('abort', end);
    for (const [folder, names] of byFolder(before.keys())) {
      // The folder and not the file: editors put another file under its name.
      try {
        const watcher = watch(folder, (_, name) => {
          if (name === null || names.has(name)) look();
        });
        watcher.on('error', () => watcher.close());
        watchers.push(watcher);
      } catch {
        // No such folder yet, or no watches left: looking finds it.
      }
    }
    if (signal.aborted) end();
    else look();
  });
}

function byFolder(files: Iterable<string>): Map<string, Set<string>> {
  const folders = new Map<string, Set<string>>();
  for (const file of files) {
    const folder = dirname(file);
    const names = folders.get(folder) ?? new Set();
    folders.set(folder, names.add(basename(file)));
  }
  return folders;
}

function stateOf(file: string): FileState {
  try {
    const found = statSync(file, { bigint: true, throwIfNoEntry: false });
    return found === undefined ? ABSENT : stateIn(found);
  } catch {
    // A folder on the way that is a file, or may not be read.
    return ABSENT;
  }
}
