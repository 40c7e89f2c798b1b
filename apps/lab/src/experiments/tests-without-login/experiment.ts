import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { interleave, ratio, spread } from '@roomkey/experiment';
import { CHEAP_COST, hashedPassword } from '@roomkey/rivals';
import { isReliablyLess } from '../../compare.ts';
import { about } from '../../about.ts';
import type { Finding, LabExperiment } from '../../finding.ts';
import { bars } from '../../plots.ts';
import { testWithLogin } from './with-login.ts';
import { testWithStore } from './with-store.ts';
import { testWithToken } from './with-token.ts';

const PASSWORD = 'correct horse battery';
const RUNS = 10;
const ROUNDS = 21;
const QUICK_ROUNDS = 9;

interface Way {
  readonly file: string;
  readonly test: () => Promise<readonly number[]>;
}

/** The same functional test, written in the ways that teams write it. */
export const testsWithoutLogin: LabExperiment = {
  name: 'tests-without-login',
  claim: 'With tokens a functional test needs no login: it is quicker, and shorter to write.',
  async run({ progress, isQuick }) {
    const usual = await hashedPassword(PASSWORD);
    const cheap = await hashedPassword(PASSWORD, CHEAP_COST);
    const ways = {
      token: { file: 'with-token.ts', test: testWithToken },
      login: { file: 'with-login.ts', test: () => testWithLogin(usual) },
      'login, cheap hashing': { file: 'with-login.ts', test: () => testWithLogin(cheap) },
      'session in the store': { file: 'with-store.ts', test: testWithStore },
    } as const satisfies Record<string, Way>;
    for (const way of Object.values(ways)) await millisecondsOf(way);
    const ms = await interleave(
      isQuick ? QUICK_ROUNDS : ROUNDS,
      {
        token: () => millisecondsOf(ways.token),
        login: () => millisecondsOf(ways.login),
        'login, cheap hashing': () => millisecondsOf(ways['login, cheap hashing']),
        'session in the store': () => millisecondsOf(ways['session in the store']),
      },
      progress,
    );
    const lines = {
      token: await countLines('with-token.ts'),
      login: await countLines('with-login.ts'),
      'session in the store': await countLines('with-store.ts'),
    };
    return conclude(ms, lines);
  },
};

/** Of one run of the test, in milliseconds. */
async function millisecondsOf({ test }: Way): Promise<number> {
  const startedAt = performance.now();
  for (let run = 0; run < RUNS; run += 1) {
    const seen = await test();
    if (seen.join(' ') !== '200 401') throw new Error(`the test sees ${seen.join(' ')}`);
  }
  return (performance.now() - startedAt) / RUNS;
}

type Milliseconds = Readonly<
  Record<'token' | 'login' | 'login, cheap hashing' | 'session in the store', readonly number[]>
>;

function conclude(
  ms: Milliseconds,
  lines: Readonly<Record<'token' | 'login' | 'session in the store', number>>,
): Finding {
  const token = spread(ms.token).median;
  const toToken = ratio(ms.login, ms.token);
  const isQuicker = (than: keyof Milliseconds): boolean => isReliablyLess(ms.token, ms[than]);
  const names = Object.keys(ms) as (keyof Milliseconds)[];
  return {
    figures: {
      millisecondsPerTest: Object.fromEntries(names.map((name) => [name, spread(ms[name])])),
      toToken: Object.fromEntries(names.map((name) => [name, ratio(ms[name], ms.token)])),
      lines,
    },
    tables: [
      {
        title: 'One functional test, the service built anew for it',
        columns: ['way', 'ms', 'quartiles', 'times as long as with a token', 'lines of code'],
        rows: names.map((name) => {
          const { median, quartiles } = spread(ms[name]);
          const file = name === 'login, cheap hashing' ? 'login' : name;
          return [name, median, quartiles.join(' – '), ratio(ms[name], ms.token).median, lines[file]];
        }),
      },
    ],
    plots: [
      bars('How long one test takes', 'Milliseconds: median of the rounds, and quartiles.', {
        value: { title: 'ms per test' },
        rows: names.map((name) => {
          const {
            median: value,
            quartiles: [low, high],
          } = spread(ms[name]);
          return { label: name, side: name === 'token' ? 'token' : 'session', value, low, high };
        }),
      }),
    ],
    rules: {
      core: [
        { says: 'a test with a token is quicker than one that logs in', met: isQuicker('login') },
        { says: 'it takes no more code', met: lines.token <= lines.login },
      ],
      unconditional: [
        {
          says: 'it is quicker than one that logs in with hashing made cheap',
          met: isQuicker('login, cheap hashing'),
        },
        {
          says: 'it is quicker than one that puts a session into the store',
          met: isQuicker('session in the store'),
        },
      ],
    },
    because: `A test takes ${about(token)} ms with a token and ${toToken.median} times as long with a login, ${about(spread(ms['login, cheap hashing']).median)} ms where hashing is made cheap and ${about(spread(ms['session in the store']).median)} ms with a session put into the store; in lines of code ${lines.token}, ${lines.login} and, for the store, ${lines['session in the store']}.`,
  };
}

/** Without imports, comments and empty lines. */
async function countLines(file: string): Promise<number> {
  const source = await readFile(new URL(file, import.meta.url), 'utf8');
  return source
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^(?:import |\s*(?:\/\*\*|\*|\/\/))/.test(line)).length;
}
