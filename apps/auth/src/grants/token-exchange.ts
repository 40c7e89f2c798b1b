import { TOKEN_EXCHANGE } from '../domain/clients.ts';
import { exchangeRight } from '../domain/exchange.ts';
import { refuse, type OAuthRefusal } from '../domain/oauth-error.ts';
import type { TokenInspection } from '../domain/token-inspection.ts';
import type { Form } from './form.ts';
import type { GrantRequest, GrantSubject, GrantType } from './grant-type.ts';

export const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';
/** RFC 8693 §3: what it is, and what it is written as. */
const TOKEN_TYPES: ReadonlySet<string> = new Set([ACCESS_TOKEN_TYPE, 'urn:ietf:params:oauth:token-type:jwt']);

/**
 * RFC 8693: a service that was given a token gets one for the next service, on the same subject's behalf. What is missing is
 * an error, never a fallback: without a valid subject token there is no token at all (security 100).
 */
export function tokenExchangeGrant(inspection: TokenInspection): GrantType {
  return {
    name: TOKEN_EXCHANGE,
    async subject(request) {
      const { form, client, now } = request;
      if (client.kind !== 'confidential')
        return refuse('unauthorized_client', 'Only a client with a key may use this.');
      const asked = readForm(form);
      if (!asked.ok) return asked;
      const actorFault = await checkActorToken(request);
      if (actorFault) return actorFault;
      const subject = await inspection.readLive(asked.subjectToken, now);
      if (subject === undefined)
        return refuse('invalid_grant', 'The subject token is not valid, or no longer.');
      const right = exchangeRight(client, subject, asked.target);
      if (!right.ok) return right;
      return {
        ok: true,
        subject: subject.sub,
        sessionId: subject.sid,
        ceiling: right.ceiling,
        asked: { scope: form.get('scope'), resources: [asked.target] },
        actor: right.actor,
        parentTokenId: subject.jti,
        notAfter: subject.exp,
        status: subject.status,
        commit: async () => ({ ok: true, issuedTokenType: ACCESS_TOKEN_TYPE }),
      } satisfies GrantSubject;
    },
  };

  /** The actor is the client that asks; a token may confirm it, and nobody else can be named. */
  async function checkActorToken({ form, client, now }: GrantRequest): Promise<OAuthRefusal | undefined> {
    const token = form.get('actor_token');
    const type = form.get('actor_token_type');
    // RFC 8693 §2.1: both or neither (security 105).
    if ((token === undefined) !== (type === undefined))
      return refuse('invalid_request', 'actor_token and actor_token_type come together.');
    if (token === undefined || type === undefined) return undefined;
    if (!TOKEN_TYPES.has(type)) return refuse('invalid_request', 'This actor_token_type is not taken here.');
    const actor = await inspection.readLive(token, now);
    return actor?.sub === client.id
      ? undefined
      : refuse('invalid_grant', "The actor token is not valid, or not the calling client's own.");
  }
}

function readForm(
  form: Form,
): { readonly ok: true; readonly subjectToken: string; readonly target: string } | OAuthRefusal {
  const subjectToken = form.get('subject_token');
  const type = form.get('subject_token_type');
  const requested = form.get('requested_token_type') ?? ACCESS_TOKEN_TYPE;
  if (subjectToken === undefined || type === undefined)
    return refuse('invalid_request', 'subject_token and subject_token_type are needed.');
  if (!TOKEN_TYPES.has(type)) return refuse('invalid_request', 'This subject_token_type is not taken here.');
  if (!TOKEN_TYPES.has(requested))
    return refuse('invalid_request', 'This requested_token_type is not given here.');
  const [target, ...more] = new Set([...form.all('resource'), ...form.all('audience')]);
  if (target === undefined || more.length > 0)
    return refuse('invalid_target', 'Name exactly one resource (or audience) by its identifier.');
  return { ok: true, subjectToken, target };
}
