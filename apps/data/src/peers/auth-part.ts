import { isValid, Type } from '@roomkey/schema';
import { heldFile, type ExportFile, type ExportRefusal, type Keeper } from '../domain/export.ts';
import { peerFor, type Peer, type PeerOptions } from './peer.ts';

const ACCOUNT_BYTES = 64 * 1024;
/** Some ten thousand sessions. */
const SESSIONS_BYTES = 4 * 1024 * 1024;
const Account = Type.Object({ id: Type.String() });
const Sessions = Type.Object({ sessions: Type.Array(Type.Object({ id: Type.String() })) });

/** A user's account and sessions, which auth keeps. The token for it can look, and change nothing. */
export function authPart(options: PeerOptions): Keeper {
  return {
    name: 'auth',
    async open({ onBehalfOf }) {
      const peer = peerFor(options, 'account:read', onBehalfOf);
      const account = await read(peer, '/accounts/current', ACCOUNT_BYTES);
      if ('refusal' in account) return account;
      const sessions = await read(peer, '/sessions', SESSIONS_BYTES);
      if ('refusal' in sessions) return sessions;
      if (!isValid(Account, account.value) || !isValid(Sessions, sessions.value))
        return { refusal: 'nonsense' };
      return files(account.value, sessions.value);
    },
  };
}

async function read(peer: Peer, path: string, maxBytes: number): Promise<{ value: unknown } | ExportRefusal> {
  return (await peer.json(path, maxBytes)) ?? { refusal: 'nonsense' };
}

async function* files(
  account: object,
  sessions: { sessions: readonly object[] },
): AsyncGenerator<ExportFile> {
  yield heldFile('auth/account.json', 'json', textOf(account), { accounts: 1 });
  const count = sessions.sessions.length;
  yield heldFile('auth/sessions.json', 'json', textOf(sessions.sessions), { sessions: count });
}

const textOf = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
