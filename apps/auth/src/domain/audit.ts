/** Who did what to whom, when: written in the same transaction as the act, and never changed. */
export interface AuditEntry {
  readonly at: Date;
  /** `user:<id>`, `client:<id>`, `command-line:<login name>` or `system`. */
  readonly actor: string;
  /** `<kind>.<act>`, e.g. `session.end`. */
  readonly action: string;
  readonly targetKind: 'session' | 'user' | 'client' | 'key' | 'token';
  readonly target: string;
  /** Never a secret, a token or a key. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface RecordedEntry extends AuditEntry {
  /** In the order of writing, as text. */
  readonly id: string;
}

export interface AuditQuery {
  /** Entries before this one, newest first. */
  readonly before?: string | undefined;
  readonly actor?: string | undefined;
  readonly target?: string | undefined;
  readonly limit: number;
}

export interface AuditLog {
  record(entries: readonly AuditEntry[]): Promise<void>;
  list(query: AuditQuery): Promise<readonly RecordedEntry[]>;
}

export const userActor = (userId: string): string => `user:${userId}`;
export const clientActor = (clientId: string): string => `client:${clientId}`;

/** Whoever holds an access token: the client itself, or a user. */
export function actorOf({
  subject,
  clientId,
}: {
  readonly subject: string;
  readonly clientId: string;
}): string {
  return subject === clientId ? clientActor(clientId) : userActor(subject);
}
