import { existsSync } from 'node:fs';
import { env } from 'node:process';
import { chromium, type Browser, type BrowserContext } from 'playwright-core';

export interface BrowserOptions {
  /** Where names of hosts lead, as `host` → `address:port`: pages then have origins that are known beforehand. */
  readonly hosts?: Readonly<Record<string, string>>;
}

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * A real browser without a window: the Chromium of this machine. Disposing closes it.
 *
 * @throws where there is none, saying how to get it
 */
export async function openBrowser({ hosts = {} }: BrowserOptions = {}): Promise<Browser> {
  const rules = Object.entries(hosts).map(([name, address]) => `MAP ${name} ${address}`);
  return chromium.launch({
    executablePath: findChromium(),
    args: [...QUIET, ...(rules.length > 0 ? [`--host-resolver-rules=${rules.join(',')}`] : [])],
  });
}

/**
 * The same with a profile of its own, as somebody's everyday browser: contexts of `openBrowser` are private windows, from which
 * Chromium sends no cookies to other sites. Closing it closes the browser.
 *
 * @throws where there is none, saying how to get it
 */
export async function openProfile(): Promise<BrowserContext> {
  // Without a folder it is a temporary one.
  return chromium.launchPersistentContext('', { executablePath: findChromium(), args: QUIET });
}

function findChromium(): string {
  const named = env['CHROMIUM'];
  const found = named ?? PLACES.find((place) => existsSync(place));
  if (found !== undefined && existsSync(found)) return found;
  throw new Error(
    `This test needs Chromium, and there is none at ${named ?? PLACES.join(', ')}. ` +
      'Install it (Debian, Ubuntu: apt-get install -y chromium), or set CHROMIUM to the path of its program.',
  );
}
