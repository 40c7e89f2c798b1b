import { spread } from '@roomkey/experiment';
import type { Finding } from '../../finding.ts';
import { bars } from '../../plots.ts';
import type { Loss } from './kill.ts';

const OURS = 'token';
const DESK = 'token; a replica of the desk';
const STICKY = 'session in memory, sticky';

export interface Seen {
  readonly losses: ReadonlyMap<string, readonly Loss[]>;
  readonly desk: readonly Loss[];
  readonly missing: readonly string[];
}

export function conclude({ losses, desk, missing }: Seen): Finding {
  const sides = new Map([...losses, [DESK, desk]]);
  const all = [...sides].map(([name, each]) => ({ name, each, total: sumOf(each) }));
  const totalOf = (name: string): Loss => sumOf(sides.get(name) ?? []);
  const ours = totalOf(OURS);
  const ourDesk = totalOf(DESK);
  const shared = all.filter(({ name }) => name.startsWith('session in') && name !== STICKY);
  const share = (name: string) =>
    spread((sides.get(name) ?? []).map(({ signedOut, guests }) => (signedOut / guests) * 100));
  return {
    figures: {
      sides: Object.fromEntries(
        all.map(({ name, total }) => [name, { ...total, signedOutPercentPerKill: share(name) }]),
      ),
      kills: desk.length,
      missing,
    },
    tables: [
      {
        title: `What ${desk.length} kills cost in all`,
        columns: ['a replica is killed', 'guests', 'signed out', 'reads', 'failed', 'writes', 'failed'],
        rows: all.map(({ name, total }) => [
          name,
          total.guests,
          total.signedOut,
          total.reads,
          total.readsFailed,
          total.writes,
          total.writesFailed,
        ]),
      },
      ...missing.map((reason) => ({ title: 'Not tried', columns: ['why'], rows: [[reason]] })),
    ],
    plots: [
      bars(
        'Guests signed out by one kill',
        'In per cent of those who were signed in, with four replicas (of the desk: two): median of the kills, and quartiles.',
        {
          value: { title: '% of guests' },
          rows: all.map(({ name }) => {
            const { median, quartiles } = share(name);
            return {
              label: name,
              side: name.startsWith(OURS) ? 'ours' : 'session',
              value: median,
              low: quartiles[0],
              high: quartiles[1],
            };
          }),
        },
      ),
    ],
    rules: {
      core: [
        {
          says: 'with tokens, no guest is signed out by a lost replica of a service',
          met: ours.signedOut === 0,
        },
        { says: 'no read fails: the balancer asks another replica', met: ours.readsFailed === 0 },
        { says: 'no guest is signed out by a lost replica of the desk', met: ourDesk.signedOut === 0 },
      ],
      unconditional: [
        { says: 'no write fails either', met: ours.writesFailed === 0 },
        {
          says: 'no refresh has to be repeated when a replica of the desk is lost',
          met: ourDesk.writesFailed === 0,
        },
      ],
    },
    because: `In ${desk.length} kills, tokens signed out ${ours.signedOut} of ${ours.guests} guests and failed ${ours.readsFailed} of ${ours.reads} reads and ${ours.writesFailed} of ${ours.writes} writes; sessions in memory signed out ${totalOf(STICKY).signedOut} of ${totalOf(STICKY).guests} although the balancer was sticky, ${shared.map(({ name, total }) => `${name.replace('session in', 'in')} ${total.signedOut}`).join(', ')}. Killing a replica of the desk signed out ${ourDesk.signedOut} of ${ourDesk.guests}, with ${ourDesk.writesFailed} of ${ourDesk.writes} refreshes to repeat.`,
  };
}

function sumOf(losses: readonly Loss[]): Loss {
  const sum = (pick: (loss: Loss) => number): number => losses.reduce((all, loss) => all + pick(loss), 0);
  return {
    guests: sum(({ guests }) => guests),
    signedOut: sum(({ signedOut }) => signedOut),
    reads: sum(({ reads }) => reads),
    readsFailed: sum(({ readsFailed }) => readsFailed),
    writes: sum(({ writes }) => writes),
    writesFailed: sum(({ writesFailed }) => writesFailed),
  };
}
