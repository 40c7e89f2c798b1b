import type { openProfile } from '@roomkey/test-kit/browser';

type Page = Awaited<ReturnType<Awaited<ReturnType<typeof openProfile>>['newPage']>>;

const TRIES = 5;

/** Opens a page. Chromium gives up what it is loading whenever an interface comes or goes on this machine: then once more. */
export async function goTo(page: Page, url: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await page.goto(url);
      return;
    } catch (error) {
      if (tries === TRIES || !String(error).includes('ERR_NETWORK_CHANGED')) throw error;
    }
  }
}
