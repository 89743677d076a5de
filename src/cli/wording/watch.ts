import { wordFile } from './diagnostics.ts';
import { list } from './parts/words.ts';

/** Said between two runs of a watched pipeline. */
export function wordWatching(file: string, cwd: string): string {
  return `\nWatching ${wordFile(file, cwd)} and what it reads. Ctrl-C ends.\n`;
}

/** `items.jsonl and fruit.yaml changed.` */
export function wordEdits(files: readonly string[], cwd: string): string {
  return `\n${list(files.map((path) => wordFile(path, cwd)))} changed.\n`;
}
