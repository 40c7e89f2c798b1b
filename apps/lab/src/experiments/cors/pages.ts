import type { openProfile } from '@roomkey/test-kit/browser';
import { goTo } from '../../go-to.ts';

/** A window of a browser: an everyday one, or a private one. */
export type Window = Awaited<ReturnType<typeof openProfile>>;

const OWN_HOST = 'app.rooms.localhost';

export const SIGN_IN_PAGE = `<!doctype html><title>guest</title><script>
globalThis.signIn = async () => (await fetch('/sessions', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ name: 'guest', password: 'x' }),
})).status;
</script>`;

/** What a page gets to see: a status, or that the browser keeps the answer from it. */
export type Answer = string;

const READ = `async ([urls, options]) => {
  const answers = [];
  for (const url of urls)
    answers.push(await fetch(url, options).then((answer) => String(answer.status), () => 'blocked'));
  return answers;
}`;

/** A guest signs in at the service's own page; then a page of that origin reads with the cookie. */
export async function readAsGuest(window: Window, port: number, origin: string): Promise<Answer> {
  const own = `http://${OWN_HOST}:${port}`;
  const page = await window.newPage();
  try {
    await goTo(page, `${own}/sign-in`);
    const status = await page.evaluate<number>('signIn()');
    if (status !== 201) throw new Error(`signing in is answered with ${status}`);
    const [answer = 'nothing'] = await readFrom(window, origin, [`${own}/documents`], {
      credentials: 'include',
    });
    return answer;
  } finally {
    await page.close();
    await window.clearCookies();
  }
}

/** A page of that origin reads one URL after the other. */
export async function readFrom(
  window: Window,
  origin: string,
  urls: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<readonly Answer[]> {
  const page = await window.newPage();
  try {
    await goTo(page, `${origin}/page`);
    return await page.evaluate<Answer[]>(`(${READ})(${JSON.stringify([urls, options])})`);
  } finally {
    await page.close();
  }
}
