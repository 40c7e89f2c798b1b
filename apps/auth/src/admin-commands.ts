import { readFileSync } from 'node:fs';
import { faultsOf } from '@roomkey/schema';
import type { Act, Administration, AdminResult } from './domain/administration.ts';
import { ClientSchema, definitionOf, wireOf, type ClientOnTheWire } from './domain/client-definition.ts';
import type { KeyOverview } from './domain/signing-keys.ts';
import { nameKey, type User } from './domain/users.ts';
import { isUuid } from './domain/uuid.ts';
import type { Stores } from './store/stores.ts';

/** What the commands work on, and in whose name. */
export interface AdminDesk {
  readonly administration: Administration;
  readonly stores: Stores;
  readonly keys: () => Promise<readonly KeyOverview[]>;
  readonly act: Act;
}

/** What a command prints: rows, or a sentence. */
export type Output = readonly object[] | string;

/** Wrong use, or an act that cannot be done: the message is for whoever typed it. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

type Run = (desk: AdminDesk, words: readonly string[]) => Promise<Output>;

interface Command {
  /** Its words after the first two. */
  readonly takes: string;
  readonly does: string;
  readonly run: Run;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  'keys list': {
    takes: '',
    does: 'signing keys and their state',
    run: async ({ keys }) => (await keys()).map(keyRow),
  },
  'keys rotate': {
    takes: '',
    does: 'publish the next key; it signs after the pending time',
    run: async ({ administration, act }) => `published ${await administration.rotateKeys(act)}`,
  },
  'keys revoke': {
    takes: 'KID',
    does: 'a key has leaked: remove it at once',
    async run({ administration, act }, [kid]) {
      requireDone(await administration.revokeKey(required(kid, 'KID'), act));
      return 'Revoked. Every token it signed is refused from now on; clients must refresh, and until a verifier has fetched the next key (seconds) new tokens are refused there too.';
    },
  },
  'clients list': {
    takes: '',
    does: 'registered clients',
    run: async ({ stores }) => (await stores.clients.all()).map(clientRow),
  },
  'clients show': {
    takes: 'ID',
    does: 'a client as it can be put',
    async run({ stores }, [id]) {
      const client = await stores.clients.find(required(id, 'ID'));
      if (client === undefined) throw new CommandError('there is no such client');
      return JSON.stringify(wireOf(client), null, 2);
    },
  },
  'clients put': {
    takes: 'FILE',
    does: 'register or replace the client a JSON file describes',
    async run({ administration, act }, [file]) {
      const definition = definitionOf(readClient(required(file, 'FILE')));
      requireDone(await administration.putClient(definition, act));
      return `put ${definition.id}`;
    },
  },
  'clients disable': onClient('disable a client and revoke what it holds', (id, { administration, act }) =>
    administration.setClientDisabled(id, true, act),
  ),
  'clients enable': onClient('enable a client', (id, { administration, act }) =>
    administration.setClientDisabled(id, false, act),
  ),
  'clients revoke': onClient('revoke what a client holds', (id, { administration, act }) =>
    administration.revokeClientTokens(id, act),
  ),
  'clients remove': onClient('remove a client and revoke what it holds', (id, { administration, act }) =>
    administration.removeClient(id, act),
  ),
  'users list': {
    takes: '[BEGINNING]',
    does: 'users whose name begins so',
    async run({ stores }, [namePrefix = '']) {
      const page = await stores.users.list({ namePrefix: namePrefix.toLowerCase(), after: '', limit: 1_000 });
      return page.map(userRow);
    },
  },
  'users disable': onUser('disable a user and end all sessions', ({ id }, { administration, act }) =>
    administration.setUserDisabled(id, true, act),
  ),
  'users enable': onUser('enable a user', ({ id }, { administration, act }) =>
    administration.setUserDisabled(id, false, act),
  ),
  'users erase': {
    takes: 'NAME',
    does: 'erase a user here and have every service do so; there is no way back',
    async run(desk, [name]) {
      const user = await findUser(desk, name);
      const erasure = await desk.administration.eraseUser(user.id, desk.act);
      if (erasure === undefined) throw new CommandError('there is no such user');
      return [erasure];
    },
  },
  'users roles': {
    takes: 'NAME ROLE…',
    does: 'set the roles of a user',
    async run(desk, [name, ...roles]) {
      if (roles.length === 0) throw new CommandError('name at least one role');
      const user = await findUser(desk, name);
      requireDone(await desk.administration.setUserRoles(user.id, roles, desk.act));
      return `${user.name}: ${roles.join(', ')}`;
    },
  },
  'sessions list': {
    takes: 'NAME',
    does: "a user's sessions",
    async run(desk, [name]) {
      const user = await findUser(desk, name);
      return (await desk.stores.sessions.ofUser(user.id, desk.act.now)).map((session) => ({
        id: session.id,
        client: session.clientId,
        address: session.origin.address,
        began: session.createdAt.toISOString(),
        lastUsed: session.lastUsedAt.toISOString(),
      }));
    },
  },
  'sessions end': {
    takes: 'ID',
    does: 'end a session',
    async run({ administration, act }, [id]) {
      const sessionId = required(id, 'ID');
      if (!isUuid(sessionId)) throw new CommandError('a session id is a UUID');
      requireDone(await administration.endSession(sessionId, act));
      return 'ended';
    },
  },
  'sessions end-all': {
    takes: 'NAME',
    does: "end all of a user's sessions",
    async run(desk, [name]) {
      const user = await findUser(desk, name);
      return `ended ${await desk.administration.endSessionsOfUser(user.id, desk.act)}`;
    },
  },
  'audit list': {
    takes: '[TARGET]',
    does: 'who did what to whom, when; the newest first',
    async run({ stores }, [target]) {
      const entries = await stores.audit.list({ target, limit: 200 });
      return entries.map(({ id, at, actor, action, target: whom, details }) => ({
        id,
        at: at.toISOString(),
        actor,
        action,
        target: whom,
        details: JSON.stringify(details),
      }));
    },
  },
};

