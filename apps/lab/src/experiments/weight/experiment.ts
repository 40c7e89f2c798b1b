import { setTimeout as pause } from 'node:timers/promises';
import { httpRequest, startMeasuredProcess } from '@roomkey/experiment';
import { ALGORITHMS, createSigner, signIn, startIntrospectionDesk, startRival } from '@roomkey/rivals';
import type { Bench, Finding, LabExperiment } from '../../finding.ts';
import { isInstalled } from '../../installed-program.ts';
import { bars } from '../../plots.ts';
import { manyScopes, sampleToken } from '../../sample-token.ts';
import { longestAuthorization } from './header-limit.ts';
import { PROXIES, startProxy } from '../../proxies.ts';

const SCOPE_COUNTS = [1, 10, 50];
const USUAL = 'ES256';
const READY_WITHIN_MS = 15_000;
/** Above it a request no longer fits into one TCP segment of the usual size beside its other headers. */
const FEW_HUNDRED = 1_000;

/** What a token weighs, and which header limits it meets. */
export const weight: LabExperiment = {
  name: 'weight',
  claim:
    'A token costs a few hundred bytes more per request than a session cookie, and fits wherever headers go.',
  async run({ progress }) {
    const tokens = weighTokens();
    const rivals = await weighRivals();
    progress('header lines are weighed; looking for the limits of servers and proxies');
    const limits = await findLimits(progress);
    return conclude(tokens, rivals, limits);
  },
};

interface Weight {
  readonly label: string;
  readonly scopes: number;
  readonly bytes: number;
}

function weighTokens(): readonly Weight[] {
  return ALGORITHMS.flatMap((algorithm) => {
    const signer = createSigner(algorithm);
    return SCOPE_COUNTS.map((scopes) => ({
      label: algorithm,
      scopes,
      bytes: headerBytes({ authorization: `Bearer ${sampleToken(signer, manyScopes(scopes))}` }),
    }));
  });
}

/** As they are set by a sign-in; what stands behind them may have any number of scopes. */
async function weighRivals(): Promise<Readonly<Record<'cookie' | 'opaque', number>>> {
  await using session = await startRival('session-memory');
  await using desk = await startIntrospectionDesk();
  await using opaque = await startRival('opaque-introspection', {
    INTROSPECTION_URL: `http://127.0.0.1:${desk.port}`,
  });
  return {
    cookie: headerBytes(await signIn(session, 'guest')),
    opaque: headerBytes(await signIn(opaque, 'guest')),
  };
}

interface Limit {
  readonly name: string;
  /** Longest Authorization value answered; undefined where it could not be tried. */
  readonly bytes: number | undefined;
  readonly note: string;
}

async function findLimits(progress: Bench['progress']): Promise<readonly Limit[]> {
  await using open = await startRival('open');
  // Node's own limit must not hide those of the proxies before it.
  await using patient = await startRival('open', { NODE_OPTIONS: '--max-http-header-size=524288' });
  await using gateway = await startMeasuredProcess(
    new URL('../../../../gateway/src/server.ts', import.meta.url),
    [],
    { HOST: '127.0.0.1', PORT: '0', UPSTREAMS: `data=http://127.0.0.1:${patient.port}` },
  );
  await untilReady(gateway.port);
  const limits: Limit[] = [
    { name: 'Node', bytes: await longestAuthorization(open.port, '/documents'), note: 'as it comes' },
    {
      name: 'our gateway',
      bytes: await longestAuthorization(gateway.port, '/data/documents'),
      note: 'as it comes',
    },
  ];
  for (const kind of PROXIES) {
    const { program, versionFlag, install } = kind;
    if (await isInstalled(program, versionFlag)) {
      await using proxy = await startProxy(kind, patient.port);
      const bytes = await longestAuthorization(proxy.port, '/documents');
      limits.push({ name: program, bytes, note: 'as it comes' });
    } else limits.push({ name: program, bytes: undefined, note: `not tried: ${install}` });
    progress(`${program}: ${limits.at(-1)?.bytes ?? 'not installed'}`);
  }
  return limits;
}

