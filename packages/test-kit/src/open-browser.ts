import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** Of the browser's settings: 0 lets pages send cookies to other sites. Debian's Chromium does not, and nobody's private windows do. */
const PREFERENCES = { profile: { cookie_controls_mode: 0 } };

const REMOVAL = { recursive: true, force: true, maxRetries: 10, retryDelay: 100 };

/**
 * The same with a profile of its own that sends cookies to other sites, as most browsers do every day. Closing it closes the
 * browser.
 *
 * @throws where there is none, saying how to get it
 */
export async function openProfile(): Promise<BrowserContext> {
  const folder = await mkdtemp(join(tmpdir(), 'roomkey-browser-'));
  await mkdir(join(folder, 'Default'));
  await writeFile(join(folder, 'Default/Preferences'), JSON.stringify(PREFERENCES));
  const profile = await chromium.launchPersistentContext(folder, {
    executablePath: findChromium(),
    args: QUIET,
  });
  // Processes of the browser may write for a moment longer. What they leave all the same is no reason to end whoever closed it.
  profile.on('close', () => void rm(folder, REMOVAL).catch(() => undefined));
  return profile;
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
