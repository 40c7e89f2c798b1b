import type { Finding } from '../../finding.ts';
import { bars } from '../../plots.ts';
import { type Attacked, INJECTED } from './attack.ts';

const OURS = 'token';
const UNGUARDED = 'cookie, SameSite none';
const LAX = 'cookie, SameSite lax';

export function conclude(attacked: readonly Attacked[], browser: string): Finding {
  const victims = [...new Set(attacked.map(({ victim }) => victim))];
  const kinds = [...new Set(attacked.map(kindOf))];
  const count = (victim: string, isWanted: (one: Attacked) => boolean = () => true) => {
    const tried = attacked.filter((one) => one.victim === victim && isWanted(one));
    return { tried: tried.length, forged: tried.filter(({ isForged }) => isForged).length };
  };
  const byOthers = (victim: string) => count(victim, ({ from }) => from !== INJECTED);
  const acrossSites = (victim: string) => count(victim, ({ from }) => from === 'another site');
  const ours = byOthers(OURS);
  const injected = count(OURS, ({ from }) => from === INJECTED);
  const told = (victim: string): string => {
    const { tried, forged } = byOthers(victim);
    return `${victim.replace('cookie, ', '')} ${forged} of ${tried}`;
  };
  return {
    figures: {
      browser,
      forged: Object.fromEntries(
        victims.map((victim) => [
          victim,
          Object.fromEntries(kinds.map((kind) => [kind, count(victim, (one) => kindOf(one) === kind)])),
        ]),
      ),
    },
    tables: [
      {
        title: `Forged writes of tries, in Chromium ${browser}`,
        columns: ['attack', ...victims],
        rows: kinds.map((kind) => [
          kind,
          ...victims.map((victim) => {
            const { tried, forged } = count(victim, (one) => kindOf(one) === kind);
            return `${forged} of ${tried}`;
          }),
        ]),
      },
    ],
    plots: [
      bars(
        'Attacks of hostile pages that got through',
        'In per cent; scripts in the own page are not in it.',
        {
          value: { title: '% forged' },
          rows: victims.map((victim) => {
            const { tried, forged } = byOthers(victim);
            return {
              label: victim,
              side: victim === OURS ? 'ours' : 'cookie',
              value: (forged / tried) * 100,
            };
          }),
        },
      ),
    ],
    rules: {
      core: [
        { says: 'no hostile page of others writes anything with a token', met: ours.forged === 0 },
        {
          says: 'another site gets through against an unguarded cookie (SameSite=None): the attacks are real',
          met: acrossSites(UNGUARDED).forged > 0,
        },
        {
          says: 'some attack of others succeeds against the cookie as sessions usually set it (SameSite=Lax)',
          met: byOthers(LAX).forged > 0,
        },
      ],
      unconditional: [
        { says: "not even a script in the service's own page writes anything", met: injected.forged === 0 },
        {
          says: 'another site gets through against the usual cookie (SameSite=Lax), and not against a token',
          met: acrossSites(LAX).forged > 0 && ours.forged === 0,
        },
      ],
    },
    because: `Hostile pages got ${ours.forged} of ${ours.tried} writes through with tokens; with cookies: ${victims
      .filter((victim) => victim !== OURS)
      .map(told)
      .join(
        ', ',
      )}. Against SameSite=Lax that was ${acrossSites(LAX).forged} of ${acrossSites(LAX).tried} from another site, the rest from a sibling subdomain. A script injected into the own page got ${injected.forged} of ${injected.tried} through with tokens too.`,
  };
}

function kindOf({ attack, from }: Attacked): string {
  return `${attack}, from ${from}`;
}