/** @throws {CommandError} when there is no such command, or it cannot be done */
export async function runCommand(desk: AdminDesk, words: readonly string[]): Promise<Output> {
  const [subject = '', verb = 'list', ...rest] = words;
  const command = COMMANDS[`${subject} ${verb}`];
  if (!Object.hasOwn(COMMANDS, `${subject} ${verb}`) || command === undefined)
    throw new CommandError(usage());
  return command.run(desk, rest);
}

export function usage(): string {
  const lines = Object.entries(COMMANDS).map(
    ([words, { takes, does }]) => `  ${`${words} ${takes}`.padEnd(28)} ${does}`,
  );
  return ['usage: pnpm admin COMMAND [--json]', ...lines].join('\n');
}

function onClient(does: string, act: (id: string, desk: AdminDesk) => Promise<AdminResult>): Command {
  return {
    takes: 'ID',
    does,
    async run(desk, [id]) {
      requireDone(await act(required(id, 'ID'), desk));
      return 'done';
    },
  };
}

function onUser(does: string, act: (user: User, desk: AdminDesk) => Promise<AdminResult>): Command {
  return {
    takes: 'NAME',
    does,
    async run(desk, [name]) {
      requireDone(await act(await findUser(desk, name), desk));
      return 'done';
    },
  };
}

async function findUser({ stores }: AdminDesk, name: string | undefined): Promise<User> {
  const key = nameKey(required(name, 'NAME'));
  const user = key === undefined ? undefined : await stores.users.findByName(key);
  if (user === undefined) throw new CommandError('there is no such user');
  return user;
}

function readClient(file: string): ClientOnTheWire {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${(error as Error).message}`);
  }
  const faults = faultsOf(ClientSchema, value).map(({ path, message }) => `${path} ${message}`);
  if (faults.length > 0) throw new CommandError(`${file}: ${faults.join('; ')}`);
  return value as ClientOnTheWire;
}

function required(word: string | undefined, what: string): string {
  if (word === undefined) throw new CommandError(`${what} is missing\n${usage()}`);
  return word;
}

function requireDone(result: AdminResult): void {
  if (result.ok) return;
  throw new CommandError(result.reason === 'unknown' ? 'there is none of this id' : result.faults.join('; '));
}

function keyRow(key: KeyOverview): object {
  return {
    kid: key.kid,
    state: key.state,
    published: key.publishedAt.toISOString(),
    activates: key.activatesAt.toISOString(),
  };
}

function clientRow(client: Awaited<ReturnType<Stores['clients']['all']>>[number]): object {
  const { id, kind, grants, declared, disabledAt } = client;
  return { id, kind, grants: grants.join(' '), declared, disabled: disabledAt !== null };
}

function userRow({ id, name, roles, createdAt, disabledAt }: User): object {
  return { id, name, roles: roles.join(' '), since: createdAt.toISOString(), disabled: disabledAt !== null };
}
