import type { IncomingCall } from '@roomkey/token-client';
import type { User } from './documents.ts';

/** One file of an export. */
export interface ExportFile {
  /** Within the archive. */
  readonly path: string;
  /** A picture is compressed already. */
  readonly kind: 'json' | 'picture';
  /** Read once; throws where it cannot be read to its end. */
  readonly content: AsyncIterable<Uint8Array>;
  /** How many things of which sort it holds; asked once it was read. */
  readonly holds: () => Readonly<Record<string, number>>;
}

/** On whose behalf everything is gathered. */
export interface ExportRequest {
  readonly user: User;
  readonly onBehalfOf: IncomingCall;
  /** Throws once the user's token is good no longer: what they have is then given out no further. */
  readonly requireLive: () => void;
}

/** Why a part cannot be had. */
export type ExportRefusal =
  /** The user's token does not let anybody ask for it. */
  | { readonly refusal: 'no-right' }
  | { readonly refusal: 'token-over' }
  | { readonly refusal: 'away'; readonly retryAfterSeconds: number }
  | { readonly refusal: 'too-late' }
  /** What came is not what was asked for. */
  | { readonly refusal: 'nonsense' };

/** A service that keeps something of its users, this one among them. */
export interface Keeper {
  readonly name: string;
  /** Asks its first question, so that a refusal is known before anything is sent. */
  open(request: ExportRequest): Promise<AsyncIterable<ExportFile> | ExportRefusal>;
}

/** A part that had begun cannot be given to its end: an export without it would be a lie. */
export class BrokenExportError extends Error {
  override readonly name = 'BrokenExportError';
}

/** A file of bytes that are there already. */
export function heldFile(
  path: string,
  kind: ExportFile['kind'],
  bytes: Uint8Array,
  holds: Readonly<Record<string, number>>,
): ExportFile {
  async function* content() {
    yield bytes;
  }
  return { path, kind, content: content(), holds: () => holds };
}