/** The gateway asks its replicas whether they are ready before it sends them anything. */
async function untilReady(port: number): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while ((await fetch(`http://127.0.0.1:${port}/data/documents`)).status === 503) {
    if (Date.now() > deadline) throw new Error('the gateway found no replica');
    await pause(50);
  }
}

function conclude(
  tokens: readonly Weight[],
  rivals: Readonly<Record<'cookie' | 'opaque', number>>,
  limits: readonly Limit[],
): Finding {
  const bytesOf = (label: string, scopes: number): number =>
    tokens.find((one) => one.label === label && one.scopes === scopes)?.bytes ?? NaN;
  const usual = bytesOf(USUAL, 10);
  const largest = bytesOf(USUAL, 50);
  const postQuantum = bytesOf('ML-DSA-44', 50);
  const tried = limits.flatMap(({ name, bytes }) => (bytes === undefined ? [] : [{ name, bytes }]));
  const smallest = tried.toSorted((a, b) => a.bytes - b.bytes)[0] ?? { name: 'none', bytes: NaN };
  const more = usual - rivals.cookie;
  const scopesThatFit = countScopes(smallest.bytes);
  return {
    figures: { tokens, rivals, limits, smallestLimit: smallest, scopesThatFit },
    tables: [
      {
        title: 'Bytes of the header line that says who asks, in every HTTP/1.1 request',
        columns: ['', ...SCOPE_COUNTS.map((count) => `scopes: ${count}`)],
        rows: [
          ['session cookie', ...SCOPE_COUNTS.map(() => rivals.cookie)],
          ['opaque token', ...SCOPE_COUNTS.map(() => rivals.opaque)],
          ...ALGORITHMS.map((label) => [
            `token, ${label}`,
            ...SCOPE_COUNTS.map((count) => bytesOf(label, count)),
          ]),
        ],
      },
      {
        title: 'Longest Authorization header that is let through, with default settings',
        columns: ['server', 'bytes', ''],
        rows: limits.map(({ name, bytes, note }) => [name, bytes ?? '–', note]),
      },
    ],
    plots: [
      bars(
        'What a request carries to say who asks',
        `Bytes of the header line with 10 scopes. The smallest header limit that was met is ${smallest.bytes.toLocaleString('en')} bytes (${smallest.name}).`,
        {
          value: { title: 'bytes per request (HTTP/1.1)' },
          rows: [
            { label: 'session cookie', side: 'session', value: rivals.cookie },
            { label: 'opaque token', side: 'session', value: rivals.opaque },
            ...ALGORITHMS.map((label) => ({
              label: `token, ${label}`,
              side: 'token',
              value: bytesOf(label, 10),
            })),
          ],
        },
      ),
    ],
    rules: {
      core: [
        {
          says: `an ${USUAL} token with 10 scopes costs less than ${FEW_HUNDRED} bytes more than the cookie`,
          met: more < FEW_HUNDRED,
        },
        {
          says: `an ${USUAL} token with 50 scopes fits through everything tried`,
          met: largest <= smallest.bytes,
        },
      ],
      unconditional: [
        {
          says: `an ${USUAL} token with 50 scopes also costs less than ${FEW_HUNDRED} bytes more`,
          met: largest - rivals.cookie < FEW_HUNDRED,
        },
        {
          says: 'a post-quantum token with 50 scopes fits through everything tried',
          met: postQuantum <= smallest.bytes,
        },
      ],
    },
    because: `An ${USUAL} token with 10 scopes weighs ${usual} bytes against ${rivals.cookie} for the cookie, with 50 scopes ${largest}, and signed with ML-DSA-44 ${postQuantum}; the tightest of ${tried.map(({ name }) => name).join(', ')} takes ${smallest.bytes} (${smallest.name}), about ${scopesThatFit} scopes.`,
  };
}

/** Scopes of an ES256 token whose header stays within a limit. */
function countScopes(limit: number): number {
  const signer = createSigner(USUAL);
  let count = 0;
  while (sampleToken(signer, manyScopes(count + 10)).length + 'Bearer '.length <= limit) count += 10;
  return count;
}

function headerBytes(headers: Readonly<Record<string, string>>): number {
  return httpRequest('GET', '/', headers).length - httpRequest('GET', '/').length;
}
