import { randomUUID } from 'node:crypto';
import type { TestIssuer } from '@roomkey/test-kit';

export const AUDIENCE = 'http://test/room';
export const PURGED = 'https://schemas.openid.net/secevent/risc/event-type/account-purged';

type Json = Readonly<Record<string, unknown>>;

export interface Event {
  readonly id: string;
  readonly set: string;
}

/** An event as the desk writes it; what is given replaces claims and header members, `undefined` removes them. */
export function purge(desk: TestIssuer, subject: string, claims: Json = {}, header: Json = {}): Event {
  const id = randomUUID();
  const set = desk.token(
    {
      sub: undefined,
      exp: undefined,
      client_id: undefined,
      jti: id,
      txn: randomUUID(),
      sub_id: { format: 'iss_sub', iss: desk.issuer, sub: subject },
      events: { [PURGED]: {} },
      ...claims,
    },
    { typ: 'secevent+jwt', ...header },
  );
  return { id, set };
}
