import { round } from '@roomkey/experiment';
import type { Finding } from '../../finding.ts';
import { bars, lines } from '../../plots.ts';
import { BIN_SECONDS, type Bin, type Plan, type Watched } from './watch-outage.ts';

const OURS = 'token';
/** A request that is on its way when the token ends, and what whole seconds of `exp` cut off. */
const MARGIN_SECONDS = 1.5;

export interface Seen {
  readonly seen: readonly Watched[];
  readonly plan: Plan;
  readonly tokenSeconds: number;
  readonly missing: readonly string[];
}

export function conclude({ seen, plan, tokenSeconds, missing }: Seen): Finding {
  const tokenLives = { from: 0, to: tokenSeconds - MARGIN_SECONDS };
  const tokenOver = { from: tokenSeconds + MARGIN_SECONDS, to: plan.awaySeconds };
  const whole = { from: 0, to: plan.awaySeconds };
  const rows = seen.map(({ name, what, bins, signsIn }) => ({
    name,
    what,
    whileTokenLives: share(bins, tokenLives),
    tokenOver: share(bins, tokenOver),
    whole: share(bins, whole),
    signsIn,
    recoverySeconds: recovery(bins, plan.awaySeconds),
  }));
  const ours = rows.find(({ name }) => name === OURS);
  const others = rows.filter(({ name }) => name !== OURS);
  const best = others.toSorted((a, b) => b.whileTokenLives - a.whileTokenLives)[0];
  const signingIn = rows.filter(({ signsIn }) => signsIn).map(({ name }) => name);
  return {
    figures: { tokenSeconds, plan, sides: rows, bins: seen, missing },
    tables: [
      {
        title: `Reads answered while it was away, in per cent; away for ${plan.awaySeconds} s, tokens live ${tokenSeconds} s`,
        columns: [
          'side',
          'away',
          'while the token lives',
          'after its end',
          'in all',
          'signing in',
          'whole again after, s',
        ],
        rows: rows.map((row) => [
          row.name,
          row.what,
          row.whileTokenLives,
          row.tokenOver,
          row.whole,
          row.signsIn ? 'works' : 'does not work',
          row.recoverySeconds ?? 'not while it was watched',
        ]),
      },
      ...missing.map((reason) => ({ title: 'Not tried', columns: ['why'], rows: [[reason]] })),
    ],
    plots: [
      lines(
        'Reads that are answered, over time',
        `At 0 s it goes away, at ${plan.awaySeconds} s it comes back. Tokens live for ${tokenSeconds} s here, so that their end falls into the outage; usual are 300 s. Sides that answer the same lie on each other.`,
        {
          x: { title: 's since it went away' },
          y: { title: '% of reads answered' },
          points: seen.flatMap(({ name, bins }) =>
            bins.map(({ atSeconds, asked, answered }) => ({
              series: name,
              x: atSeconds,
              y: (answered / asked) * 100,
            })),
          ),
        },
      ),
      bars('Reads answered while the token lives', 'In per cent of those that were sent in that time.', {
        value: { title: '% answered' },
        rows: rows.map((row) => ({
          label: row.name,
          side: row.name === OURS ? 'ours' : 'rival',
          value: row.whileTokenLives,
        })),
      }),
    ],
    rules: {
      core: [
        {
          says: 'with tokens, every read is answered while the token lives',
          met: ours?.whileTokenLives === 100,
        },
        {
          says: 'every rival answers less than half of the reads in the same time, or the outage was none',
          met: others.every(({ name, whileTokenLives }) => name.includes('believed') || whileTokenLives < 50),
        },
        { says: 'afterwards everything works again by itself', met: ours?.recoverySeconds !== undefined },
      ],
      unconditional: [
        { says: 'reads are still answered when the token is over', met: ours?.whole === 100 },
        { says: 'somebody new can sign in meanwhile', met: ours?.signsIn === true },
      ],
    },
    because: `With the desk and its database away, services with tokens answered ${ours?.whileTokenLives} % of the reads while the token lived (${tokenSeconds} s here, usually 300) and ${ours?.tokenOver} % after its end: ${ours?.whole} % in the whole outage of ${plan.awaySeconds} s. With their store or desk away, ${others.map(({ name, whileTokenLives }) => `${name} answered ${whileTokenLives} %`).join(', ')} in the same time; the best rival is ${best?.name ?? 'none'}. ${signingIn.length === 0 ? 'Nobody new could sign in anywhere.' : `Somebody new could sign in with ${signingIn.join(', ')}.`}`,
  };
}

function share(bins: readonly Bin[], { from, to }: { readonly from: number; readonly to: number }): number {
  const inside = bins.filter(({ atSeconds }) => atSeconds >= from && atSeconds + BIN_SECONDS <= to);
  const sum = (pick: (bin: Bin) => number): number => inside.reduce((all, bin) => all + pick(bin), 0);
  return round((sum(({ answered }) => answered) / sum(({ asked }) => asked)) * 100);
}

/** Seconds after the end of the outage from which every read is answered. */
function recovery(bins: readonly Bin[], endSeconds: number): number | undefined {
  const after = bins.filter(({ atSeconds }) => atSeconds >= endSeconds);
  const lastBad = after.findLastIndex(({ asked, answered }) => answered < asked);
  const first = after[lastBad + 1];
  return first === undefined ? undefined : first.atSeconds - endSeconds;
}
