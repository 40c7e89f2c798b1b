import type { Client } from './clients.ts';
import type { User } from './users.ts';

/** What somebody says who wants to sign in; nothing of it is proven. */
export interface Visit {
  readonly clientId: string;
  readonly nameKey: string;
  readonly addressPrefix: string;
}

/** What is known of a visit. */
export interface Visitor {
  /** Who has that name. */
  readonly user: User | undefined;
  /** What a sign-in has to know of the client of that id. */
  readonly client: Pick<Client, 'id' | 'kind' | 'grants' | 'scopes' | 'resources' | 'disabledAt'> | undefined;
  /** Whether that account has begun a session from that network lately. */
  readonly isFamiliar: boolean;
}

export interface Visitors {
  find(visit: Visit, since: Date): Promise<Visitor>;
  isFamiliar(userId: string, addressPrefix: string, since: Date): Promise<boolean>;
}

const FAMILIAR_DAYS = 90;

/** A session since then makes a network one that an account usually comes from. */
export function familiarSince(now: Date): Date {
  return new Date(now.getTime() - FAMILIAR_DAYS * 86_400_000);
}
