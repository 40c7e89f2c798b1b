import { callbackify } from 'node:util';
import type { Session } from 'fastify';
import type { SessionStore } from './cookie-session.ts';

/** What keeps texts under ids, until their time is over. */
export interface TextStore {
  readonly get: (id: string) => Promise<string | null>;
  readonly set: (id: string, text: string) => Promise<unknown>;
  readonly destroy: (id: string) => Promise<unknown>;
}

/** As @fastify/session wants its store. */
export function asSessionStore(texts: TextStore): SessionStore {
  return {
    get: callbackify(async (id: string) => {
      const text = await texts.get(id);
      return text === null ? null : (JSON.parse(text) as Session);
    }),
    set: callbackify(
      async (id: string, session: Session) => void (await texts.set(id, JSON.stringify(session))),
    ),
    destroy: callbackify(async (id: string) => void (await texts.destroy(id))),
  };
}
