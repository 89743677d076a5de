import type { Channel } from './terminal.ts';

/** One line of a terminal that tells what goes on now; where nothing can be redrawn, nothing is said. */
export interface StatusLine {
  show(text: string): void;
  clear(): void;
}

export function openStatusLine(channel: Channel): StatusLine {
  const erase = '\r\x1b[2K';
  return {
    show(text) {
      if (!channel.isTTY) return;
      channel.control(erase);
      channel.write(text);
    },
    clear() {
      if (channel.isTTY) channel.control(erase);
    },
  };
}
