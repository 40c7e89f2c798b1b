import { withSystem } from '@roomkey/experiment';
import { signIn, startRival } from '@roomkey/rivals';
import { openRecordingProxy } from '@roomkey/test-kit';
import type { LabExperiment } from '../../finding.ts';
import { isInstalled } from '../../installed-program.ts';
import { startProxy } from '../../proxies.ts';
import { cachingNginx, INSTALL, KEPT_SECONDS } from './caching-nginx.ts';
import { conclude } from './conclude.ts';
import { findDocuments, SESSION_READ } from './documents.ts';
import { ask, type Asked, staleness } from './ask.ts';

const CLIENTS = 40;
const LOOKS = 25;
const QUICK_LOOKS = 8;
const REVOCATIONS = 12;
const QUICK_REVOCATIONS = 4;

/** A real caching proxy before the whole system: what it may keep, and what the services still hear. */
export const cdn: LabExperiment = {
  name: 'cdn',
  claim:
    'What verifiers and browsers need is public and can be cached: keys, revocation lists and pictures from any CDN.',
  async run({ progress, isQuick }) {
    if (!(await isInstalled('nginx', '-v'))) throw new Error(`nginx is not installed: ${INSTALL}`);
    return withSystem({ replicas: 1 }, progress, async (surroundings) => {
      const { system } = surroundings;
      await using behind = await openRecordingProxy(() => system.origin);
      const upstream = Number(new URL(behind.origin).port);
      await using plain = await startProxy(cachingNginx({ keepsLists: false }), upstream);
      await using keeping = await startProxy(cachingNginx({ keepsLists: true }), upstream);
      const documents = await findDocuments(surroundings);
      const looks = isQuick ? QUICK_LOOKS : LOOKS;
      const asked: Asked[] = [];
      for (const [setup, { port }] of [
        ['as the services say', plain],
        [`lists kept for ${KEPT_SECONDS} s`, keeping],
      ] as const) {
        for (const { name, path, headers } of documents) {
          const before = behind.requests().length;
          const seen = await ask(port, path, headers, { clients: CLIENTS, looks });
          asked.push({ setup, name, ...seen, heard: behind.requests().length - before });
          progress(`${name}, ${setup}: ${asked.at(-1)?.heard} of ${seen.requests} heard`);
        }
      }
      asked.push(await askSession(looks));
      const revocations = isQuick ? QUICK_REVOCATIONS : REVOCATIONS;
      const stale = {
        plain: await staleness(surroundings, plain.port, revocations),
        keeping: await staleness(surroundings, keeping.port, revocations),
      };
      return conclude({ asked, stale });
    });
  },
};

/** The rival: who a cookie stands for is asked by every request, and the answer is nobody else's. */
async function askSession(looks: number): Promise<Asked> {
  await using service = await startRival('session-memory');
  await using behind = await openRecordingProxy(() => `http://127.0.0.1:${service.port}`);
  await using proxy = await startProxy(
    cachingNginx({ keepsLists: false }),
    Number(new URL(behind.origin).port),
  );
  const seen = await ask(proxy.port, '/documents', await signIn(service, 'guest'), {
    clients: CLIENTS,
    looks,
  });
  return {
    setup: 'as the services say',
    name: SESSION_READ,
    ...seen,
    heard: behind.requests().length,
  };
}
