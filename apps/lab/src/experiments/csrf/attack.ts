import type { openProfile } from '@roomkey/test-kit/browser';
import { goTo } from '../../go-to.ts';
import type { ServiceFront } from '../../service-front.ts';

type Context = Awaited<ReturnType<typeof openProfile>>;
type Page = Awaited<ReturnType<Context['newPage']>>;

/** A service that somebody is signed in at. */
export interface Victim {
  readonly name: string;
  readonly site: ServiceFront;
  /** With tokens: what the page holds. */
  readonly card: string | undefined;
}

const ATTACKS = ['form', 'hidden frame', 'fetch'] as const;
/** Names below `localhost` lead to this machine. The last two labels are the site (there is no public suffix `localhost`). */
const OWN_HOST = 'app.rooms.localhost';
const ATTACKERS = {
  'another site': 'attacker.localhost',
  'a sibling subdomain': 'forum.rooms.localhost',
} as const;

/** What became of one attack: whether something was written that the guest did not write. */
export interface Attacked {
  readonly victim: string;
  readonly attack: string;
  readonly from: string;
  readonly isForged: boolean;
}

export const INJECTED = 'a script in the own page';

/** Each attack from each place, in a browser in which the guest has just signed in. */
export async function attackAll(
  context: Context,
  { name, site, card }: Victim,
): Promise<readonly Attacked[]> {
  const page = await context.newPage();
  try {
    const own = `http://${OWN_HOST}:${site.port}`;
    await goTo(page, `${own}/guest`);
    if (!(await page.evaluate<boolean>(`app.signIn(${JSON.stringify(card ?? null)})`)))
      throw new Error(`${name}: signing in does not work`);
    const attacked: Attacked[] = [];
    for (const [from, host] of Object.entries(ATTACKERS)) {
      for (const attack of ATTACKS) {
        const isForged = await isWritten(page, () =>
          visit(context, attack, `http://${host}:${site.port}`, `${own}/documents`),
        );
        attacked.push({ victim: name, attack, from, isForged });
      }
    }
    // What was injected can do whatever the page can: press its button, for one.
    const press = "document.querySelector('button').click(); globalThis.pressed";
    const isForged = await isWritten(page, () => page.evaluate(press));
    return [...attacked, { victim: name, attack: 'press the button', from: INJECTED, isForged }];
  } finally {
    await page.close();
    await context.clearCookies();
  }
}

/** The service counts what a guest writes: between two writes of the guest's own there is one that is not. */
async function isWritten(page: Page, attack: () => Promise<unknown>): Promise<boolean> {
  const write = (): Promise<number> => page.evaluate<number>('app.write()');
  const before = await write();
  if (!Number.isInteger(before)) throw new Error('the guest cannot write');
  await attack();
  return (await write()) > before + 1;
}

/** The guest opens the hostile page, in the same browser. */
async function visit(
  context: Context,
  attack: (typeof ATTACKS)[number],
  origin: string,
  target: string,
): Promise<void> {
  const page = await context.newPage();
  try {
    const query = new URLSearchParams({ attack, target });
    await goTo(page, `${origin}/attacker?${query.toString()}`);
    if (attack === 'form') await page.waitForURL(target);
    else await page.waitForFunction('globalThis.done === true');
  } finally {
    await page.close();
  }
}
