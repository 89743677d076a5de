import { existsSync } from 'node:fs';
import type { Context } from 'mocha';
import { type Browser, chromium } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser of this machine. Where there is none, the specs that want one are skipped, and say so. */
export async function openChromium(context: Context): Promise<Browser> {
  const executablePath = places.find((path) => existsSync(path));
  if (executablePath === undefined) {
    console.log('      skipped: there is no Chromium on this machine (Debian: apt-get install chromium)');
    return context.skip();
  }
  // A sandbox of its own is refused to root, as which CI runs.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}
