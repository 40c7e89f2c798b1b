import { createSigner, startRival } from '@roomkey/rivals';
import { openProfile } from '@roomkey/test-kit/browser';
import type { LabExperiment } from '../../finding.ts';
import { AUDIENCE, ISSUER, LONG_SECONDS, sampleToken } from '../../sample-token.ts';
import { openFront } from '../../service-front.ts';
import { attackAll, type Attacked, type Victim } from './attack.ts';
import { conclude } from './conclude.ts';
import { ATTACKER_PAGE, GUEST_PAGE } from './pages.ts';

const ROUNDS = 5;
const QUICK_ROUNDS = 2;
const PAGES = { '/guest': GUEST_PAGE, '/attacker': ATTACKER_PAGE };
const SAME_SITE = ['none', 'absent', 'lax', 'strict'] as const;

/** A hostile page in a real browser, against somebody who is signed in in the same browser. */
export const csrf: LabExperiment = {
  name: 'csrf',
  claim: 'Cross-site request forgery is gone: a browser sends no token by itself.',
  async run({ progress, isQuick }) {
    await using started = new AsyncDisposableStack();
    const victims: Victim[] = [];
    const signer = createSigner('ES256');
    const ours = started.use(await startRival('token', { ISSUER, AUDIENCE, KEY: signer.exported }));
    victims.push({
      name: 'token',
      site: started.use(await openFront(ours.port, { pages: PAGES })),
      card: sampleToken(signer, undefined, LONG_SECONDS),
    });
    for (const sameSite of SAME_SITE) {
      const service = started.use(
        await startRival('session-memory', { SAME_SITE: sameSite, BEHIND_TLS: 'true' }),
      );
      victims.push({
        name: `cookie, SameSite ${sameSite}`,
        site: started.use(await openFront(service.port, { pages: PAGES })),
        card: undefined,
      });
    }
    const browser = await openProfile();
    started.defer(() => browser.close());
    const version = browser.browser()?.version() ?? 'of unknown version';
    progress(`a real browser: Chromium ${version}`);
    const rounds: Attacked[] = [];
    for (let round = 0; round < (isQuick ? QUICK_ROUNDS : ROUNDS); round += 1) {
      for (const victim of round % 2 === 0 ? victims : victims.toReversed()) {
        const attacked = await attackAll(browser, victim);
        rounds.push(...attacked);
        const names = attacked
          .filter(({ isForged }) => isForged)
          .map(({ attack, from }) => `${attack} from ${from}`);
        progress(`${victim.name}: ${names.length === 0 ? 'nothing got through' : names.join(', ')}`);
      }
    }
    return conclude(rounds, version);
  },
};
