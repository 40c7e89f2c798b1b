import {
  callService,
  streamService,
  type AnswerBody,
  type CallFailure,
  type IncomingCall,
  type TokenClient,
} from '@roomkey/token-client';
import { BrokenExportError, type ExportRefusal } from '../domain/export.ts';

/** Another service, and how it is reached. */
export interface PeerOptions {
  readonly tokens: TokenClient;
  /** Ends in its first path segment. */
  readonly url: string;
  /** Its resource identifier: the audience of the tokens for it. */
  readonly resource: string;
  /** Told why something could not be had, when that is neither the user's doing nor a mere "no". */
  readonly onFault: (cause: unknown, what: string) => void;
}

/** Asks one service on one user's behalf: with tokens that it alone takes, and that can do nothing but read. */
export interface Peer {
  /** @returns the JSON of an answer; `undefined` for a 404 */
  json(path: string, maxBytes: number): Promise<{ readonly value: unknown } | ExportRefusal | undefined>;
  /** @returns the bytes of an answer as they come; `undefined` for a 404 */
  bytes(path: string): Promise<{ readonly body: AnswerBody } | ExportRefusal | undefined>;
}

/** @param scope the fewest that do */
export function peerFor(
  { tokens, url, resource, onFault }: PeerOptions,
  scope: string,
  onBehalfOf: IncomingCall,
): Peer {
  const token = tokens.exchange({ subjectToken: onBehalfOf.subjectToken, resource, scope });

  function refusalOf(status: number, retryAfter: string | null): ExportRefusal {
    onFault(new Error(`${resource} answered ${status}`), 'a part of an export cannot be had');
    // A token that was fresh a moment ago and is refused twice: it cannot be judged yet, or no longer.
    const isAway = status === 401 || status === 429 || status >= 500;
    return isAway ? away(Number(retryAfter ?? NaN)) : { refusal: 'nonsense' };
  }

  function failureOf(failure: CallFailure): ExportRefusal {
    if (failure.kind === 'refused') {
      if (failure.error === 'invalid_scope') return { refusal: 'no-right' };
      if (failure.error === 'invalid_grant') return { refusal: 'token-over' };
      throw new Error(`the issuer refuses an exchange: ${failure.error} ${failure.description ?? ''}`);
    }
    onFault(failure.cause, `${resource} cannot be asked: ${failure.kind}`);
    if (failure.kind === 'too-large') return { refusal: 'nonsense' };
    if (failure.kind === 'too-late') return { refusal: 'too-late' };
    return away(failure.kind === 'desk-away' ? failure.retryAfterSeconds : undefined);
  }

  return {
    async json(path, maxBytes) {
      const answer = await callService(`${url}${path}`, {}, { token, onBehalfOf, maxBytes });
      if (!answer.ok) return failureOf(answer);
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) return refusalOf(answer.status, answer.headers.get('retry-after'));
      const value = parse(answer.body);
      return value === undefined ? { refusal: 'nonsense' } : { value };
    },

    async bytes(path) {
      const answer = await streamService(`${url}${path}`, {}, { token, onBehalfOf });
      if (!answer.ok) return failureOf(answer);
      if (answer.status === 200) return answer;
      await answer.body.cancel();
      return answer.status === 404 ? undefined : refusalOf(answer.status, answer.headers.get('retry-after'));
    },
  };
}

/** @throws {BrokenExportError} where what must be there by now is refused */
export function requirePart<Part extends object>(part: Part | ExportRefusal): Part {
  if ('refusal' in part) throw new BrokenExportError(`a part of it cannot be had: ${part.refusal}`);
  return part;
}

const away = (seconds: number | undefined): ExportRefusal => ({
  refusal: 'away',
  retryAfterSeconds: seconds !== undefined && seconds >= 1 && seconds <= 3_600 ? Math.ceil(seconds) : 1,
});

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
