import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REFUSAL_VECTORS } from './refusal-vectors.ts';
import type { TestIssuer } from './test-issuer.ts';

/** The service under test and one of its protected requests. */
export interface RefusalSubject {
  readonly app: InjectableApp;
  readonly desk: TestIssuer;
  /** A request that a valid token with `scope` gets through; it must not change anything. */
  readonly request: { readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'; readonly url: string };
  /** The scope the request needs. */
  readonly scope: string;
}

interface InjectableApp {
  inject(request: {
    method: RefusalSubject['request']['method'];
    url: string;
    headers?: Record<string, string | string[]>;
  }): Promise<{
    statusCode: number;
    headers: Record<string, number | string | string[] | undefined>;
    body: string;
  }>;
  close(): PromiseLike<unknown>;
}

/**
 * Runs every refusal against a real service, so that all services are shown to judge alike (security 32).
 *
 * @param prepare builds the service and a desk it trusts; the suite closes the service
 */
export function refusalSuite(prepare: () => Promise<RefusalSubject>): void {
  describe('refusals', () => {
    let subject: RefusalSubject;
    beforeAll(async () => {
      subject = await prepare();
    });
    afterAll(() => subject.app.close());

    const send = (headers: Record<string, string | string[]>, url = subject.request.url) =>
      subject.app.inject({ ...subject.request, url, headers });
    const sendToken = (token: string) => send({ authorization: `Bearer ${token}` });
    const goodToken = () => subject.desk.token({ scope: subject.scope });

    test('a valid token with the scope is accepted, again and again', async () => {
      const token = goodToken();
      expect((await sendToken(token)).statusCode).toBeLessThan(400);
      expect((await sendToken(token)).statusCode).toBeLessThan(400);
    });

    test('the scheme is compared without case (security 47)', async () => {
      expect((await send({ authorization: `bEARER ${goodToken()}` })).statusCode).toBeLessThan(400);
    });

    test('a token for several services, this one among them, is accepted (security 7)', async () => {
      const token = subject.desk.token({ scope: subject.scope, aud: ['urn:other', subject.desk.audience] });
      expect((await sendToken(token)).statusCode).toBeLessThan(400);
    });

    test('no credentials get a bare challenge without an error code (security 45)', async () => {
      const answer = await send({});
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    });

    test('tokens outside the Authorization header are as if absent (security 44)', async () => {
      const token = goodToken();
      const separator = subject.request.url.includes('?') ? '&' : '?';
      const inQuery = await send({}, `${subject.request.url}${separator}access_token=${token}`);
      const inCookie = await send({ cookie: `access_token=${token}; token=${token}` });
      const inBasic = await send({ authorization: `Basic ${Buffer.from(`x:${token}`).toString('base64')}` });
      for (const answer of [inQuery, inCookie, inBasic]) {
        expect(answer.statusCode).toBe(401);
        expect(answer.headers['www-authenticate']).toBe('Bearer');
      }
    });

    test('identity headers from outside change nothing (security 50)', async () => {
      const answer = await send({
        'x-user-id': 'guest-1',
        'x-forwarded-user': 'guest-1',
        'remote-user': 'guest-1',
      });
      expect(answer.statusCode).toBe(401);
    });

    test('a broken Bearer header is a bad request (security 47)', async () => {
      for (const authorization of ['Bearer', 'Bearer ', `Bearer ${goodToken()} ${goodToken()}`]) {
        const answer = await send({ authorization });
        expect(answer.statusCode).toBe(400);
        expect(answer.headers['www-authenticate']).toContain('error="invalid_request"');
      }
    });

    test('two Authorization headers are a bad request, though both be good (security 47)', async () => {
      const one = `Bearer ${goodToken()}`;
      for (const authorization of [
        [one, one],
        [one, 'Bearer x'],
        ['Basic eDp5', one],
      ]) {
        const answer = await send({ authorization });
        expect(answer.statusCode).toBe(400);
        expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_request"');
      }
    });

    test('a token without the scope is told which one is missing (security 30)', async () => {
      for (const scope of [undefined, '', 'other', `${subject.scope}x`, subject.scope.toUpperCase()]) {
        const answer = await sendToken(subject.desk.token({ scope }));
        expect(answer.statusCode).toBe(403);
        expect(answer.headers['www-authenticate']).toBe(
          `Bearer error="insufficient_scope", scope="${subject.scope}"`,
        );
      }
    });

    test('a scope that is no text is refused (security 30)', async () => {
      for (const scope of [[subject.scope], { [subject.scope]: true }, 1, null]) {
        expect((await sendToken(subject.desk.token({ scope }))).statusCode).toBe(401);
      }
    });

    test.each(REFUSAL_VECTORS)('refused: $name', async ({ token }) => {
      const presented = token(withScope(subject));
      const answer = await sendToken(presented);
      // A token with blanks in it is a broken header; everything else is an invalid token.
      expect([400, 401]).toContain(answer.statusCode);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer error="invalid_(token|request)"$/);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.headers['content-type']).toContain('json');
      expect(answer.body).not.toContain(presented.slice(0, 24) || '..');
    });

    test('the answer is the same whatever the cause (security 46)', async () => {
      const bodies = new Set<string>();
      for (const { token } of REFUSAL_VECTORS) {
        const answer = await sendToken(token(withScope(subject)));
        if (answer.statusCode !== 401) continue;
        const { instance: _requestId, ...body } = JSON.parse(answer.body) as Record<string, unknown>;
        bodies.add(JSON.stringify(body));
      }
      expect(bodies.size).toBe(1);
    });
  });
}

/** The vectors carry the scope, so that nothing but their own fault can be the reason. */
function withScope({ desk, scope }: RefusalSubject): TestIssuer {
  return { ...desk, token: (claims, header) => desk.token({ scope, ...claims }, header) };
}
